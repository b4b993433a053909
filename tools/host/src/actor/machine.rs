// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua of the actor.

use std::rc::Rc;

use mlua::{Function, Lua, LuaOptions, LuaString, StdLib, Table};

use super::{
    desk::Desk,
    library,
    natives::{self, Shared},
    port::Port,
};
use crate::setup::Settings;

/// How the actor has ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The exit status of the process.
    pub(super) status: u8,
    /// The text of the error that has ended it: whole lines.
    pub(super) error: Option<Vec<u8>>,
}

/// Runs the actor. Returns the text of the error that has ended it.
fn host(lua: &Lua, shared: &Rc<Shared>, settings: &Settings) -> mlua::Result<Option<LuaString>> {
    let natives = natives::table(lua, shared)?;
    let places: Table = lua.create_table()?;
    places.raw_set("module", lua.create_string(&settings.module)?)?;
    places.raw_set("directory", lua.create_string(&settings.directory)?)?;
    places.raw_set("entry", lua.create_string(&settings.entry)?)?;
    let boot: Option<Function> = library::chunk(lua, "internal.host.boot")?;
    boot.ok_or_else(|| mlua::Error::runtime("this program lacks its Lua library"))?
        .call((natives, places))
}

/// Runs the actor of these settings over a connection to the kernel, until it ends.
pub(super) fn run(port: Port, settings: &Settings) -> Outcome {
    let shared = Shared::new(Desk::new(port));
    // Leaves `pcall` and `xpcall` as Lua has them, so that fibers can suspend inside.
    let options = LuaOptions::new().catch_rust_panics(true);
    // SAFETY: The script may do whatever its process may, so it needs no protection from its own use of `debug` or of
    // C libraries. It has no reference into memory of this program: natives hand out numbers, strings and functions.
    let lua = unsafe { Lua::unsafe_new_with(StdLib::ALL, options) };
    let error = match host(&lua, &shared, settings) {
        Ok(text) => text.map(|text| text.as_bytes().to_vec()),
        Err(error) => Some(format!("lunatik: {error}\n").into_bytes()),
    };
    // Finalizers run, and what the script has not written yet is written.
    shared.set_closing();
    drop(lua);
    let status = match (&error, shared.exit()) {
        (_, Some(code)) => code,
        (Some(_), None) => 1,
        (None, None) => 0,
    };
    let error = error.filter(|_| shared.exit().is_none());
    Outcome { status, error }
}
