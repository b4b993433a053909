// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A function that is called when the main function of a script has returned, and whose end is the end of the
//! script. So a module can go on with what the script has begun.

use super::vm::Vm;
use crate::lua::{self, Raised, Reference, State};

#[derive(Clone, Copy)]
struct AtEnd(Option<Reference>);

/// Pops the function on top of the stack and has it called at the end, in place of a former one. Takes no effect
/// after the end.
pub(crate) fn set(state: State) -> lua::Result<()> {
    let reference = state.keep()?;
    let former = Vm::attachment::<AtEnd>(state);
    Vm::attach(state, AtEnd(Some(reference)))?;
    if let Some(AtEnd(Some(former))) = former {
        state.release(former);
    }
    Ok(())
}

/// Pushes the function that is to be called now, if there is one.
pub(crate) fn push(state: State) -> lua::Result<bool> {
    let Some(AtEnd(Some(reference))) = Vm::attachment(state) else {
        return Ok(false);
    };
    state.reserve(lua::MIN_STACK)?;
    state.push_kept(reference);
    Ok(true)
}

#[derive(Clone, Copy)]
struct Exited;

/// Notes that the script ends now, and that the error which ends it is none. The caller raises one.
pub(crate) fn set_exited(state: State) -> lua::Result<()> {
    Ok(Vm::attach(state, Exited)?)
}

/// Whether [`set_exited`] was called.
pub(crate) fn has_exited(state: State) -> bool {
    Vm::attachment::<Exited>(state).is_some()
}

/// The result of the main function: none, if it has ended by [`set_exited`].
///
/// Not inlined, so that its frame is not on the stack while a script runs.
#[inline(never)]
pub(crate) fn result<T>(state: State, result: Result<T, Raised>) -> Result<Option<T>, Raised> {
    match result {
        Err(_) if has_exited(state) => {
            state.pop(1);
            Ok(None)
        }
        result => result.map(Some),
    }
}

/// Calls the function, if there is one and the script has not ended by [`set_exited`]. For code that does
/// not run on the pool.
///
/// Not inlined, so that its frame is not on the stack while a script runs.
#[inline(never)]
pub(crate) fn call(state: State) -> lua::Result<()> {
    if !has_exited(state) && push(state)? {
        let called = state.call(0, 0);
        result(state, called)?;
    }
    Ok(())
}
