// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A script's view of its location and of how it was started: the folder in which `require` looks
//! first, and the global `arg`.

use core::ffi::c_int;
use kernel::prelude::*;

use super::{instance::Kind, program::DIRECTORY, vm::Vm};
use crate::lua::{self, Kind as ValueKind, State};

/// The place of a script.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// The folder of its file, an absolute path without a slash at its end; empty if there is no
    /// file.
    pub(crate) directory: &'a [u8],
    /// The value of `arg[0]`: the script as it was named.
    pub(crate) script: &'a [u8],
}

/// The folder in the path of a file, in the form that [`Surroundings`] expects.
pub(crate) fn folder(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(0) => b"/",
        Some(end) if path.starts_with(b"/") => path.get(..end).unwrap_or_default(),
        _ => b"",
    }
}

impl Surroundings<'_> {
    /// Stores the folder of the script, and makes `require` look there first. Must be called before
    /// any code of the script runs.
    pub(crate) fn set_path(&self, state: State) -> lua::Result<()> {
        let directory = self.directory;
        Vm::set_directory(state, directory)?;
        // A template cannot express a folder with such characters, and `require` looks in the usual
        // folder anyway.
        let is_usual = directory == DIRECTORY.as_bytes();
        if is_usual || directory.is_empty() || directory.iter().any(|byte| b";?\0".contains(byte)) {
            return Ok(());
        }
        let directory = directory.strip_suffix(b"/").unwrap_or(directory);
        let guard = state.guard();
        state.push_globals();
        if state.get_field(-1, c"package")? == ValueKind::Table
            && state.get_field(-1, c"path")? == ValueKind::String
        {
            let usual = state.to_bytes(-1).unwrap_or_default();
            let mut path = KVVec::new();
            for part in [directory, b"/?.lua;", directory, b"/?/init.lua;", usual] {
                path.extend_from_slice(part, GFP_KERNEL | __GFP_NOWARN)?;
            }
            state.pop(1);
            state.push_bytes(&path)?;
            state.set_field(-2, c"path")?;
        }
        drop(guard);
        Ok(())
    }

    /// Sets the global `arg`, with the `count` values on top of the stack as its elements. The
    /// values stay on the stack.
    pub(crate) fn set_arg(&self, state: State, count: c_int) -> lua::Result<()> {
        let guard = state.guard();
        let first = state.top().saturating_sub(count).saturating_add(1);
        state.reserve(lua::MIN_STACK)?;
        state.new_table(count, 3)?;
        let table = state.top();
        for index in 0..count {
            state.push_integer(i64::from(index).saturating_add(1));
            state.push_value(first.saturating_add(index));
            state.raw_set(table)?;
        }
        let how = Vm::runtime_of(state).kind();
        for (index, text) in [
            (0, self.script),
            (-1, how.command().as_bytes()),
            (-2, b"lunatik"),
        ] {
            state.push_integer(index);
            state.push_bytes(text)?;
            state.raw_set(table)?;
        }
        state.push_globals();
        state.insert(-2);
        state.set_field(-2, c"arg")?;
        drop(guard);
        Ok(())
    }
}

impl Kind {
    /// The name of the command or function that starts such a runtime.
    fn command(self) -> &'static str {
        match self {
            // A function of the Lua module, so Lua code uses it.
            Self::Child => "runtime",
            other => other.name(),
        }
    }
}
