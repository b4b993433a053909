// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The texts of modules.

use kernel::{prelude::*, sync::Arc};

use super::{super::lunatik::read_script, desk::Desk};
use crate::{
    binding::arguments::{self, show},
    channel::actor::group::Source,
    linux::c_text::CText,
    lua::{self, Error, State},
    permission::{Decision, Permission},
    runtime::{permissions, program, vm::Vm},
    stdio::ReadError,
};

/// Reads the file at `path`, or takes its text from those that the group knows; `None` if there is no such
/// file.
fn read(state: State, path: CText) -> lua::Result<Option<Arc<Source>>> {
    let group = Desk::with(state, |desk| desk.group.clone())?;
    let set = permissions::of(state);
    let reads_all = match set.decide(Permission::FsRead) {
        Decision::Allowed => true,
        Decision::Limited => false,
        Decision::Denied => {
            return Err(permissions::denied(
                Permission::FsRead,
                Some(path.to_bytes()),
            ))
        }
    };
    if reads_all {
        if let Some(source) = group.source(&path) {
            return Ok(Some(source));
        }
    }
    let runtime = Vm::runtime_of(state);
    let text = match read_script(state, &set, None, &path) {
        Ok((_, text)) => text,
        Err(ReadError::Denied) => {
            return Err(permissions::denied(
                Permission::FsRead,
                Some(path.to_bytes()),
            ));
        }
        Err(ReadError::Errno(error)) if program::is_absence(error) => return Ok(None),
        Err(ReadError::Errno(error)) if error == ENOMEM => return Err(Error::NoMemory),
        Err(ReadError::Errno(error)) => {
            return Err(Error::long_message(
                state,
                fmt!("{} could not be read: {error:?}", show(path.to_bytes())),
            ));
        }
    };
    let account = group.script().account();
    let source = runtime
        .memcg()
        .charge(|| Source::new(path, text, account))?;
    if reads_all {
        group.keep_source(&source);
    }
    Ok(Some(source))
}

/// `system.source(path, ...)`: finds the first of these files that exists. Returns its path, its text, and
/// whether the text was compiled before without an error. Returns nothing if there is none of them. An actor
/// that is made next runs this text.
///
/// Fails if the code may not read the file, or may not load code.
pub(super) fn source(state: State) -> lua::Result {
    Vm::permit(state, Permission::Load, None)?;
    Vm::permit(state, Permission::FsRead, None)?;
    for index in 1..=state.top() {
        let path = CText::of(&[arguments::string(state, index)?])?;
        let Some(source) = read(state, path)? else {
            continue;
        };
        state.push_bytes(source.path().to_bytes())?;
        if source.is_checked() {
            state.push_nil();
        } else {
            state.push_bytes(source.text())?;
        }
        let former = Desk::with(state, |desk| desk.source.replace(source))?;
        drop(former);
        return Ok(2);
    }
    Ok(0)
}

/// `system.checked()`: the text that `source` has found compiles without an error.
pub(super) fn checked(state: State) -> lua::Result {
    Desk::with(state, |desk| {
        if let Some(source) = &desk.source {
            source.set_checked();
        }
    })?;
    Ok(0)
}

/// `system.text()`: the text that `source` has found.
pub(super) fn text(state: State) -> lua::Result {
    match Desk::with(state, |desk| desk.source.clone())? {
        Some(source) => state.push_bytes(source.text())?,
        None => state.push_nil(),
    }
    Ok(1)
}

/// `system.places()`: the folder of the script, and the path of its file, each empty if there is none.
pub(super) fn places(state: State) -> lua::Result {
    let group = Desk::with(state, |desk| desk.group.clone())?;
    state.push_bytes(group.root())?;
    state.push_bytes(group.entry())?;
    Ok(2)
}
