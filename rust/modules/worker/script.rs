// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Where the script of a worker is.

use core::ffi::c_int;
use kernel::prelude::*;

use super::super::lunatik::read_script;
use crate::{
    binding::arguments::{show, type_error},
    control::abi::script_name,
    linux::{
        account::{Charge, CountedBytes},
        c_text::CText,
    },
    lua::{self, Error, Kind, State},
    permission::{Decision, Permission},
    runtime::{
        permissions,
        program,
        vm::Vm, //
    },
    stdio::ReadError,
};

/// The script of a worker.
pub(in super::super) struct Script {
    /// As it was given.
    given: KVec<u8>,
    /// What the worker is called.
    name: KVec<u8>,
    /// The file as the script names it; `None` if that is `path`.
    named: Option<CText>,
    /// The file to use if there is none as named.
    path: CText,
    /// What these count.
    _charge: Charge,
}

/// The text of a script, as far as it is known.
pub(super) enum Text {
    /// It is in the file.
    InFile,
    /// It was read: as it is named, if so.
    Read { as_named: bool, text: CountedBytes },
    /// It could not be read.
    Failed(kernel::error::Error),
}

fn copy(parts: &[&[u8]]) -> Result<KVec<u8>> {
    let mut copy = KVec::new();
    for part in parts {
        copy.extend_from_slice(part, GFP_KERNEL | __GFP_NOWARN)?;
    }
    Ok(copy)
}

/// The folder in the path of a file, with the slash at its end; empty for a file without one.
fn folder(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|&byte| byte == b'/');
    end.and_then(|end| path.get(..=end)).unwrap_or_default()
}

impl Script {
    /// The script whose name is the argument at `index`.
    ///
    /// `"./x"` lies in the folder of the file whose code calls. If that file is unknown (for a
    /// chunk that was given as text), `"./x"` lies in the folder of the script or, if the script
    /// has none, in the folder where a script with the name of the runtime would lie.
    pub(in super::super) fn of_argument(state: State, index: c_int) -> lua::Result<Self> {
        let guard = state.guard();
        match state.kind(index) {
            Kind::String => state.push_value(index),
            Kind::Integer | Kind::Float => state.push_text(index)?,
            _ => return Err(type_error(state, index, "string")),
        }
        let given = state.to_bytes(-1).unwrap_or_default();
        let script = Self::find(state, index, given);
        drop(guard);
        script
    }

    fn find(state: State, index: c_int, given: &[u8]) -> lua::Result<Self> {
        let (relative, named) = match given.strip_prefix(b"./") {
            Some(rest) => (true, rest),
            None => (false, given),
        };
        let rest =
            script_name(named).map_err(|error| Error::argument(index, format_args!("{error}")))?;
        let root = program::DIRECTORY.as_bytes();
        let runtime = Vm::runtime_of(state);
        let file = state.caller_file().map(CStr::to_bytes);
        let own = Vm::directory(&state);
        let mut beside = copy(&[own])?;
        if !own.is_empty() && !own.ends_with(b"/") {
            beside.push(b'/', GFP_KERNEL | __GFP_NOWARN)?;
        }
        let above = match (relative, file) {
            (true, Some(file)) if file.starts_with(b"/") => folder(file),
            (true, _) if !beside.is_empty() => &beside,
            (true, _) => folder(runtime.name()),
            _ => b"",
        };
        let path = match above.first() {
            Some(b'/') => copy(&[above, rest])?,
            _ => copy(&[root, b"/", above, rest])?,
        };
        let named = match above.first() {
            _ if named != rest => None,
            Some(b'/') => Some(copy(&[above, named])?),
            _ => Some(copy(&[root, b"/", above, named])?),
        };
        let named = named.map(|named| CText::of(&[&named]));
        let name = path.strip_prefix(root);
        let name = name.and_then(|name| name.strip_prefix(b"/"));
        let name = copy(&[name.unwrap_or(&path)])?;
        let named = named.transpose()?;
        let path = CText::of(&[&path, b".lua"])?;
        let given = copy(&[given])?;
        let long = [given.capacity(), name.capacity(), path.capacity()];
        let long = long
            .iter()
            .fold(0_usize, |sum, size| sum.saturating_add(*size));
        let long = long.saturating_add(named.as_ref().map_or(0, CText::capacity));
        Ok(Self {
            given,
            name,
            named,
            path,
            _charge: Charge::new(runtime.account(), long)?,
        })
    }

    /// What the worker is called.
    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    /// As it was given.
    pub(super) fn given(&self) -> &[u8] {
        &self.given
    }

    /// The file as the script names it, unless that is [`path`](Self::path).
    pub(super) fn named(&self) -> Option<&CStr> {
        self.named.as_deref()
    }

    /// The file to use if there is none as named.
    pub(super) fn path(&self) -> &CStr {
        &self.path
    }

    fn denied(&self, state: State) -> Error {
        let given = show(&self.given);
        Error::long_message(state, fmt!("permission \"fs:read\" denied for '{given}'"))
    }

    /// Fails if the code of `state` may read no files, or if it may read all files but not load
    /// code.
    pub(in super::super) fn permit(&self, state: State) -> lua::Result<()> {
        match permissions::with(state, |set| set.decide(Permission::FsRead)) {
            Decision::Denied => Err(self.denied(state)),
            Decision::Allowed => permit_load(state),
            Decision::Limited => Ok(()),
        }
    }

    /// Fails unless the code of `state` may run the script. If it may read only some files, the
    /// text that runs is the text that was read during the check.
    pub(super) fn read(&self, state: State) -> lua::Result<Text> {
        self.permit(state)?;
        let set = permissions::of(state);
        let text = match set.decide(Permission::FsRead) {
            Decision::Allowed => Text::InFile,
            _ => match read_script(state, &set, self.named(), &self.path) {
                Ok((path, text)) => Text::Read {
                    as_named: path != self.path(),
                    text,
                },
                Err(ReadError::Denied) => return Err(self.denied(state)),
                Err(ReadError::Errno(error)) => Text::Failed(error),
            },
        };
        permit_load(state)?;
        Ok(text)
    }
}

fn permit_load(state: State) -> lua::Result<()> {
    Vm::permit(state, Permission::Load, None)
}
