// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Answers that are numbers, each after its name.

use kernel::prelude::*;

use super::{
    abi::errno,
    request::{fail, reply_values},
    session::{Session, VecSink}, //
};
use crate::codec::Writer;

/// Numbers for an answer.
pub(super) struct Numbers {
    /// `None` if there was no memory.
    writer: Option<Writer<VecSink>>,
}

impl Numbers {
    /// No numbers.
    pub(super) fn new() -> Self {
        Self {
            writer: Some(Writer::new(VecSink(KVVec::new()))),
        }
    }

    /// Adds a number. One beyond the protocol's integers is the largest integer.
    pub(super) fn add(&mut self, name: &[u8], number: u64) {
        let Some(writer) = &mut self.writer else {
            return;
        };
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        if writer.string(name).is_err() || writer.integer(number).is_err() {
            self.writer = None;
        }
    }

    /// Answers request `id`.
    pub(super) fn reply(self, session: &Session, id: u32) {
        match self.writer.map(Writer::finish) {
            Some(Ok(VecSink(bytes))) => reply_values(session, id, &bytes),
            _ => fail(session, id, errno::ENOMEM, b"out of memory"),
        }
    }
}
