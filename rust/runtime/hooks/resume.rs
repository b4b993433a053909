// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Resuming a sealed runtime: a process hands values to it.

use core::cell::{Cell, RefCell};
use kernel::{prelude::*, str::BStr, sync::Arc};

use super::{
    super::{
        execute::{failure, failure_of, is_function},
        instance::{Failure, Runtime},
        message::Message, //
    },
    failure::Told,
    Hooked, //
};
use crate::{
    lua::{self, Error, State},
    runtime::vm::Vm, //
};

/// The results of a body that are looked at: it may leave a function to be resumed next.
const RESULTS: core::ffi::c_int = 1;

/// Calls the function that the script of a sealed runtime has left, with `arguments`, as hooks call theirs:
/// it must not sleep, and has the same slice. If it returns a function, that one is called the next time. Nothing
/// else is returned. Sleeps.
pub(crate) fn resume(
    hooked: &Hooked,
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
    hooked: &Hooked,
    runtime: &Runtime,
    arguments: &Message,
) -> Result<Message, Result<Arc<Failure>>> {
    let told = RefCell::new(Told::room().map_err(Err)?);
    let outcome = Cell::new(Outcome::NoBody);
    let body = |vm: &Vm| {
        let state = vm.state();
        let base = state.top();
        outcome.set(match call_body(vm, arguments) {
            Ok(true) => Outcome::Returned,
            Ok(false) => Outcome::NoBody,
            Err(error) => {
                told.borrow_mut().note(state, &error);
                Outcome::Failed
            }
        });
        state.set_top(base);
    };
    let name = BStr::from_bytes(runtime.name());
    if hooked.step(body, |_| ()).is_none() {
        return Err(failure(fmt!("{name} was stopped")));
    }
    match outcome.get() {
        Outcome::Returned => Ok(Message::default()),
        Outcome::NoBody => Err(failure(fmt!("{name} has left no function to resume"))),
        Outcome::Failed => Err(failure_of(&told.into_inner().message)),
    }
}

/// Calls the body, if there is one. Returns whether there is.
fn call_body(vm: &Vm, arguments: &Message) -> lua::Result<bool> {
    let state = vm.state();
    let Some(body) = vm.body() else {
        return Ok(false);
    };
    state.reserve(lua::MIN_STACK)?;
    state.push_kept(body);
    let count = arguments.push(state)?;
    state.call(count, RESULTS)?;
    if is_function(state, -1) {
        let next = state.keep()?;
        if let Some(former) = vm.replace_body(Some(next)) {
            state.release(former);
        }
    }
    Ok(true)
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
