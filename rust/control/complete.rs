// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Completion of names in the globals of a VM.

use kernel::prelude::*;

use super::{
    abi::MAX_COMPLETIONS,
    session::VecSink, //
};
use crate::{
    codec::Writer,
    lua::{self, Error, Kind, State},
    runtime::sort::sort, //
};

/// The most tables that are searched for one completion: a table, its `__index`, and so on.
const MAX_INDEX_CHAIN: usize = 8;

/// Encodes the sorted texts that could replace `prefix`.
///
/// `prefix` is a name, or names joined by `.` (and a `:` before the last). This searches only
/// tables, and calls no functions.
pub(super) fn candidates(state: State, prefix: &[u8]) -> lua::Result<KVVec<u8>> {
    let split = prefix.iter().rposition(|byte| matches!(byte, b'.' | b':'));
    let (path, start, partial) = match split.and_then(|at| {
        Some((
            prefix.get(..at)?,
            prefix.get(..at.checked_add(1)?)?,
            prefix.get(at.checked_add(1)?..)?,
        ))
    }) {
        Some(parts) => parts,
        None => (&b""[..], &b""[..], prefix),
    };
    state.reserve(lua::MIN_STACK)?;
    let mut found: KVVec<KVVec<u8>> = KVVec::new();
    state.push_globals();
    if follow(state, path)? {
        for _ in 0..MAX_INDEX_CHAIN {
            if state.kind(-1) == Kind::Table {
                collect(state, start, partial, &mut found)?;
            }
            if !index_table(state)? {
                break;
            }
        }
    }
    sort(found.as_mut_slice(), |a, b| a.as_slice() < b.as_slice());
    let mut writer = Writer::new(VecSink(KVVec::new()));
    let mut former: Option<&[u8]> = None;
    for name in found.iter() {
        if former != Some(name.as_slice()) {
            writer.string(name).map_err(|_| Error::NoMemory)?;
        }
        former = Some(name);
    }
    Ok(writer.finish().map_err(|_| Error::NoMemory)?.0)
}

/// Replaces the table on top of the stack by the value that `path` leads to from it. Returns false
/// if the path leads nowhere.
fn follow(state: State, path: &[u8]) -> lua::Result<bool> {
    if path.is_empty() {
        return Ok(true);
    }
    for name in path.split(|byte| matches!(byte, b'.' | b':')) {
        loop {
            if state.kind(-1) != Kind::Table {
                if !index_table(state)? {
                    return Ok(false);
                }
                continue;
            }
            state.push_bytes(name)?;
            state.raw_get(-2);
            if state.kind(-1) != Kind::Nil {
                break;
            }
            state.pop(1);
            if !index_table(state)? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Pushes the table in which Lua looks up keys that the value on top of the stack lacks. If there
/// is none, pushes nothing and returns false.
fn index_table(state: State) -> lua::Result<bool> {
    if !state.push_metatable(-1) {
        return Ok(false);
    }
    state.push_bytes(b"__index")?;
    state.raw_get(-2);
    let is_table = state.kind(-1) == Kind::Table;
    if !is_table {
        state.pop(2);
    }
    Ok(is_table)
}

/// The longest completion, in bytes. A longer one is of no use, and a script may have keys of
/// megabytes.
const MAX_LENGTH: usize = 1024;

/// Adds the keys of the table on top of the stack that begin with `partial`.
fn collect(
    state: State,
    start: &[u8],
    partial: &[u8],
    found: &mut KVVec<KVVec<u8>>,
) -> lua::Result<()> {
    state.push_nil();
    while state.next(-2)? {
        state.pop(1);
        if found.len() >= MAX_COMPLETIONS as usize {
            state.pop(1);
            break;
        }
        let fits = |name: &&[u8]| start.len().saturating_add(name.len()) <= MAX_LENGTH;
        let name = state.to_bytes(-1).filter(fits);
        if let Some(name) = name.filter(|name| name.starts_with(partial)) {
            let mut text = KVVec::new();
            text.extend_from_slice(start, GFP_KERNEL | __GFP_NOWARN)?;
            text.extend_from_slice(name, GFP_KERNEL | __GFP_NOWARN)?;
            found.push(text, GFP_KERNEL | __GFP_NOWARN)?;
        }
    }
    Ok(())
}
