// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Out of a VM into a message.
//!
//! From the first value to the last, the VM is read and otherwise left alone: no memory is taken from
//! it and nothing in it runs. So no table changes or goes away while it is open here.

pub(super) mod results;

use core::{ffi::c_int, fmt::Write};
use kernel::{prelude::*, str::BStr};

use super::{
    super::{handle::Handle, userdata},
    bytes::{BytesSink, SinkError},
    failure::Failure,
    open::{Open, Tables},
    Beyond, Message, FUNCTION, HANDLE,
};
use crate::{
    codec::{EncodeError, Sink, Writer},
    lua::{self, Error, Kind, Pair, State, Table, Text, Value},
};

/// Slots of Lua's stack for what is shown or refused.
const SLOTS: c_int = 4;

/// Between how many pairs of tables it looks up. They may lie anywhere in memory: so many take some ten
/// microseconds.
const SOMETIMES: u32 = 256;

type Result<T = ()> = core::result::Result<T, Failure>;

/// What is done with a value that cannot travel.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    /// An error says so.
    Refuse,
    /// A text that says so takes its place.
    Show,
    /// An error says so in the words of ltask.
    Ltask,
    /// An error says so. No memory is allocated, so neither objects can travel nor many tables.
    Hook,
    /// A handle takes its place.
    Results,
}

struct Encoder<'a, S> {
    state: State,
    writer: Writer<S>,
    handles: &'a mut KVec<Handle>,
    /// Whether there are functions.
    functions: &'a mut bool,
    style: Style,
    /// Pairs read so far.
    pairs: u32,
}

/// Encodes the values at `first..=last` into an empty message. Returns false if there is a table with a
/// metamethod `__pairs`, which `Style::Ltask` heeds; then the message is of no use.
pub(super) fn encode(
    state: State,
    first: c_int,
    last: c_int,
    style: Style,
    message: &mut Message,
) -> lua::Result<bool> {
    encode_by(state, style, message, |encoder| encoder.values(first, last))
}

/// Encodes the values that `write` writes into an empty message. Returns what `write` does.
#[inline(always)]
fn encode_by(
    state: State,
    style: Style,
    message: &mut Message,
    write: impl FnOnce(&mut Encoder<'_, BytesSink<'_>>) -> lua::Result<bool>,
) -> lua::Result<bool> {
    // The last time that the VM may collect garbage.
    state.reserve(SLOTS)?;
    let mut encoder = Encoder {
        state,
        writer: Writer::new(BytesSink::new(&mut message.bytes, state)),
        handles: &mut message.handles,
        functions: &mut message.functions,
        style,
        pairs: 0,
    };
    if !write(&mut encoder)? {
        return Ok(false);
    }
    let writer = encoder.writer;
    message.values = writer.values();
    message.tables = writer.tables();
    message.has_references = writer.has_references();
    let finished = writer.finish().and_then(|sink| {
        let finished = sink.finish();
        finished.map_err(EncodeError::Sink)
    });
    finished.map_err(|error| Failure::from(error).into_error())?;
    Ok(true)
}

/// Takes what a hook sends.
struct HookSink<'a, S>(&'a mut S);

impl<S: Sink> Sink for HookSink<'_, S>
where
    Beyond: From<S::Error>,
{
    type Error = SinkError;

    fn put(&mut self, bytes: &[u8]) -> core::result::Result<(), SinkError> {
        self.0.put(bytes).map_err(|error| {
            let Beyond(most) = error.into();
            SinkError::Beyond(most)
        })
    }
}

/// Encodes the values at `first..=last` into `sink`, without allocating memory.
pub(super) fn encode_in_hook<S: Sink>(
    state: State,
    first: c_int,
    last: c_int,
    sink: &mut S,
) -> lua::Result<()>
where
    Beyond: From<S::Error>,
{
    state.reserve(SLOTS)?;
    // Nothing is added.
    let (mut handles, mut functions) = (KVec::new(), false);
    let mut encoder = Encoder {
        state,
        writer: Writer::new(HookSink(sink)),
        handles: &mut handles,
        functions: &mut functions,
        style: Style::Hook,
        pairs: 0,
    };
    encoder.values(first, last)?;
    let finished = encoder.writer.finish();
    finished.map_err(|error| Failure::from(error).into_error())?;
    Ok(())
}

