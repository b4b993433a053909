// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the modules of `lua/lib/internal/actor/` need of the kernel: the Lua module `actor.core` is for every
//! actor all the time, `actor.system` has what is used once or seldom.
//!
//! All functions are free: to make actors and to send messages to them is no power. An actor may do what
//! the code may that makes it.

mod category;
mod channel;
pub(super) mod desk;
mod program;
mod receive;
mod send;
mod source;
mod spawn;

use super::{blocking, timing};
use crate::{
    binding::{
        arguments,
        mismatch::{Actors, InProcess},
    },
    linux::{c_text::CText, context::MaySleep},
    lua::{self, Free, Kind, Named, Process, Reference, Sleeps, State},
    native,
    runtime::{at_end, objects::ObjectId, sink::Stream, vm::Vm},
};

/// Pushes the module `actor.core`.
pub(super) fn open_core(state: State) -> lua::Result {
    state.new_table(0, 16)?;
    state.set_functions(
        -1,
        &[
            Named::new(c"cancel", native!(timing::cancel, Free, Process)),
            Named::new(c"close", native!(channel::close, Free, Process)),
            Named::new(c"close_inbox", native!(receive::close_inbox, Free, Process)),
            Named::new(c"give_way", native!(blocking::give_way, Free, Sleeps)),
            Named::new(c"is_inside", native!(blocking::is_inside, Free, Process)),
            Named::new(c"is_open", native!(channel::is_open, Free, Process)),
            Named::new(c"kept", native!(kept, Free, Process)),
            Named::new(c"log", native!(log, Free, Sleeps)),
            Named::new(c"part", native!(part, Free, Process)),
            Named::new(c"recv", native!(receive::recv, Free, Sleeps)),
            Named::new(c"send", native!(send::send, Free, Process)),
            Named::new(c"suspend", native!(blocking::suspend, Free, Process)),
            Named::new(c"system", native!(system, Free, Process)),
            Named::new(c"take", native!(receive::take, Free, Process)),
            Named::new(c"timer", native!(receive::timer, Free, Process)),
            Named::new(c"withdraw", native!(send::withdraw, Free, Process)),
        ],
    )?;
    Ok(1)
}

/// Pushes the module `actor.system`.
pub(super) fn open_system(state: State) -> lua::Result {
    state.new_table(0, 32)?;
    state.set_functions(
        -1,
        &[
            Named::new(c"add_threads", native!(spawn::add_threads, Free, Process)),
            Named::new(c"address", native!(channel::address, Free, Process)),
            Named::new(c"at_end", native!(set_at_end, Free, Process)),
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
            Named::new(c"is_closed", native!(channel::is_closed, Free, Process)),
            Named::new(c"is_master", native!(spawn::is_master, Free, Process)),
            Named::new(c"is_sendable", native!(channel::is_sendable, Free, Process)),
            Named::new(c"exit", native!(exit, Free, Process)),
            Named::new(c"join", native!(receive::join, Free, Sleeps)),
            Named::new(c"keep", native!(keep, Free, Process)),
            Named::new(c"object", native!(object, Free, Process)),
            // What makes actors comes after this.
            Named::new(c"open", native!(spawn::open, InProcess<Actors>, Process)),
            Named::new(c"places", native!(source::places, Free, Process)),
            Named::new(c"release", native!(channel::release, Free, Process)),
            Named::new(c"source", native!(source::source, Free, Process)),
            Named::new(c"spawn", native!(spawn::spawn, Free, Process)),
            Named::new(c"text", native!(source::text, Free, Process)),
        ],
    )?;
    Ok(1)
}

/// `core.system()`: the functions of the module `actor.system`, in a new table. What is used seldom does not
/// stay in each actor.
fn system(state: State) -> lua::Result {
    open_system(state)
}

/// `core.part(name)`: the main function of the module `internal.actor.NAME`.
fn part(state: State) -> lua::Result {
    let name = arguments::string(state, 1)?;
    let full = CText::of(&[b"internal.actor.", name])?;
    state.push_library(&full)?;
    Ok(1)
}

/// What the parts of the VM's library share.
#[derive(Clone, Copy)]
struct Kept(Reference);

/// `system.exit()`: the error that the caller raises now ends the script, and is no failure.
fn exit(state: State) -> lua::Result {
    at_end::set_exited(state)?;
    Ok(0)
}

/// `system.keep(value)`: keeps what the parts of the library share, until the VM ends. To be called once.
fn keep(state: State) -> lua::Result {
    state.set_top(1);
    let reference = state.keep()?;
    Vm::attach(state, Kept(reference))?;
    Ok(0)
}

/// `core.kept()`: what `keep` has kept; nil before.
fn kept(state: State) -> lua::Result {
    match Vm::attachment(state) {
        Some(Kept(reference)) => state.push_kept(reference),
        None => state.push_nil(),
    }
    Ok(1)
}

/// `system.object(metatable)`: a userdata that refers to nothing, and has this metatable.
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
    runtime.output_lines(Stream::Error, &[text]);
    Ok(0)
}

/// `system.at_end(f)`: calls `f` when the chunk of the script has returned. The script ends when `f` has
/// returned, too.
fn set_at_end(state: State) -> lua::Result {
    arguments::function(state, 1)?;
    state.set_top(1);
    at_end::set(state)?;
    Ok(0)
}
