//! The elements of one label without an allocation: real labels have few.

use super::element::Slot;
use std::ops::Deref;

/// Elements that lie in the reading itself; more go to the heap.
const INLINE_MAX: usize = 8;

/// A list of [`Slot`]s.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    few: [Slot; INLINE_MAX],
    len: usize,
    /// All of them, where they are more than `few` holds.
    many: Vec<Slot>,
}

impl Slots {
    pub(super) fn push(&mut self, slot: Slot) {
        if let Some(place) = self.few.get_mut(self.len).filter(|_| self.many.is_empty()) {
            *place = slot;
            self.len += 1;
            return;
        }
        if self.many.is_empty() {
            self.many.extend_from_slice(&self.few);
        }
        self.many.push(slot);
    }
}

impl Deref for Slots {
    type Target = [Slot];

    fn deref(&self) -> &[Slot] {
        if self.many.is_empty() { self.few.get(..self.len).unwrap_or_default() } else { &self.many }
    }
}

impl PartialEq for Slots {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Slots {}

impl FromIterator<Slot> for Slots {
    fn from_iter<T: IntoIterator<Item = Slot>>(source: T) -> Self {
        let mut slots = Self::default();
        source.into_iter().for_each(|slot| slots.push(slot));
        slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_slots_stay_in_order() {
        for len in [0, 1, 8, 9, 40] {
            let list: Vec<_> = (0..len).map(|row| Slot { row, ..Slot::default() }).collect();
            let slots: Slots = list.iter().copied().collect();
            assert_eq!(&*slots, &list[..]);
        }
    }
}
