// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Messages: Lua values on their way from one VM to another.
//!
//! Neither direction recurses: nested tables lie on the Lua stack while they are copied.

use core::{
    ffi::{c_int, c_void},
    ptr, //
};
use kernel::str::BStr;
use kernel::{
    prelude::*, //
};

use super::{
    handle::Handle,
    text::Text, //
};
use crate::{
    codec::{self, EncodeError, ShapeError, Sink, Token, Writer, MAX_DEPTH},
    lua::{self, Error, Kind, State},
    modules::handles,
};

/// Bytes that a message may have.
pub(crate) const MAX_BYTES: usize = 16 << 20;

/// Different tables that a message may have.
const MAX_TABLES: usize = 1 << 20;

/// Values in the codec's encoding, and what they refer to.
#[derive(Default)]
pub(crate) struct Message {
    bytes: KVVec<u8>,
    handles: KVec<Handle>,
}

/// Bytes that are copied at a time; between two pieces the code that encodes may be ended.
const PIECE: usize = 32 << 10;

/// Takes encoded bytes up to [`MAX_BYTES`], for code of a VM.
struct Bytes {
    bytes: KVVec<u8>,
    state: State,
}

enum SinkError {
    NoMemory,
    TooLong,
    Ended,
}

impl Sink for Bytes {
    type Error = SinkError;

    fn put(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        if self.bytes.len().saturating_add(bytes.len()) > MAX_BYTES {
            return Err(SinkError::TooLong);
        }
        if bytes.len() > PIECE {
            self.bytes
                .reserve(bytes.len(), GFP_KERNEL_ACCOUNT)
                .map_err(|_| SinkError::NoMemory)?;
        }
        for piece in bytes.chunks(PIECE) {
            if bytes.len() > PIECE && self.state.is_ended() {
                return Err(SinkError::Ended);
            }
            self.bytes
                .extend_from_slice(piece, GFP_KERNEL_ACCOUNT)
                .map_err(|_| SinkError::NoMemory)?;
        }
        Ok(())
    }
}

fn encode_error(error: EncodeError<SinkError>) -> Error {
    match error {
        EncodeError::Sink(SinkError::NoMemory) => Error::NoMemory,
        EncodeError::Sink(SinkError::TooLong) => {
            Error::message(fmt!("cannot send more than {} MiB", MAX_BYTES >> 20))
        }
        EncodeError::Sink(SinkError::Ended) => Error::message(fmt!("interrupted")),
        EncodeError::Shape(ShapeError::TooDeep) => {
            Error::message(fmt!("cannot send tables nested deeper than {MAX_DEPTH}"))
        }
        EncodeError::Shape(error) => {
            Error::message(format_args!("cannot send this table: {error}"))
        }
    }
}

/// The tables that a message has so far, by address: an open-addressing hash table.
struct Seen {
    slots: KVVec<(*const c_void, u32)>,
    count: usize,
}

impl Seen {
    fn new() -> Self {
        Self {
            slots: KVVec::new(),
            count: 0,
        }
    }

    fn place(slots: &[(*const c_void, u32)], table: *const c_void) -> Option<usize> {
        // The length is a power of two, and less than half of the slots are taken.
        let mask = slots.len().checked_sub(1)?;
        let mut place = (table.addr() >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as usize) >> 7;
        loop {
            place &= mask;
            let (found, _) = slots.get(place)?;
            if found.is_null() || ptr::eq(*found, table) {
                return Some(place);
            }
            place = place.wrapping_add(1);
        }
    }

    fn find(&self, table: *const c_void) -> Option<u32> {
        let (found, number) = self.slots.get(Self::place(&self.slots, table)?)?;
        (!found.is_null()).then_some(*number)
    }

