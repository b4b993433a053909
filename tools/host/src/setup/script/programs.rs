// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Calls that replace the process by another program.

use std::{convert::Infallible, ffi::CString, ptr};

use mlua::{FromLua, Lua, LuaString, Table, Value};
use nix::{errno::Errno, unistd};

use super::{
    calls::Calls,
    values::{wrong, Number, Text},
};
use crate::setup::signals::with_defaults;

/// Adds them.
pub fn define(calls: &Calls<'_>) -> mlua::Result<()> {
    calls.add(
        "execve",
        |(path, arguments, environment): (Text, Vec<Text>, Environment)| {
            execute(|| unistd::execve(&path, &arguments, &environment.0))
        },
    )?;
    calls.add(
        "fexecve",
        |(program, arguments, environment): (Number, Vec<Text>, Environment)| {
            let program = program.descriptor()?;
            execute(|| unistd::fexecve(program, &arguments, &environment.0))
        },
    )
}

/// Runs a call that only returns if it fails.
fn execute(call: impl FnOnce() -> Result<Infallible, Errno>) -> Result<(), Errno> {
    flush();
    match with_defaults(call)? {}
}

/// Writes out what the C library still holds of the script's output.
pub fn flush() {
    // SAFETY: Null stands for all streams. If one of them cannot be written, it is the script's own.
    let _ = unsafe { libc::fflush(ptr::null_mut()) };
}

/// An environment: a list of `NAME=VALUE`, or a table from names to values.
struct Environment(Vec<CString>);

impl FromLua for Environment {
    fn from_lua(value: Value, lua: &Lua) -> mlua::Result<Self> {
        let mut variables = Vec::new();
        for pair in Table::from_lua(value.clone(), lua)?.pairs::<Value, LuaString>() {
            let (name, content) = pair?;
            let mut variable = Vec::new();
            if let Value::String(name) = name {
                variable.extend_from_slice(&name.as_bytes());
                variable.push(b'=');
            }
            variable.extend_from_slice(&content.as_bytes());
            let variable = CString::new(variable)
                .map_err(|_| wrong(&value, "environment", "a variable has a zero byte"))?;
            variables.push(variable);
        }
        Ok(Self(variables))
    }
}
