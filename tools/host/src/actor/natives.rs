// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The functions that the Lua library calls. Lua code checks their arguments and raises the errors of actors: a native
//! returns an error number where it can fail.

use std::{
    cell::{Cell, OnceCell, RefCell},
    io,
    rc::Rc,
};

use lunatik_abi::wire::{Flat, ToKernel, HEADER};
use mlua::{FromLuaMulti, IntoLuaMulti, Lua, LuaString, Table, Value};
use nix::errno::Errno;

use super::{
    decode::{decode, Makers},
    desk::{Desk, Event},
    encode::{encode, Refusal},
    files::{self, Files},
    library, object,
    port::wrong,
    timers,
};

/// The receiver of a message has no room.
const AGAIN: i32 = Errno::EAGAIN as i32;

/// What `recv` returns first. The numbers are those that Lua code sees.
mod kind {
    pub(super) const MESSAGE: i64 = 2;
    pub(super) const NO_SENDERS: i64 = 3;
    pub(super) const TIMER: i64 = 4;
    pub(super) const ROOM: i64 = 6;
    pub(super) const ENDED: i64 = 7;
}

/// What the natives of an actor share.
///
/// The collector may call finalizers wherever Lua code is called or a value is made, and finalizers call natives. So
/// nothing is borrowed there.
pub(super) struct Shared {
    pub(super) desk: RefCell<Desk>,
    pub(super) files: RefCell<Files>,
    /// The frame of the last message, whose memory the next one uses.
    frame: RefCell<Vec<u8>>,
    /// What a read fills, for the same reason.
    input: RefCell<Vec<u8>>,
    makers: OnceCell<Makers>,
    exit: Cell<Option<u8>>,
    is_closing: Cell<bool>,
}

impl Shared {
    /// What a new actor has.
    pub(super) fn new(desk: Desk) -> Rc<Self> {
        Rc::new(Self {
            desk: RefCell::new(desk),
            files: RefCell::default(),
            frame: RefCell::default(),
            input: RefCell::default(),
            makers: OnceCell::new(),
            exit: Cell::new(None),
            is_closing: Cell::new(false),
        })
    }

    /// The functions that make objects.
    pub(super) fn makers(&self) -> mlua::Result<&Makers> {
        let missing = || mlua::Error::runtime("the library of actors is not loaded");
        self.makers.get().ok_or_else(missing)
    }

    /// The Lua of the actor is about to be closed. Finalizers still run, but the natives that they call raise errors:
    /// mlua cannot make values any more.
    pub(super) fn set_closing(&self) {
        self.is_closing.set(true);
    }

    /// The code that `system.exit` was called with.
    pub(super) fn exit(&self) -> Option<u8> {
        self.exit.get()
    }
}

/// The number of an error.
fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(Errno::EIO as i32)
}

/// A result, or nil and the number of the error.
fn answer<T>(result: io::Result<T>) -> (Option<T>, Option<i32>) {
    match result {
        Ok(value) => (Some(value), None),
        Err(error) => (None, Some(errno(&error))),
    }
}

/// Makes the value of a message that is in the buffer of the port.
fn receive(lua: &Lua, shared: &Shared, body: std::ops::Range<usize>) -> mlua::Result<Value> {
    let Some(buffer) = shared.desk.borrow_mut().port().map(|port| port.lend()) else {
        return Err(mlua::Error::runtime("the connection has ended"));
    };
    let value = Flat::check(&buffer[body])
        .map_err(|error| wrong(error).into())
        .and_then(|flat| decode(lua, shared, &flat));
    if let Some(port) = shared.desk.borrow_mut().port() {
        port.give_back(buffer);
    }
    value
}

/// The kind of an event, and what belongs to it.
fn push(lua: &Lua, shared: &Shared, event: Option<Event>) -> mlua::Result<(Value, Value)> {
    let (kind, value) = match event {
        None => return Ok((Value::Nil, Value::Nil)),
        Some(Event::Message(body)) => (kind::MESSAGE, receive(lua, shared, body)?),
        Some(Event::Queued(body)) => {
            let flat = Flat::check(&body).map_err(wrong)?;
            (kind::MESSAGE, decode(lua, shared, &flat)?)
        }
        Some(Event::NoSenders) => (kind::NO_SENDERS, Value::Nil),
        Some(Event::Room(grant)) => (kind::ROOM, Value::Integer(grant.into())),
        Some(Event::Timer(number)) => (kind::TIMER, Value::Integer(number)),
        Some(Event::Ended) => (kind::ENDED, Value::Nil),
    };
    Ok((Value::Integer(kind), value))
}

/// `send(grant, value, only_encodes)`: sends a value. Returns nothing, or an error number: a negative one if the value
/// cannot be sent. After EAGAIN, and if the value is only to be encoded, it also returns what `resend` needs.
fn send(
    lua: &Lua,
    shared: &Shared,
    handles: &Table,
    (grant, value, only_encodes): (u32, Value, bool),
) -> mlua::Result<(Option<i32>, Option<LuaString>, Option<u32>)> {
    let mut frame = shared.frame.take();
    let result = match encode(lua, &value, handles, &mut frame) {
        Ok(owns) => {
            let header = ToKernel::message_header(grant, frame.len() - HEADER);
            frame[..HEADER].copy_from_slice(&header);
            let sent = match only_encodes {
                true => Err(Errno::EAGAIN.into()),
                false => shared.desk.borrow_mut().send(&frame, owns),
            };
            match sent.map_err(|error| errno(&error)) {
                Ok(()) => (None, None, None),
                Err(AGAIN) => (Some(AGAIN), Some(lua.create_string(&frame)?), Some(owns)),
                Err(number) => (Some(number), None, None),
            }
        }
        Err(Refusal::Invalid) => (Some(-(Errno::EINVAL as i32)), None, None),
        Err(Refusal::Closed) => (Some(-(Errno::EBUSY as i32)), None, None),
    };
    shared.frame.replace(frame);
    Ok(result)
}

