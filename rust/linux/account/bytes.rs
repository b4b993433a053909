// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Vectors of bytes that count against an account.

use core::ops::Deref;
use kernel::{
    alloc::AllocError,
    prelude::*,
    sync::Arc, //
};

use super::{kmalloc_size, Account, Charge};

/// Bytes whose number a script chooses. They count as long as they exist.
pub(crate) struct CountedBytes {
    bytes: KVVec<u8>,
    charge: Charge,
}

impl CountedBytes {
    /// Makes an empty vector, whose bytes will count against `account`.
    pub(crate) fn new(account: &Arc<Account>) -> Self {
        Self {
            bytes: KVVec::new(),
            charge: Charge::to(account),
        }
    }

    /// Appends `part`. The capacity doubles when it is exhausted, so that most parts need no
    /// allocation.
    pub(crate) fn add(&mut self, part: &[u8]) -> Result<(), AllocError> {
        let length = self.bytes.len().saturating_add(part.len());
        if length > self.bytes.capacity() {
            let room = length.max(self.bytes.capacity().saturating_mul(2));
            self.charge.set(kmalloc_size(room))?;
            self.bytes.reserve(
                room.saturating_sub(self.bytes.len()),
                GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
            )?;
        }
        self.bytes
            .extend_from_slice(part, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)
    }
}

impl Deref for CountedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}
