// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The script that sets the sandbox up. It runs in a Lua of its own, and only its effects on the process remain.

mod calls;
mod capabilities;
mod constants;
mod files;
mod identity;
mod landlock;
mod mounts;
mod names;
mod passing;
mod programs;
mod values;

use std::{fmt, os::fd::RawFd};

use mlua::{chunk::ChunkMode, Lua, LuaOptions, StdLib, Value};

use self::calls::Calls;

/// The most memory of the script, in bytes.
const BUDGET: usize = 1 << 20;

/// Why the script has failed.
pub enum Failed {
    /// It has needed more than its budget.
    Memory,
    /// It has raised an error.
    Error(mlua::Error),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => write!(
                f,
                "init.script needs more than {} KiB of memory",
                BUDGET >> 10
            ),
            Self::Error(error) => write!(f, "init.script has failed: {error}"),
        }
    }
}

impl From<mlua::Error> for Failed {
    fn from(error: mlua::Error) -> Self {
        match calls::is_memory(&error) {
            true => Self::Memory,
            false => Self::Error(error),
        }
    }
}

/// Runs the script. `argument` is the descriptor that it gets.
///
/// # Errors
///
/// Fails if the script raises an error or needs too much memory. The script ends the process by itself when one of its
/// calls fails, unless it has set `errexit` to false.
pub fn run(text: &[u8], argument: Option<RawFd>) -> Result<(), Failed> {
    // SAFETY: The debug library can break this Lua, but the script may do anything to the process anyway. The prelude
    // removes what loads modules of machine code.
    let lua =
        unsafe { Lua::unsafe_new_with(StdLib::ALL_SAFE | StdLib::DEBUG, LuaOptions::default()) };
    lua.set_memory_limit(BUDGET)?;
    let globals = lua.globals();
    globals.raw_set("arg", argument)?;
    globals.raw_set("errexit", true)?;
    let calls = Calls::new(&lua)?;
    constants::define(calls.table())?;
    files::define(&calls)?;
    mounts::define(&calls)?;
    identity::define(&calls)?;
    names::define(&calls)?;
    programs::define(&calls)?;
    capabilities::define(&calls)?;
    landlock::define(&calls)?;
    passing::define(&calls)?;
    globals.raw_set("C", calls.table())?;
    let exhausted = lua.create_function(|_, error: Value| {
        if calls::is_memory_value(&error) {
            calls::leave(&Failed::Memory.to_string());
        }
        Ok(())
    })?;
    let prelude = lua.load(include_str!("script/prelude.lua"));
    prelude.set_name("=prelude").call::<()>(exhausted)?;
    let script = lua.load(text).set_name("=init.script");
    let result = script.set_mode(ChunkMode::Text).exec();
    programs::flush();
    Ok(result?)
}
