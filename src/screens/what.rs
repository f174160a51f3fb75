//! Names what an event did, for the strip that takes it back.

use super::words::{Common, Words};
use crate::domain::{Body, Item, ItemId, Movement, Quantity, Unit};
use crate::store::{Store, StoreError};

/// "received 24 each Oat drink", "36 each Oat drink to A-03-2".
///
/// # Errors
/// Where the file cannot be read.
pub(super) fn what(store: &Store, body: &Body, words: Words) -> Result<String, StoreError> {
    Ok(match body {
        Body::Receipt(receipt) => goods(store, &receipt.lines, words, |amount, item| {
            words.say(Common::WhatReceipt { amount, item })
        })?,
        Body::Move(moved) => {
            let place = match moved.lines.first() {
                Some(line) => store.location(line.to.location)?,
                None => None,
            };
            let place = place.map(|place| place.code).unwrap_or_default();
            goods(store, &moved.lines, words, |amount, item| {
                words.say(Common::WhatMove { amount, item, place: &place })
            })?
        }
        Body::Pick(pick) => {
            goods(store, &pick.lines, words, |amount, item| words.say(Common::WhatPick { amount, item }))?
        }
        Body::Dispatch(dispatch) => goods(store, &dispatch.lines, words, |amount, item| {
            words.say(Common::WhatDispatch { amount, item })
        })?,
        Body::Disposal(disposal) => goods(store, &disposal.lines, words, |amount, item| {
            words.say(Common::WhatDisposal { amount, item })
        })?,
        Body::Return(back) => {
            goods(store, &back.lines, words, |amount, item| words.say(Common::WhatReturn { amount, item }))?
        }
        Body::Short(short) => {
            let item = store.item(short.item)?;
            words.say(Common::WhatShort { item: name(item.as_ref()) })
        }
        Body::Hold(_) => words.say(Common::WhatHold),
        Body::CloseOrder(_) => words.say(Common::WhatClose),
        Body::Count(_) => words.say(Common::WhatCount),
        Body::Park(_)
        | Body::Release(_)
        | Body::Undo(_)
        | Body::Loss(_)
        | Body::Settle(_)
        | Body::Unknown { .. } => words.say(Common::WhatOther),
    })
}

fn name(item: Option<&Item>) -> &str {
    item.map_or("", |item| item.name.as_str())
}

/// One item by its name and quantity; several as a number of lines.
fn goods(
    store: &Store,
    lines: &[Movement],
    words: Words,
    say: impl FnOnce(&str, &str) -> String,
) -> Result<String, StoreError> {
    let items: std::collections::BTreeSet<ItemId> = lines.iter().map(|line| line.item).collect();
    let (Some(item), 1) = (items.first(), items.len()) else {
        return Ok(words.say(Common::WhatLines { count: &lines.len().to_string() }));
    };
    let item = store.item(*item)?;
    let total: Quantity = lines.iter().map(|line| line.quantity).sum();
    let unit = item.as_ref().map_or(Unit::Each, |item| item.unit);
    Ok(say(&words.amount(total, unit), name(item.as_ref())))
}
