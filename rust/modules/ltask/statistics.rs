// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What a service knows of itself, clocks, and the log.

use kernel::prelude::*;

use super::{desk::Desk, receive::CENTISECOND};
use crate::{
    binding::arguments,
    linux::clock,
    lua::{self, Error, Kind, State},
    runtime::vm::Vm,
    sys::lua::{LUA_TFUNCTION, LUA_TSTRING, LUA_TTABLE, LUA_TTHREAD, LUA_TUSERDATA},
};

/// Hundredths of a second since 1970, from a start on the wall clock and what has passed since.
fn wall(started: (i64, i64)) -> i64 {
    let (real, monotonic) = started;
    let passed = clock::monotonic().saturating_sub(monotonic);
    real.saturating_add(passed) / CENTISECOND
}

/// `core.id()`: the number of the service.
pub(super) fn id(state: State) -> lua::Result {
    let id = Desk::service(state)?.id();
    state.push_integer(id.into());
    Ok(1)
}

/// `core.label()`: the label of the service.
pub(super) fn label(state: State) -> lua::Result {
    state.push_bytes(Desk::service(state)?.label())?;
    Ok(1)
}

/// `core.now()`: the seconds since 1970, and the hundredths of a second since then.
pub(super) fn now(state: State) -> lua::Result {
    let now = wall(Desk::service(state)?.system().started());
    state.push_integer(now / 100);
    state.push_integer(now);
    Ok(2)
}

/// `core.counter()`: seconds on a clock that is never set, a float.
pub(super) fn counter(state: State) -> lua::Result {
    state.push_seconds(clock::monotonic());
    Ok(1)
}

/// `core.cpucost()`: the CPU time that the service has used so far, in seconds, a float.
pub(super) fn cpucost(state: State) -> lua::Result {
    let used = Vm::runtime_of(state).meter().total();
    state.push_seconds(i64::try_from(used).unwrap_or(i64::MAX));
    Ok(1)
}

/// `core.mem_limit(bytes)`: limits the memory of the service; 0 takes the limit back. Returns the former
/// limit, 0 if there was none.
pub(super) fn mem_limit(state: State) -> lua::Result {
    let limit = arguments::integer(state, 1)?;
    let limit = match usize::try_from(limit) {
        Ok(0) => None,
        Ok(limit) => Some(limit),
        Err(_) => return Err(Error::argument(1, fmt!("a limit cannot be negative"))),
    };
    let former = Vm::limit_heap(state, limit).unwrap_or(0);
    state.push_integer(i64::try_from(former).unwrap_or(i64::MAX));
    Ok(1)
}

/// `core.mem_count([t])`: how many objects of some types were ever made, in fields of `t` or of a new
/// table.
pub(super) fn mem_count(state: State) -> lua::Result {
    match state.kind(1) {
        Kind::Table => state.set_top(1),
        Kind::None | Kind::Nil => {
            state.set_top(0);
            state.new_table(0, 5)?;
        }
        _ => return Err(arguments::type_error(state, 1, "table")),
    }
    let made = Vm::made(state);
    for (name, kind) in [
        (c"string", LUA_TSTRING),
        (c"table", LUA_TTABLE),
        (c"function", LUA_TFUNCTION),
        (c"userdata", LUA_TUSERDATA),
        (c"thread", LUA_TTHREAD),
    ] {
        state.push_integer(i64::try_from(made.of(kind)).unwrap_or(i64::MAX));
        state.set_field(1, name)?;
    }
    Ok(1)
}

/// `core.part(name)`: the main function of the module `internal.ltask.NAME`.
pub(super) fn part(state: State) -> lua::Result {
    let name = arguments::string(state, 1)?;
    let full = crate::linux::c_text::CText::of(&[b"internal.ltask.", name])?;
    state.push_library(&full)?;
    Ok(1)
}

/// `core.pushlog(level, text)`: logs a text; `level` is "info" or "error".
pub(super) fn pushlog(state: State) -> lua::Result {
    let is_error = arguments::string(state, 1)? == b"error";
    let text = arguments::string(state, 2)?;
    let service = Desk::service(state)?;
    let system = service.system();
    system
        .log()
        .push(wall(system.started()), service.id(), is_error, text);
    Ok(0)
}

/// `core.poplog()`: the oldest entry of the log: when, in hundredths of a second since 1970, the
/// number of the service, the level and the text; nothing, if there is none.
pub(super) fn poplog(state: State) -> lua::Result {
    let Some(entry) = Desk::service(state)?.system().log().pop() else {
        return Ok(0);
    };
    state.push_integer(entry.at);
    state.push_integer(entry.from.into());
    state.push_bytes(if entry.is_error { b"error" } else { b"info" })?;
    state.push_bytes(&entry.text)?;
    Ok(4)
}

/// `core.take_log()`: has the service told once, by a message of type SIGNAL, when there is something in
/// the log. It is told again when the log is half full.
pub(super) fn take_log(state: State) -> lua::Result {
    let service = Desk::service(state)?;
    service.system().log().set_reader(&service);
    Ok(0)
}

/// `core.lost_logs()`: how many texts were lost since the last call.
pub(super) fn lost_logs(state: State) -> lua::Result {
    let lost = Desk::service(state)?.system().log().take_lost();
    state.push_integer(i64::try_from(lost).unwrap_or(i64::MAX));
    Ok(1)
}
