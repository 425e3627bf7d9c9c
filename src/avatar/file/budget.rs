//! What reading one file may cost. A small file can ask for endless memory or work by naming the same bytes again and
//! again, so everything that is unpacked is paid for from one purse.

use std::cell::Cell;

use crate::avatar::error::{Error, Result};

/// The most bytes that a file, its document, its unpacked meshes and its pictures may take together. Half a gigabyte for
/// the whole process, less what drawing needs.
const MAX_BYTES: usize = 272 << 20;
/// The most elements of accessors that are looked at: 100 dense morph targets of a million vertices each.
const MAX_VISITS: usize = 100_000_000;

/// The purse of one file.
#[derive(Debug)]
pub(in crate::avatar) struct Budget<'a> {
    name: &'a str,
    bytes: Cell<usize>,
    visits: Cell<usize>,
}

impl<'a> Budget<'a> {
    /// A full purse for the file called `name`.
    pub(in crate::avatar) fn new(name: &'a str) -> Self {
        Self {
            name,
            bytes: Cell::new(MAX_BYTES),
            visits: Cell::new(MAX_VISITS),
        }
    }

    /// Pays for memory. To be called before it is allocated.
    pub(in crate::avatar) fn take(&self, bytes: usize) -> Result<()> {
        pay(&self.bytes, bytes).ok_or_else(|| Error::TooLarge {
            name: self.name.into(),
            what: "data once unpacked (bytes)",
            limit: MAX_BYTES,
        })
    }

    /// Pays for `count` values of `T`.
    pub(in crate::avatar) fn take_many<T>(&self, count: usize) -> Result<()> {
        self.take(count.saturating_mul(size_of::<T>()))
    }

    /// Pays for looking at elements that are not kept.
    pub(in crate::avatar) fn visit(&self, elements: usize) -> Result<()> {
        pay(&self.visits, elements).ok_or_else(|| Error::TooLarge {
            name: self.name.into(),
            what: "mesh data to read (elements)",
            limit: MAX_VISITS,
        })
    }

    /// Bytes that are left.
    pub(in crate::avatar) fn left(&self) -> usize {
        self.bytes.get()
    }
}

fn pay(purse: &Cell<usize>, price: usize) -> Option<()> {
    purse.set(purse.get().checked_sub(price)?);
    Some(())
}