/// Adds functions to a table.
struct Adder<'a> {
    lua: &'a Lua,
    table: Table,
    shared: &'a Rc<Shared>,
}

impl Adder<'_> {
    fn add<A: FromLuaMulti, R: IntoLuaMulti>(
        &self,
        name: &str,
        function: impl Fn(&Lua, &Shared, A) -> mlua::Result<R> + 'static,
    ) -> mlua::Result<()> {
        let shared = self.shared.clone();
        let function =
            self.lua
                .create_function(move |lua, arguments| match shared.is_closing.get() {
                    false => function(lua, &shared, arguments),
                    true => Err(mlua::Error::runtime("the actor has ended")),
                })?;
        self.table.raw_set(name, function)
    }
}

/// The natives, in a new table.
pub(super) fn table(lua: &Lua, shared: &Rc<Shared>) -> mlua::Result<Table> {
    let adder = Adder {
        lua,
        table: lua.create_table()?,
        shared,
    };
    add_events(&adder)?;
    add_files(&adder)?;
    adder.table.raw_set("object", object::function(lua)?)?;
    adder.add("chunk", |lua, _, name: String| library::chunk(lua, &name))?;
    adder.add("exit", |_, shared, code: i64| {
        // CAST: as exit(3) does, the lowest eight bits.
        shared.exit.set(Some(code as u8));
        Ok(())
    })?;
    adder.add("ktime", |_, _, ()| Ok(timers::now()))?;
    adder.add("describe", |_, _, number: i32| {
        Ok(Errno::from_raw(number).desc())
    })?;
    Ok(adder.table)
}

/// Those of messages, timers and channels.
fn add_events(adder: &Adder<'_>) -> mlua::Result<()> {
    adder.add("recv", |lua, shared, (wants, polls): (bool, bool)| {
        let event = shared.desk.borrow_mut().event(wants, polls)?;
        if event.is_none() && !polls {
            return Err(mlua::Error::runtime("nothing can wake the actor"));
        }
        push(lua, shared, event)
    })?;
    adder.add("take", |lua, shared, ()| {
        let event = shared.desk.borrow_mut().take()?;
        push(lua, shared, event)
    })?;
    // The table of handles is the library's.
    let handles = adder.lua.create_table()?;
    adder.table.raw_set("handles", &handles)?;
    adder.add("send", move |lua, shared, arguments| {
        send(lua, shared, &handles, arguments)
    })?;
    adder.add("resend", |_, shared, (frame, owns): (LuaString, u32)| {
        let sent = shared.desk.borrow_mut().send(&frame.as_bytes(), owns);
        Ok(sent.err().map(|error| errno(&error)))
    })?;
    adder.add("close", |_, shared, grant| {
        shared.desk.borrow_mut().close(grant);
        Ok(())
    })?;
    adder.add("close_inbox", |_, shared, ()| {
        shared.desk.borrow_mut().close_inbox();
        Ok(())
    })?;
    adder.add("timer", |_, shared, ns| {
        Ok(shared.desk.borrow_mut().timers.set(ns))
    })?;
    adder.add("cancel", |_, shared, (at, number)| {
        Ok(shared.desk.borrow_mut().timers.cancel(at, number))
    })?;
    adder.add("set_makers", |_, shared, (channel, file)| {
        let _ = shared.makers.set(Makers { channel, file });
        Ok(())
    })
}

/// `read_file(path)`: the text of a file; nothing if there is none; nil and a text if it cannot be read.
fn read_file(lua: &Lua, path: LuaString) -> mlua::Result<(Option<LuaString>, Option<String>)> {
    match files::text(&path.as_bytes()) {
        Ok(Some(text)) => Ok((Some(lua.create_string(text)?), None)),
        Ok(None) => Ok((None, None)),
        Err(error) => {
            let path = path.to_string_lossy();
            Ok((None, Some(format!("{path} could not be read: {error}"))))
        }
    }
}

/// Those of descriptors.
fn add_files(adder: &Adder<'_>) -> mlua::Result<()> {
    adder.add("open", |_, shared, (path, mode): (LuaString, LuaString)| {
        let opened = shared
            .files
            .borrow_mut()
            .open(&path.as_bytes(), &mode.as_bytes());
        Ok(answer(opened))
    })?;
    adder.add("read_file", |lua, _, path: LuaString| read_file(lua, path))?;
    adder.add("pipe", |_, shared, ()| {
        Ok(match shared.files.borrow_mut().pipe() {
            Ok((reader, writer)) => (Some(reader), writer),
            Err(error) => (None, errno(&error)),
        })
    })?;
    adder.add("read", |lua, shared, (number, length): (i32, usize)| {
        let mut buffer = shared.input.take();
        let read = shared.files.borrow().read(number, length, &mut buffer);
        let result = match read {
            Ok(length) => (Some(lua.create_string(&buffer[..length])?), None),
            Err(error) => (None, Some(errno(&error))),
        };
        shared.input.replace(buffer);
        Ok(result)
    })?;
    adder.add("write", |_, shared, (number, bytes): (i32, LuaString)| {
        let written = shared.files.borrow().write(number, &bytes.as_bytes());
        Ok(written.err().map(|error| errno(&error)))
    })?;
    adder.add("duplicate", |_, shared, number| {
        Ok(answer(shared.files.borrow_mut().duplicate(number)))
    })?;
    adder.add("close_file", |_, shared, number| {
        shared.files.borrow_mut().close(number);
        Ok(())
    })
}
