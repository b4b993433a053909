// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the modules of `lua/lib/internal/actor/` need of the kernel: the Lua module `actor.core`.
//!
//! All functions are free: to make actors and to send messages to them is no power. An actor may do what
//! the code may that makes it.

mod category;
mod channel;
mod desk;
mod program;
mod receive;
mod send;
mod source;
mod spawn;

use super::blocking;
use crate::{
    binding::arguments,
    linux::{c_text::CText, context::MaySleep},
    lua::{self, Free, Kind, Named, Process, Sleeps, State},
    native,
    runtime::{at_end, objects::ObjectId, sink::Stream, vm::Vm},
};

/// Pushes the module `actor.core`.
pub(super) fn open_core(state: State) -> lua::Result {
    state.new_table(0, 26)?;
    state.set_functions(
        -1,
        &[
            Named::new(c"add_threads", native!(spawn::add_threads, Free, Process)),
            Named::new(c"address", native!(channel::address, Free, Process)),
            Named::new(c"at_end", native!(set_at_end, Free, Process)),
            Named::new(c"can_block", native!(blocking::can_block, Free, Process)),
            Named::new(c"cancel", native!(receive::cancel, Free, Process)),
            Named::new(c"category", native!(category::category, Free, Process)),
            Named::new(
                c"category_metatable",
                native!(category::metatable, Free, Process),
            ),
            Named::new(
                c"channel_metatable",
                native!(channel::metatable, Free, Process),
            ),
            Named::new(c"checked", native!(source::checked, Free, Process)),
            Named::new(c"close", native!(channel::close, Free, Process)),
            Named::new(c"close_inbox", native!(receive::close_inbox, Free, Process)),
            Named::new(c"give_way", native!(blocking::give_way, Free, Sleeps)),
            Named::new(c"is_closed", native!(channel::is_closed, Free, Process)),
            Named::new(c"is_master", native!(spawn::is_master, Free, Process)),
            Named::new(c"is_open", native!(channel::is_open, Free, Process)),
            Named::new(c"log", native!(log, Free, Sleeps)),
            Named::new(c"object", native!(object, Free, Process)),
            Named::new(c"open", native!(spawn::open, Free, Process)),
            Named::new(c"part", native!(part, Free, Process)),
            Named::new(c"places", native!(source::places, Free, Process)),
            Named::new(c"recv", native!(receive::recv, Free, Sleeps)),
            Named::new(c"send", native!(send::send, Free, Process)),
            Named::new(c"source", native!(source::source, Free, Process)),
            Named::new(c"spawn", native!(spawn::spawn, Free, Process)),
            Named::new(c"suspend", native!(blocking::suspend, Free, Process)),
            Named::new(c"take", native!(receive::take, Free, Process)),
            Named::new(c"text", native!(source::text, Free, Process)),
            Named::new(c"timer", native!(receive::timer, Free, Process)),
            Named::new(c"withdraw", native!(send::withdraw, Free, Process)),
        ],
    )?;
    Ok(1)
}

/// `core.part(name)`: the main function of the module `internal.actor.NAME`.
fn part(state: State) -> lua::Result {
    let name = arguments::string(state, 1)?;
    let full = CText::of(&[b"internal.actor.", name])?;
    state.push_library(&full)?;
    Ok(1)
}

/// `core.object(metatable)`: a userdata that refers to nothing, and has this metatable.
fn object(state: State) -> lua::Result {
    if state.kind(1) != Kind::Table {
        return Err(arguments::type_error(state, 1, "table"));
    }
    state.set_top(1);
    state.new_userdata(ObjectId::NULL)?;
    state.insert(1);
    state.set_metatable(1)?;
    Ok(1)
}

/// `core.log(text)`: prints a line to the error stream of the script.
fn log(state: State, _may: MaySleep<'_>) -> lua::Result {
    let text = arguments::string(state, 1)?;
    let runtime = Vm::runtime_of(state);
    runtime.send_output();
    runtime.output(Stream::Error, text);
    runtime.output(Stream::Error, b"\n");
    Ok(0)
}

/// `core.at_end(f)`: calls `f` when the chunk of the script has returned. The script ends when `f` has
/// returned, too.
fn set_at_end(state: State) -> lua::Result {
    arguments::function(state, 1)?;
    state.set_top(1);
    at_end::set(state)?;
    Ok(0)
}
