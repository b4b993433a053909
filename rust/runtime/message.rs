// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Messages: Lua values that travel from one VM to another.
//!
//! Neither direction recurses. Every message was either encoded here or checked, so pushing it
//! relies on its counts. Its reader relies on nothing, and would stop at malformed bytes.

mod block;
mod bytes;
mod decode;
mod encode;
mod failure;
mod open;
mod seen;

use core::{ffi::c_int, mem};
use kernel::{alloc::AllocError, prelude::*, sync::Arc};

use self::{bytes::Bytes, encode::Style};
use super::handle::Handle;
use crate::{
    codec::{self, Reader, Sink},
    linux::account::Account,
    lua::{self, State}, //
};

/// The codec's kinds of handles: an object of the list beside the message, and a C function of Lua's libraries.
const HANDLE: u8 = 0;
const FUNCTION: u8 = 1;

/// A message is too long for a hook to send: it may have so many bytes.
pub(super) struct Beyond(pub(super) usize);

/// Values in the codec's encoding, and the objects that they refer to.
///
/// # Invariants
///
/// The bytes are a well-formed message of `values` values and `tables` tables, with references if
/// `has_references`.
pub(crate) struct Message {
    bytes: Bytes,
    handles: KVec<Handle>,
    /// Whether it may have C functions. Messages from user space have none.
    functions: bool,
    values: u32,
    tables: u32,
    has_references: bool,
}

impl Default for Message {
    fn default() -> Self {
        Self {
            bytes: Bytes::new(),
            handles: KVec::new(),
            functions: false,
            values: 0,
            tables: 0,
            has_references: false,
        }
    }
}

impl Message {
    /// Wraps values that came from user space, which have no handles.
    pub(crate) fn from_codec(message: codec::Message<'_>) -> Result<Self, AllocError> {
        Ok(Self {
            bytes: Bytes::copy_of(message.as_bytes())?,
            handles: KVec::new(),
            functions: false,
            values: message.values(),
            tables: message.tables(),
            has_references: message.has_references(),
        })
    }

    /// Wraps values that refer to `handles`: each of their handles is one of this list, of the codec's kind 0.
    pub(crate) fn with_handles(
        message: codec::Message<'_>,
        handles: KVec<Handle>,
    ) -> Result<Self, AllocError> {
        let mut this = Self::from_codec(message)?;
        this.handles = handles;
        Ok(this)
    }

    /// Its values in the codec's encoding. Their handles are of kind 0, and lead into [`handles`](Self::handles); those
    /// of another kind are functions.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// The bytes that its values take.
    pub(crate) fn len(&self) -> usize {
        self.bytes.as_slice().len()
    }

    /// Copies the values at `first..=last` out of a VM. Leaves the stack unchanged.
    ///
    /// Fails for a value that cannot travel, with an error that names its place: `cannot send a
    /// function (at .a[3])`.
    pub(crate) fn encode(state: State, first: c_int, last: c_int) -> lua::Result<Self> {
        let mut message = Self::default();
        encode::encode(state, first, last, Style::Refuse, &mut message)?;
        Ok(message)
    }

    /// As [`encode`](Self::encode) by the rules of ltask, in place: C functions of Lua's libraries travel,
    /// and what cannot is refused in ltask's words. Returns false if a table has a metamethod `__pairs`,
    /// which says what the table contains: nothing of the VM is called here.
    ///
    /// This must be an empty message, and is to be dropped unless the result is true.
    pub(crate) fn fill_for_services(
        &mut self,
        state: State,
        first: c_int,
        last: c_int,
    ) -> lua::Result<bool> {
        encode::encode(state, first, last, Style::Ltask, self)
    }

    /// As [`encode`](Self::encode), but a value that cannot travel becomes a text that says so.
    pub(crate) fn encode_or_show(state: State, first: c_int, last: c_int) -> lua::Result<Self> {
        let mut message = Self::default();
        encode::encode(state, first, last, Style::Show, &mut message)?;
        Ok(message)
    }

    /// As [`encode`](Self::encode) for the values from `first` on, as results for a client. An
    /// element of `texts` says whether a text stands for a value; only tables and values that can
    /// always travel need none. In a table, a value that cannot travel is represented by its type.
    pub(crate) fn encode_results(state: State, first: c_int, texts: &[bool]) -> lua::Result<Self> {
        let mut message = Self::default();
        encode::results::encode_results(state, first, texts, &mut message)?;
        Ok(message)
    }

    /// As [`encode`](Self::encode), into `sink`, for code that must not sleep: no memory is allocated. So
    /// objects do not travel, nor more than a few tables.
    pub(super) fn encode_in_hook<S: Sink>(
        state: State,
        first: c_int,
        last: c_int,
        sink: &mut S,
    ) -> lua::Result<()>
    where
        Beyond: From<S::Error>,
    {
        encode::encode_in_hook(state, first, last, sink)
    }

    /// A message of `length` bytes that were encoded so, and that `copy` copies. It counts against `account`.
    /// Sleeps for memory. Fails with `ENOMEM`, or with `EINVAL` if the bytes are no message.
    pub(super) fn copied(
        account: &Arc<Account>,
        length: usize,
        copy: impl FnOnce(&mut [u8]),
    ) -> Result<Self> {
        let mut bytes = Bytes::zeroed(length, account)?;
        copy(bytes.as_mut_slice());
        let checked = codec::Message::check(bytes.as_slice()).map_err(|_| EINVAL)?;
        let (values, tables) = (checked.values(), checked.tables());
        let has_references = checked.has_references();
        Ok(Self {
            bytes,
            handles: KVec::new(),
            functions: false,
            values,
            tables,
            has_references,
        })
    }

    /// The objects that the values refer to.
    pub(crate) fn handles(&self) -> &[Handle] {
        &self.handles
    }

    /// Consumes the message and returns the objects that its values refer to, if nobody else holds
    /// the message.
    pub(crate) fn into_handles(this: Arc<Self>) -> KVec<Handle> {
        match Arc::into_unique_or_drop(this) {
            Some(mut message) => mem::replace(&mut message.handles, KVec::new()),
            None => KVec::new(),
        }
    }

    /// Copies the values to the top of a VM's stack, and returns their number.
    pub(crate) fn push(&self, state: State) -> lua::Result {
        decode::push(
            state,
            Reader::new(self.bytes.as_slice()),
            &self.handles,
            self.functions,
            self.values,
            if self.has_references { self.tables } else { 0 },
        )
    }
}

/// Copies values that have no handles into a VM, and returns their number.
pub(crate) fn push_codec(state: State, message: codec::Message<'_>) -> lua::Result {
    let tables = if message.has_references() {
        message.tables()
    } else {
        0
    };
    decode::push(
        state,
        message.reader(),
        &[],
        false,
        message.values(),
        tables,
    )
}
