// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua library of actors.

use mlua::{chunk::ChunkMode, Function, Lua};

/// The names and texts of all chunks, in the order of names.
const LIBRARY: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/library.rs"));

/// The function of the chunk `name`; `None` if there is none.
///
/// Fails only for lack of memory.
pub(super) fn chunk(lua: &Lua, name: &str) -> mlua::Result<Option<Function>> {
    let Ok(at) = LIBRARY.binary_search_by(|&(other, _)| other.cmp(name)) else {
        return Ok(None);
    };
    let (name, text) = LIBRARY[at];
    lua.load(text)
        // As in the kernel: code with this mark is not in a file of the script.
        .set_name(format!("=[lib {name}]"))
        .set_mode(ChunkMode::Text)
        .into_function()
        .map(Some)
}
