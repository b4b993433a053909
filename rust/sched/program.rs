// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Programs: what a runtime of the pool does from its first line to its last.

use core::ffi::c_int;

use crate::{
    lua,
    runtime::instance::Entered, //
};

/// What a runtime does, once. Dropped without [`begin`](Self::begin) where the runtime was stopped
/// before that.
pub(crate) trait Program: Send {
    /// Pushes the function to run and its arguments, and returns how many arguments these are.
    /// May sleep, but calls no Lua code.
    fn begin(&mut self, entered: &Entered<'_>) -> lua::Result;

    /// The function has returned, with so many results on top of the stack, or it or
    /// [`begin`](Self::begin) has failed; then the error is as native functions have it, and
    /// [`to_failure`](crate::runtime::execute::to_failure) makes a text of it. Called once, last of
    /// all; afterwards the runtime ends. May sleep.
    fn end(&mut self, entered: &Entered<'_>, result: lua::Result<c_int>);
}