impl<S: Sink<Error = SinkError>> Encoder<'_, S> {
    /// Writes the values at `first..=last`. Returns false as [`encode`].
    #[inline(always)]
    fn values(&mut self, first: c_int, last: c_int) -> lua::Result<bool> {
        let mut tables = None;
        for index in first..=last {
            let written = match self.state.read(index) {
                Value::Table(table) => self.table(tables.get_or_insert_with(Tables::new), table),
                Value::Userdata | Value::Other => self.object_at(index),
                value => self.scalar(value),
            };
            match written {
                Ok(()) => {}
                Err(Failure::Lazy) => return Ok(false),
                Err(Failure::Cannot) => return Err(self.refusal(tables.as_ref(), index)),
                Err(failure) => return Err(failure.into_error()),
            }
        }
        Ok(true)
    }

    /// Writes what is neither a table nor an object.
    #[inline]
    fn scalar(&mut self, value: Value<'_>) -> Result {
        match value {
            Value::Boolean(value) => self.writer.boolean(value)?,
            Value::Integer(value) => self.writer.integer(value)?,
            Value::Float(bits) => self.writer.float(bits)?,
            Value::String(bytes) => self.writer.string(bytes)?,
            _ => self.writer.nil()?,
        }
        Ok(())
    }

    /// Writes a table with all that is in it.
    #[inline(never)]
    fn table<'a>(&mut self, tables: &mut Tables<'a>, table: Table<'a>) -> Result {
        self.begin(tables, table)?;
        while let Some(innermost) = tables.open.last() {
            let value = if self.writer.key_is_next() {
                let pair = innermost.next(self.state);
                self.pairs = self.pairs.wrapping_add(1);
                if (self.pairs % SOMETIMES == 0 || matches!(pair, Pair::Later))
                    && self.state.look_up()
                {
                    return Err(Failure::Ended);
                }
                match pair {
                    Pair::Later => continue,
                    Pair::None => {
                        tables.open.pop();
                        self.writer.end_table()?;
                        continue;
                    }
                    Pair::Some(Value::Table(key), value) => {
                        if self.begin(tables, key)? {
                            // The value has its turn when the key has ended.
                            continue;
                        }
                        value
                    }
                    Pair::Some(Value::Userdata | Value::Other, value) => {
                        self.object_in(&tables.open)?;
                        value
                    }
                    Pair::Some(key, value) => {
                        self.scalar(key)?;
                        value
                    }
                }
            } else {
                match innermost.again(self.state) {
                    Pair::Some(_, value) => value,
                    // What was there is there.
                    _ => Value::Nil,
                }
            };
            match value {
                Value::Table(value) => {
                    self.begin(tables, value)?;
                }
                Value::Userdata | Value::Other => self.object_in(&tables.open)?,
                value => self.scalar(value)?,
            }
        }
        Ok(())
    }

    /// Writes the begin of a table, or a reference to it. Returns whether it has begun.
    fn begin<'a>(&mut self, tables: &mut Tables<'a>, table: Table<'a>) -> Result<bool> {
        let seen = match self.style {
            // So few tables nest no deeper than `Open` has room.
            Style::Hook => tables.seen.find_or_add_near(table.address())?,
            _ => tables.seen.find_or_add(self.state, table.address())?,
        };
        if let Some(number) = seen {
            self.writer.reference(number)?;
            return Ok(false);
        }
        if self.style == Style::Ltask && table.has_pairs() {
            return Err(Failure::Lazy);
        }
        self.writer.begin_table()?;
        tables.open.push(table, self.state.context().allocation())?;
        Ok(true)
    }

    /// Writes the userdata, function or coroutine at `index`.
    fn object_at(&mut self, index: c_int) -> Result {
        self.state.push_value(index);
        let written = self.object();
        self.state.pop(1);
        written
    }

    /// Writes the userdata, function or coroutine that is next in the innermost table.
    fn object_in(&mut self, open: &Open<'_>) -> Result {
        self.push_next(open);
        let written = self.object();
        self.state.pop(1);
        written
    }

    /// Pushes the key or value that is next in the innermost table.
    fn push_next(&self, open: &Open<'_>) {
        if let Some(innermost) = open.iter().last() {
            innermost.push_pair(self.state);
            if !self.writer.key_is_next() {
                self.state.insert(-2);
            }
            self.state.pop(1);
        }
    }

    /// Writes the userdata, function or coroutine on top of the stack. It stays there.
    fn object(&mut self) -> Result {
        match self.style {
            Style::Hook => return Err(Failure::Cannot),
            Style::Results => return self.kind(),
            _ => (),
        }
        if let Some(handle) = userdata::handle(self.state, -1) {
            // CAST: each takes three bytes of the message, so they are few.
            let index = self.handles.len() as u32;
            self.handles
                .push(handle, self.state.context().allocation())?;
            self.writer.handle(HANDLE, index)?;
        } else if let Some(number) = self.function() {
            *self.functions = true;
            self.writer.handle(FUNCTION, number)?;
        } else if self.style == Style::Show {
            let text = shown(self.state);
            self.writer.string(text.as_bytes())?;
        } else {
            return Err(Failure::Cannot);
        }
        Ok(())
    }

    /// The number of the function on top of the stack, if functions of that kind travel.
    fn function(&self) -> Option<u32> {
        if self.style == Style::Ltask {
            self.state.exported_function()
        } else {
            None
        }
    }

    /// What is said of the value at `index`, which cannot travel, or of the one in it.
    #[cold]
    #[inline(never)]
    fn refusal(&self, tables: Option<&Tables<'_>>, index: c_int) -> Error {
        match tables.filter(|tables| !tables.open.is_empty()) {
            Some(tables) => self.push_next(&tables.open),
            None => self.state.push_value(index),
        }
        let text = self.refuse(tables.map(|tables| &tables.open));
        self.state.pop(1);
        Error::Message(text)
    }

    /// What is said of the value on top, which cannot travel.
    fn refuse(&self, open: Option<&Open<'_>>) -> Text {
        let what = match self.state.kind(-1) {
            Kind::Function => "a function",
            Kind::Userdata => "a userdata",
            Kind::Thread => "a coroutine",
            Kind::Pointer => "a light userdata",
            _ => "a value",
        };
        let is_key = self.writer.key_is_next();
        let mut text = match (self.style, self.state.kind(-1)) {
            (Style::Ltask, Kind::Function) => {
                Text::new(fmt!("Only light C function can be serialized"))
            }
            (Style::Ltask, kind) => {
                let name = kind.name();
                Text::new(fmt!("Unsupport type {name} to serialize"))
            }
            (style, _) => {
                let what_for = if is_key { " as a key" } else { "" };
                let from = match style {
                    Style::Hook => " from a hook",
                    _ => "",
                };
                Text::new(fmt!("cannot send {what}{what_for}{from}"))
            }
        };
        let mut left = self.writer.depth();
        // A key at the first level needs no place.
        if let Some(open) = open.filter(|_| left > u8::from(is_key)) {
            let _ = text.write_str(" (at ");
            for table in open.iter() {
                left = left.saturating_sub(1);
                let in_key = self.writer.is_in_key(left);
                let _ = if !in_key {
                    table.push_pair(self.state);
                    let written = write_key(&mut text, self.state, -2);
                    self.state.pop(2);
                    written
                } else if left > 0 {
                    text.write_str("[a key]")
                } else {
                    Ok(())
                };
            }
            let _ = text.write_str(")");
        }
        text
    }
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

/// A step of a path, for messages.
fn write_key(text: &mut Text, state: State, key: c_int) -> core::fmt::Result {
    match (state.kind(key), state.to_bytes(key), state.to_integer(key)) {
        (Kind::String, Some(name), _) => text.write_fmt(fmt!(".{}", BStr::from_bytes(name))),
        (Kind::Integer, _, Some(number)) => write!(text, "[{number}]"),
        (Kind::Boolean, ..) => write!(text, "[{}]", state.to_boolean(key)),
        (Kind::Table, ..) => text.write_str("[table]"),
        (Kind::Userdata, ..) => text.write_str("[handle]"),
        _ => text.write_str("[float]"),
    }
}
