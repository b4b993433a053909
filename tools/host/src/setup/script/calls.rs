// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How the script calls the system: each function returns its result and an error number, and a failure ends the
//! process while the global `errexit` is true.

use std::process;

use mlua::{Error, FromLuaMulti, Function, IntoLua, Lua, MultiValue, Table, Value};
use nix::errno::Errno;

use crate::report::report;

/// Why a call has no result.
pub enum Fault {
    /// The system has refused it.
    Errno(Errno),
    /// Its arguments are wrong, or memory is short. This is raised.
    Lua(Error),
}

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Lua(error)
    }
}

/// What a call returns before the error number.
pub trait Answer: Sized {
    /// The values of a call that has succeeded.
    fn values(self, lua: &Lua) -> mlua::Result<MultiValue>;

    /// The values of a call that has failed.
    fn failure() -> MultiValue;
}

impl Answer for i64 {
    fn values(self, _: &Lua) -> mlua::Result<MultiValue> {
        Ok([Value::Integer(self)].into_iter().collect())
    }

    fn failure() -> MultiValue {
        [Value::Integer(-1)].into_iter().collect()
    }
}

impl Answer for () {
    fn values(self, lua: &Lua) -> mlua::Result<MultiValue> {
        0_i64.values(lua)
    }

    fn failure() -> MultiValue {
        i64::failure()
    }
}

impl Answer for Vec<u8> {
    fn values(self, lua: &Lua) -> mlua::Result<MultiValue> {
        let string = lua.create_string(self)?;
        Ok([Value::String(string)].into_iter().collect())
    }

    fn failure() -> MultiValue {
        [Value::Nil].into_iter().collect()
    }
}

/// The table `C`, while it is filled.
pub struct Calls<'lua> {
    lua: &'lua Lua,
    table: Table,
}

impl<'lua> Calls<'lua> {
    /// An empty table.
    pub fn new(lua: &'lua Lua) -> mlua::Result<Self> {
        let table = lua.create_table()?;
        Ok(Self { lua, table })
    }

    /// The table itself.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Adds a function to the table.
    pub fn add<A, R, E>(
        &self,
        name: &'static str,
        call: impl Fn(A) -> Result<R, E> + 'static,
    ) -> mlua::Result<()>
    where
        A: FromLuaMulti,
        R: Answer,
        E: Into<Fault>,
    {
        let function = self.function(name, call)?;
        self.table.raw_set(name, function)
    }

    /// Adds a function to the globals.
    pub fn add_global<A, R, E>(
        &self,
        name: &'static str,
        call: impl Fn(A) -> Result<R, E> + 'static,
    ) -> mlua::Result<()>
    where
        A: FromLuaMulti,
        R: Answer,
        E: Into<Fault>,
    {
        let function = self.function(name, call)?;
        self.lua.globals().raw_set(name, function)
    }

    fn function<A, R, E>(
        &self,
        name: &'static str,
        call: impl Fn(A) -> Result<R, E> + 'static,
    ) -> mlua::Result<Function>
    where
        A: FromLuaMulti,
        R: Answer,
        E: Into<Fault>,
    {
        self.lua.create_function(move |lua, arguments: A| {
            let (mut values, errno) = match call(arguments).map_err(Into::into) {
                Ok(answer) => (answer.values(lua)?, 0),
                Err(Fault::Errno(errno)) => {
                    refused(lua, name, errno)?;
                    (R::failure(), errno as i32)
                }
                Err(Fault::Lua(error)) => return Err(error),
            };
            values.push_back(errno.into_lua(lua)?);
            Ok(values)
        })
    }
}

/// Ends the process because a call has failed, unless the script has set `errexit` to false.
fn refused(lua: &Lua, name: &str, errno: Errno) -> mlua::Result<()> {
    let errexit: Value = lua.globals().raw_get("errexit")?;
    // The script goes on only if it has clearly asked for that: the failed call may be a part of the sandbox.
    if matches!(errexit, Value::Boolean(false) | Value::Nil) {
        return Ok(());
    }
    let line = lua.inspect_stack(1, |caller| caller.current_line());
    let line = line
        .flatten()
        .map_or(String::new(), |line| format!(":{line}"));
    leave(&format!(
        "init.script{line}: {name} has failed: {} ({errno:?})",
        errno.desc()
    ))
}

/// Reports why and ends the process.
pub fn leave(why: &str) -> ! {
    report(&format!("lunatik: {why}"));
    process::exit(1)
}

/// Whether the error is that memory is short.
pub fn is_memory(error: &Error) -> bool {
    match error {
        Error::MemoryError(_) => true,
        Error::CallbackError { cause, .. } => is_memory(cause),
        Error::BadArgument { cause, .. } => is_memory(cause),
        Error::WithContext { cause, .. } => is_memory(cause),
        _ => false,
    }
}

/// Whether a value that the script may have caught is the error that memory is short.
pub fn is_memory_value(error: &Value) -> bool {
    match error {
        Value::Error(error) => is_memory(error),
        // Lua's own text.
        Value::String(text) => text.as_bytes() == b"not enough memory",
        _ => false,
    }
}
