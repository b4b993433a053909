// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Resuming a sealed runtime: a process hands values to it.

use core::cell::{Cell, RefCell};
use kernel::{
    prelude::*,
    str::BStr,
    sync::{atomic::Relaxed, Arc}, //
};

use super::{
    super::{
        execute::{failure, failure_of, is_function},
        instance::{Failure, Runtime},
        message::Message, //
    },
    entry,
    failure::Told,
    Hooked, //
};
use crate::{
    lua::{self, Error, State},
    runtime::vm::Vm, //
};

/// Calls the function that the script of a sealed runtime has left, with `arguments`, as hooks call theirs:
/// it must not sleep, and has the same slice. Returns its results; a function is none, and is called the next
/// time. Sleeps.
pub(crate) fn resume(
    hooked: &Arc<Hooked>,
    runtime: &Runtime,
    arguments: &Message,
) -> Result<Message, Arc<Failure>> {
    resume_here(hooked, runtime, arguments).map_err(super::super::execute::or_no_memory)
}

/// The outcome of a call.
#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Returned,
    NoBody,
    Failed,
}

fn resume_here(
    hooked: &Arc<Hooked>,
    runtime: &Runtime,
    arguments: &Message,
) -> Result<Message, Result<Arc<Failure>>> {
    let told = RefCell::new(Told::room().map_err(Err)?);
    let outcome = Cell::new(Outcome::NoBody);
    let wants = Cell::new(0);
    let results = Cell::new(Message::default());
    let body = |vm: &Vm| {
        let state = vm.state();
        let base = state.top();
        hooked.resumed.store(true, Relaxed);
        let called = call_body(vm, arguments);
        hooked.resumed.store(false, Relaxed);
        outcome.set(match called {
            Ok(Some(message)) => {
                results.set(message);
                Outcome::Returned
            }
            Ok(None) => Outcome::NoBody,
            Err(error) => {
                if let Ok(mut told) = told.try_borrow_mut() {
                    told.note(state, &error);
                }
                // A hook that fails later has another one.
                state.take_traceback();
                Outcome::Failed
            }
        });
        state.set_top(base);
        state.collect_due();
        wants.set(entry::wanted(vm));
    };
    let name = BStr::from_bytes(runtime.name());
    let is_done = hooked.step(body, |_| ()).is_some();
    // A stop ends the code, too.
    if !is_done || (outcome.get() == Outcome::Failed && !hooked.is_open()) {
        return Err(failure(fmt!("{name} was stopped")));
    }
    if wants.get() != 0 {
        hooked.as_arc_borrow().want(wants.get());
    }
    match outcome.get() {
        Outcome::Returned => Ok(results.into_inner()),
        Outcome::NoBody => Err(failure(fmt!("{name} has left no function to resume"))),
        Outcome::Failed => Err(failure_of(&told.into_inner().message)),
    }
}

/// Calls the body, if there is one, and encodes its results.
fn call_body(vm: &Vm, arguments: &Message) -> lua::Result<Option<Message>> {
    let state = vm.state();
    let Some(body) = vm.body() else {
        return Ok(None);
    };
    let base = state.top();
    state.reserve(lua::MIN_STACK)?;
    state.push_kept(body);
    let count = arguments.push(state)?;
    state.call(count, -1)?;
    if !is_function(state, base.saturating_add(1)) {
        let first = base.saturating_add(1);
        return Message::encode(state, first, state.top()).map(Some);
    }
    state.set_top(base.saturating_add(1));
    let next = state.keep()?;
    if let Some(former) = vm.replace_body(Some(next)) {
        state.release(former);
    }
    Ok(Some(Message::default()))
}

impl Told {
    /// Notes an error; that of Lua is on top of the stack. Allocates nothing.
    fn note(&mut self, state: State, error: &Error) {
        let text: &[u8] = match error {
            Error::Message(text) | Error::Argument(_, text) => text.as_bytes(),
            Error::NoMemory => b"not enough memory",
            Error::Atomic => b"not in atomic context",
            Error::Parked | Error::Suspended => b"attempt to wait in a hook",
            Error::Raised | Error::PushedMessage => match state.kind(-1) {
                lua::Kind::String => state.to_bytes(-1).unwrap_or_default(),
                _ => b"(error object is not a string)",
            },
        };
        let room = self.message.capacity();
        let text = text.get(..room).unwrap_or(text);
        self.message.clear();
        // There is room.
        let _ = self.message.extend_from_slice(text, GFP_NOWAIT);
    }
}
