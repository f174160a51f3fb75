//! A list of open orders to choose from; scanning the papers is quicker.

use super::jobs::{Job, Opened, open_order_for};
use super::receive::Receive;
use super::resolve::Scan;
use super::screen::{Answer, Desk, Drawn, Frame, Next, Screen, button};
use super::view::{ListPage, Page, Row, Tone};
use super::words::{Common, Receiving};
use crate::domain::{Direction, OrderId, OrderStatus};
use crate::store::{OrderSummary, StoreError};

/// Rows in sight.
pub const ORDER_ROWS: u64 = 5;

/// The list for one direction.
pub(super) struct Orders {
    job: Job,
    direction: Direction,
    offset: u64,
    count: u64,
    rows: Vec<OrderSummary>,
}

impl Orders {
    pub(super) fn new(job: Job) -> Self {
        let direction = if job == Job::Receive { Direction::Inbound } else { Direction::Outbound };
        Self { job, direction, offset: 0, count: 0, rows: Vec::new() }
    }
}

impl Screen for Orders {
    fn name(&self) -> &'static str {
        "orders"
    }

    fn refresh(&mut self, desk: &mut Desk<'_>) -> Result<(), StoreError> {
        self.count = desk.store.count_open_orders(self.direction)?;
        if self.offset >= self.count {
            self.offset = 0;
        }
        self.rows = desk.store.open_orders(self.direction, self.offset, ORDER_ROWS)?;
        Ok(())
    }

    fn on_scan(&mut self, desk: &mut Desk<'_>, scan: &Scan) -> Result<Answer, StoreError> {
        if self.direction == Direction::Inbound
            && let Some(page) = Receive::begun_by(desk, scan)?
        {
            let mut page = Box::new(page);
            let answer = page.on_scan(desk, scan)?;
            return Ok(answer.then(Next::Replace(page)));
        }
        Ok(Answer::pass(desk.say(Common::ScanOrder)))
    }

    fn on_tap(&mut self, desk: &mut Desk<'_>, id: &str) -> Result<Answer, StoreError> {
        match id {
            "more" => self.offset += ORDER_ROWS,
            "earlier" => self.offset = self.offset.saturating_sub(ORDER_ROWS),
            "blind" if self.direction == Direction::Inbound => {
                return Ok(Answer::silent().then(Next::Replace(Box::new(Receive::blind(desk)?))));
            }
            _ => {
                let order = match id.strip_prefix("order:").and_then(|id| id.parse().ok()) {
                    Some(id) => desk.store.order(OrderId(id))?,
                    None => None,
                };
                let Some(order) = order.filter(|order| order.status == OrderStatus::Open) else {
                    return Ok(Answer::silent());
                };
                return Ok(match open_order_for(desk, &order, self.job)? {
                    Opened::Page(page, text) => Answer::accepted(text).then(Next::Replace(page)),
                    Opened::Not(text) => Answer::refused(text),
                });
            }
        }
        self.refresh(desk)?;
        Ok(Answer::silent())
    }

    fn view(&self, frame: &Frame<'_>) -> Drawn {
        let words = frame.words;
        let rows = self.rows.iter().map(|order| row(order, frame)).collect();
        let prompt = if self.count == 0 { Common::NoOrders } else { Common::ScanOrder };
        let title = match self.job {
            Job::Dispatch => Common::OrdersLoad,
            _ if self.direction == Direction::Inbound => Common::OrdersIn,
            _ => Common::OrdersOut,
        };
        let mut drawn =
            Drawn::new(words.say(title), Page::Orders(ListPage { prompt: words.say(prompt), rows }));
        if self.offset > 0 {
            drawn.secondary.push(button("earlier", words.say(Common::Earlier)));
        }
        if self.offset + ORDER_ROWS < self.count {
            drawn.secondary.push(button("more", words.say(Common::More)));
        }
        if self.direction == Direction::Inbound {
            drawn.primary = Some(button("blind", words.say(Receiving::Blind)));
        }
        drawn
    }
}

fn row(order: &OrderSummary, frame: &Frame<'_>) -> Row {
    let words = frame.words;
    let near = |due| words.say(Common::OrderDue { day: &words.near_day(due, frame.today) });
    let due = order.due.map(near).unwrap_or_default();
    let detail: Vec<&str> =
        [order.party.as_str(), due.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
    let (done, all) = (order.lines_done.to_string(), order.lines.to_string());
    Row {
        id: format!("order:{}", order.id),
        title: order.number.clone(),
        detail: detail.join(" · "),
        value: words.say(Common::LinesOf { done: &done, all: &all }),
        tone: Tone::Quiet,
    }
}