    fn add(&mut self, table: *const c_void, number: u32) -> Result<(), Error> {
        if self.count >= MAX_TABLES {
            return Err(Error::message(fmt!(
                "cannot send more than {MAX_TABLES} tables"
            )));
        }
        if self.count.saturating_mul(2) >= self.slots.len() {
            let size = self.slots.len().saturating_mul(2).max(16);
            let mut slots: KVVec<(*const c_void, u32)> =
                KVVec::from_elem((ptr::null(), 0), size, GFP_KERNEL_ACCOUNT)?;
            for &(table, number) in self.slots.iter().filter(|slot| !slot.0.is_null()) {
                if let Some(slot) =
                    Self::place(&slots, table).and_then(|place| slots.as_mut_slice().get_mut(place))
                {
                    *slot = (table, number);
                }
            }
            self.slots = slots;
        }
        let place = Self::place(&self.slots, table);
        if let Some(slot) = place.and_then(|place| self.slots.as_mut_slice().get_mut(place)) {
            *slot = (table, number);
            self.count += 1;
        }
        Ok(())
    }
}

impl Message {
    /// Wraps values that came from user space, and so have no handles.
    pub(crate) fn from_codec(
        message: codec::Message<'_>,
    ) -> Result<Self, kernel::alloc::AllocError> {
        let mut bytes = KVVec::new();
        bytes.extend_from_slice(message.as_bytes(), GFP_KERNEL_ACCOUNT)?;
        Ok(Self {
            bytes,
            handles: KVec::new(),
        })
    }

    /// Bytes that its values take.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// A copy.
    pub(crate) fn try_clone(&self) -> Result<Self, kernel::alloc::AllocError> {
        let mut bytes = KVVec::new();
        bytes.extend_from_slice(&self.bytes, GFP_KERNEL_ACCOUNT)?;
        let mut handles = KVec::with_capacity(self.handles.len(), GFP_KERNEL_ACCOUNT)?;
        for handle in self.handles.iter() {
            handles.push(handle.clone(), GFP_KERNEL_ACCOUNT)?;
        }
        Ok(Self { bytes, handles })
    }

    /// Copies the values at `first..=last` out of a VM. The stack stays as it is.
    ///
    /// What cannot travel is refused, naming where it is: `cannot send a function (at .a[3])`.
    pub(crate) fn encode(state: State, first: c_int, last: c_int) -> lua::Result<Self> {
        Self::encode_with(state, first, last, false)
    }

    /// As [`encode`](Self::encode), but what cannot travel becomes a text that says so.
    pub(crate) fn encode_or_show(state: State, first: c_int, last: c_int) -> lua::Result<Self> {
        Self::encode_with(state, first, last, true)
    }

    fn encode_with(state: State, first: c_int, last: c_int, show: bool) -> lua::Result<Self> {
        let mut writer = Writer::new(Bytes {
            bytes: KVVec::new(),
            state,
        });
        let mut handles = KVec::new();
        let mut seen = Seen::new();
        let guard = state.guard();
        for index in first..=last {
            encode_value(state, index, &mut writer, &mut handles, &mut seen, show)?;
        }
        drop(guard);
        let Bytes { bytes, .. } = writer.finish().map_err(encode_error)?;
        Ok(Self { bytes, handles })
    }

    /// Copies the values into a VM, on top of the stack, and returns how many they are.
    pub(crate) fn push(&self, state: State) -> lua::Result {
        let message = codec::Message::check(&self.bytes)
            .map_err(|error| Error::message(format_args!("malformed message: {error}")))?;
        push_values(state, message, &self.handles)
    }
}

/// Copies values that have no handles into a VM, and returns how many they are.
pub(crate) fn push_codec(state: State, message: codec::Message<'_>) -> lua::Result {
    push_values(state, message, &[])
}

