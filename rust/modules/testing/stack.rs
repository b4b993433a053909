// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Functions that measure the kernel stack on which they are called.

use crate::{
    linux::stack,
    lua::{self, Anywhere, Free, State},
    native, //
};

/// `stack_left()`: the bytes of kernel stack below the caller.
fn stack_left(state: State) -> lua::Result {
    let left = stack::left();
    state.push_integer(left as i64);
    Ok(1)
}

/// `paint_stack()`: writes a pattern over the unused kernel stack below the caller.
fn paint_stack(_: State) -> lua::Result {
    stack::paint();
    Ok(0)
}

/// `painted_left()`: the bytes at the end of this stack that no code has touched since.
fn painted_left(state: State) -> lua::Result {
    let left = stack::untouched();
    state.push_integer(i64::try_from(left).unwrap_or(i64::MAX));
    Ok(1)
}

/// Adds them to the table on top of the stack.
pub(super) fn add(state: State) -> lua::Result<()> {
    state.set_measuring_function(-1, c"paint_stack", native!(paint_stack, Free, Anywhere))?;
    state.set_measuring_function(-1, c"painted_left", native!(painted_left, Free, Anywhere))?;
    Ok(state.set_measuring_function(-1, c"stack_left", native!(stack_left, Free, Anywhere))?)
}
