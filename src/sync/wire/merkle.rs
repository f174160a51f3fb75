//! The tree over a site's ledger: RFC 6962, section 2.1, kept as its peaks.
//!
//! A chain shows that nothing was altered to whoever has its end and reads all of it. The tree's root says the same of the same
//! entries in another way, and is what checkpoints sign: trees of other sizes can be compared with it, and a proof that
//! one entry is in it stays short. What is kept is the roots of the complete subtrees, at most one for each bit of the
//! size, so that adding an entry costs two hashes on average.

use super::{Hash, Status};
use crate::domain::{DeviceId, Timestamp};
use sha2::{Digest, Sha256};

/// Everything that the ledger says of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf<'a> {
    /// Its place: dense from 1.
    pub stream_seq: u64,
    /// The verdict.
    pub status: Status,
    /// When the server received it.
    pub received: Timestamp,
    /// Milliseconds from the device's clock to the server's.
    pub skew_ms: i64,
    /// Whose it is.
    pub device: DeviceId,
    /// The device's epoch.
    pub epoch: u32,
    /// The device's sequence.
    pub seq: u64,
    /// The device's chain up to it.
    pub hash: Hash,
    /// Why the verdict is what it is; empty for no reason.
    pub reason: &'a str,
    /// The canonical bytes.
    pub bytes: &'a str,
}

impl Leaf<'_> {
    /// `SHA-256(0x00 ‖ tag ‖ numbers, big-endian ‖ reason ‖ bytes)`; docs/protocol.md gives the order.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let mut digest = Sha256::new();
        digest.update(b"\0firstout/entry/1\0");
        digest.update(self.stream_seq.to_be_bytes());
        digest.update([self.status as u8]);
        digest.update(self.received.0.to_be_bytes());
        digest.update(self.skew_ms.to_be_bytes());
        digest.update(self.device.0.as_bytes());
        digest.update(self.epoch.to_be_bytes());
        digest.update(self.seq.to_be_bytes());
        digest.update(self.hash.0);
        digest.update((self.reason.len() as u64).to_be_bytes());
        digest.update(self.reason.as_bytes());
        digest.update(self.bytes.as_bytes());
        Hash(digest.finalize().into())
    }
}

/// A tree that grows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    size: u64,
    /// Roots of the complete subtrees, the largest first: one for each bit of the size.
    peaks: Vec<Hash>,
}

impl Tree {
    /// Adds the next leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // Each bit that the carry passes is a subtree that is complete now.
        let mut rest = self.size;
        while rest % 2 == 1 {
            hash = self.peaks.pop().map_or(hash, |left| node(left, hash));
            rest /= 2;
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// How many leaves it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its root; SHA-256 of nothing where it is empty.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev().copied();
        let Some(last) = peaks.next() else { return Hash(Sha256::digest(b"").into()) };
        peaks.fold(last, |right, left| node(left, right))
    }

    /// The stored form: the size, big-endian, and the peaks.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        self.peaks.iter().for_each(|peak| bytes.extend(peak.0));
        bytes
    }

    /// Reads the stored form; `None` where it is something else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (size, peaks) = bytes.split_first_chunk::<8>()?;
        let size = u64::from_be_bytes(*size);
        let (peaks, rest) = peaks.as_chunks::<32>();
        let whole = rest.is_empty() && peaks.len() == size.count_ones() as usize;
        whole.then(|| Self { size, peaks: peaks.iter().copied().map(Hash).collect() })
    }
}

fn node(left: Hash, right: Hash) -> Hash {
    let mut digest = Sha256::new();
    digest.update([1]);
    digest.update(left.0);
    digest.update(right.0);
    Hash(digest.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaf(bytes: &[u8]) -> Hash {
        Hash(Sha256::digest([&[0], bytes].concat()).into())
    }

    /// The definition of RFC 6962, 2.1, word for word.
    fn defined(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash(Sha256::digest(b"").into()),
            [one] => *one,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node(defined(left), defined(right))
            }
        }
    }

    /// The leaves and roots that implementations of Certificate Transparency are tried with.
    #[test]
    fn roots_are_the_known_ones() {
        let leaves: [&[u8]; 8] = [
            &[],
            &[0],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut tree = Tree::default();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(tree.root().to_string(), empty);
        for (bytes, root) in leaves.iter().zip(roots) {
            tree.push(leaf(bytes));
            assert_eq!(tree.root().to_string(), root, "of {} leaves", tree.size());
        }
    }

    proptest! {
        #[test]
        fn growing_gives_the_defined_root(count in 0_u64..300) {
            let leaves: Vec<_> = (0..count).map(|n| leaf(&n.to_be_bytes())).collect();
            let mut tree = Tree::default();
            leaves.iter().for_each(|leaf| tree.push(*leaf));
            prop_assert_eq!(tree.root(), defined(&leaves));
            prop_assert_eq!(tree.peaks.len(), count.count_ones() as usize);
            prop_assert_eq!(Tree::from_bytes(&tree.to_bytes()), Some(tree));
        }
    }

    #[test]
    fn other_bytes_are_no_tree() {
        let mut tree = Tree::default();
        (0..5).for_each(|n| tree.push(leaf(&[n])));
        let bytes = tree.to_bytes();
        for cut in 0..bytes.len() {
            assert_eq!(Tree::from_bytes(&bytes[..cut]), None, "{cut}");
        }
        assert_eq!(Tree::from_bytes(&[bytes.clone(), vec![0]].concat()), None);
    }

    #[test]
    fn everything_of_an_entry_counts() {
        let entry = Leaf {
            stream_seq: 1,
            status: Status::Accepted,
            received: Timestamp(2),
            skew_ms: 3,
            device: DeviceId(uuid::Uuid::from_u128(4)),
            epoch: 5,
            seq: 6,
            hash: Hash([7; 32]),
            reason: "ab",
            bytes: "c",
        };
        let others = [
            Leaf { stream_seq: 2, ..entry },
            Leaf { status: Status::Flagged, ..entry },
            Leaf { received: Timestamp(3), ..entry },
            Leaf { skew_ms: 4, ..entry },
            Leaf { device: DeviceId(uuid::Uuid::from_u128(5)), ..entry },
            Leaf { epoch: 6, ..entry },
            Leaf { seq: 7, ..entry },
            Leaf { hash: Hash([8; 32]), ..entry },
            Leaf { reason: "a", bytes: "bc", ..entry },
            Leaf { reason: "abc", bytes: "", ..entry },
            Leaf { bytes: "d", ..entry },
        ];
        let hashes: std::collections::BTreeSet<_> = others.iter().map(Leaf::hash).collect();
        assert_eq!(hashes.len(), others.len());
        assert!(!hashes.contains(&entry.hash()));
        // docs/protocol.md gives the recipe; other implementations rely on this number.
        let mut known = vec![0];
        known.extend(b"firstout/entry/1\0");
        known.extend(1_u64.to_be_bytes());
        known.push(0);
        known.extend(2_i64.to_be_bytes());
        known.extend(3_i64.to_be_bytes());
        known.extend(4_u128.to_be_bytes());
        known.extend(5_u32.to_be_bytes());
        known.extend(6_u64.to_be_bytes());
        known.extend([7; 32]);
        known.extend(2_u64.to_be_bytes());
        known.extend(b"abc");
        assert_eq!(entry.hash(), Hash(Sha256::digest(known).into()));
    }
}