/// Writes the value at `index`, and all that is in it if it is a table.
///
/// Open tables lie on the Lua stack, each with its current key above it. Above those lies what
/// the table is open for: the value of that key; or, when the key is itself a table that is being
/// written, the value that comes after it, and then a copy of the key.
fn encode_value(
    state: State,
    index: c_int,
    writer: &mut Writer<Bytes>,
    handles: &mut KVec<Handle>,
    seen: &mut Seen,
    show: bool,
) -> lua::Result<()> {
    /// The deepest stack: table, key, value and key for each level, and a few more.
    const SLOTS: c_int = 8;
    let bottom = state.top();
    // A bit for each open table, the innermost lowest: set when it is a key.
    let mut keys = 0u128;
    state.reserve(SLOTS)?;
    state.push_value(index);
    loop {
        // What lies on top is to be written.
        let is_key = writer.key_is_next();
        if encode_top(state, bottom, keys, writer, handles, seen, show)? {
            keys = keys << 1 | u128::from(is_key);
            state.reserve(SLOTS)?;
            state.push_nil();
        } else {
            state.pop(1);
        }
        loop {
            if state.top() == bottom {
                return Ok(());
            }
            if !writer.key_is_next() {
                // The key has been written; on top lies its value.
                break;
            }
            // On top lies a key to go on from.
            if state.next(-2)? {
                state.push_value(-2);
                break;
            }
            // The table has no more; it is itself a key or a value of the table below.
            writer.end_table().map_err(encode_error)?;
            keys >>= 1;
            state.pop(1);
        }
    }
}

/// Writes what lies on top of the stack. Returns whether that has begun a table.
fn encode_top(
    state: State,
    bottom: c_int,
    keys: u128,
    writer: &mut Writer<Bytes>,
    handles: &mut KVec<Handle>,
    seen: &mut Seen,
    show: bool,
) -> lua::Result<bool> {
    match state.kind(-1) {
        Kind::Nil | Kind::None => writer.nil(),
        Kind::Boolean => writer.boolean(state.to_boolean(-1)),
        Kind::Integer => writer.integer(state.to_integer(-1).unwrap_or(0)),
        Kind::Float => writer.float(state.to_float_bits(-1).unwrap_or(0)),
        Kind::String => writer.string(state.to_bytes(-1).unwrap_or_default()),
        Kind::Table => {
            let address = state.to_pointer(-1);
            if let Some(number) = seen.find(address) {
                writer.reference(number)
            } else {
                let number = writer.begin_table().map_err(encode_error)?;
                seen.add(address, number)?;
                return Ok(true);
            }
        }
        Kind::Userdata => match handles::get(state, -1) {
            Some(handle) => {
                let index = handles.len() as u32;
                handles.push(handle, GFP_KERNEL_ACCOUNT)?;
                writer.handle(0, index)
            }
            None if show => writer.string(shown(state).as_bytes()),
            None => return Err(refuse(state, bottom, keys, writer)),
        },
        _ if show => writer.string(shown(state).as_bytes()),
        _ => return Err(refuse(state, bottom, keys, writer)),
    }
    .map_err(encode_error)?;
    Ok(false)
}

/// What stands for the value on top of the stack, which cannot travel.
fn shown(state: State) -> Text {
    let kind = match state.kind(-1) {
        Kind::Function => "function",
        Kind::Thread => "thread",
        _ => "userdata",
    };
    let identity = state.identity(-1);
    Text::new(fmt!("Un-supported value: {kind}: {identity:#x}"))
}

/// The error for what lies on top and cannot travel; its path is read off the keys on the stack.
#[cold]
fn refuse(state: State, bottom: c_int, keys: u128, writer: &Writer<Bytes>) -> Error {
    use core::fmt::Write;

    let what = match state.kind(-1) {
        Kind::Function => "a function",
        Kind::Userdata => "a userdata",
        Kind::Thread => "a coroutine",
        Kind::Pointer => "a light userdata",
        _ => "a value",
    };
    let is_key = writer.key_is_next();
    let what_for = if is_key { " as a key" } else { "" };
    let mut text = Text::new(fmt!("cannot send {what}{what_for}"));
    // The outermost open table, and how many are within it.
    let mut table = bottom.saturating_add(1);
    let mut below = writer.depth();
    // A key at the first level needs no place.
    if below > u8::from(is_key) {
        let _ = text.write_str(" (at ");
        while below > 0 {
            below -= 1;
            // Whether the path goes on in the key, and not in its value.
            let in_key = match below.checked_sub(1) {
                Some(level) => keys >> level & 1 == 1,
                None => is_key,
            };
            if in_key && below == 0 {
                break;
            }
            let _ = if in_key {
                text.write_str("[a key]")
            } else {
                write_key(&mut text, state, table.saturating_add(1))
            };
            table = table.saturating_add(if in_key { 3 } else { 2 });
        }
        let _ = text.write_str(")");
    }
    Error::Message(text)
}

/// A step of a path, for messages.
fn write_key(text: &mut Text, state: State, key: c_int) -> core::fmt::Result {
    use core::fmt::Write;

    match (state.kind(key), state.to_bytes(key), state.to_integer(key)) {
        (Kind::String, Some(name), _) => text.write_fmt(fmt!(".{}", BStr::from_bytes(name))),
        (Kind::Integer, _, Some(number)) => write!(text, "[{number}]"),
        (Kind::Boolean, ..) => write!(text, "[{}]", state.to_boolean(key)),
        (Kind::Table, ..) => text.write_str("[table]"),
        (Kind::Userdata, ..) => text.write_str("[handle]"),
        _ => text.write_str("[float]"),
    }
}

/// Pushes all values of `message`.
///
/// Every table is also kept in a list, so that references find it.
fn push_values(state: State, message: codec::Message<'_>, handles: &[Handle]) -> lua::Result {
    /// Table, key, value, and what the edge needs.
    const SLOTS: c_int = 8;
    let values = c_int::try_from(message.values()).map_err(|_| Error::NoMemory)?;
    if message.tables() == 0 {
        state.reserve(values.saturating_add(SLOTS))?;
        let mut reader = message.reader();
        while let Ok(Some(token)) = reader.token() {
            push_token(state, token, handles)?;
        }
        return Ok(values);
    }

    state.reserve(values.saturating_add(SLOTS))?;
    // The list of tables goes below the values and is removed at the end.
    state.new_table(c_int::try_from(message.tables()).unwrap_or(0), 0)?;
    let list = state.top();
    let mut reader = message.reader();
    let mut begun: i64 = 0;
    while let Ok(Some(token)) = reader.token() {
        match token {
            Token::TableBegin => {
                state.reserve(SLOTS)?;
                state.new_table(0, 0)?;
                begun += 1;
                state.push_integer(begun);
                state.push_value(-2);
                state.raw_set(list)?;
                // Its keys and values follow; it stays on the stack as the open table.
                continue;
            }
            Token::TableEnd => (),
            Token::Reference(number) => {
                state.raw_get_integer(list, i64::from(number) + 1);
            }
            token => push_token(state, token, handles)?,
        }
        // A whole value is on top. Below it may lie its key, if the value belongs to a table; the
        // reader says whether a key comes next, which means that a pair is complete.
        if reader.depth() > 0 && reader.key_is_next() {
            state.raw_set(-3)?;
        }
    }
    state.remove(list);
    Ok(values)
}

fn push_token(state: State, token: Token<'_>, handles: &[Handle]) -> lua::Result<()> {
    match token {
        Token::Nil => state.push_nil(),
        Token::Boolean(value) => state.push_boolean(value),
        Token::Integer(value) => state.push_integer(value),
        Token::Float(bits) => state.push_float_bits(bits),
        Token::String(bytes) => state.push_bytes(bytes)?,
        Token::Handle { index, .. } => match handles.get(index as usize) {
            Some(handle) => handles::push(state, handle.clone())?,
            None => state.push_nil(),
        },
        // The caller deals with tables.
        Token::TableBegin | Token::TableEnd | Token::Reference(_) => (),
    }
    Ok(())
}
