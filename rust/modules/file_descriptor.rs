// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The module `file_descriptor`: open files that messages carry to the processes of user-space actors.

use kernel::{prelude::*, sync::Arc};

use crate::{
    binding::{
        arguments::{self, show},
        errno,
    },
    channel::process::file::{Descriptor, DESCRIPTOR},
    linux::{c_text::CText, context::MaySleep, shared_file::SharedFile},
    lua::{self, Free, Named, Process, Sleeps, State, Text},
    native,
    permission::Permission,
    runtime::{handle::Handle, permissions, userdata, vm::Vm},
    stdio::{self, ReadError},
};

/// Pushes the module.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 2)?;
    state.set_functions(
        -1,
        &[
            Named::new(c"is_open", native!(is_open, Free, Process)),
            Named::new(c"open", native!(open_file, Free, Sleeps)),
        ],
    )?;
    Ok(1)
}

/// Pushes a new descriptor of `file`.
pub(super) fn push(state: State, file: &SharedFile) -> lua::Result<()> {
    let descriptor = userdata::make(state, || {
        Ok(Arc::new(Descriptor(file.clone()), GFP_KERNEL_ACCOUNT)?)
    })?;
    userdata::push(state, Handle::new(descriptor))
}

/// `open(path, mode)`: opens a file for processes; `mode` is as for `io.open`. Returns the descriptor; or nil, a message
/// and an error number. Fails without permission for the path.
fn open_file(state: State, _may: MaySleep<'_>) -> lua::Result {
    let needed = match state.to_bytes(2).and_then(<[u8]>::first) {
        Some(b'w' | b'a') => Permission::FsWrite,
        _ => Permission::FsRead,
    };
    Vm::permit(state, needed, None)?;
    let path = arguments::string(state, 1)?;
    let mode = match state.is_none_or_nil(2) {
        true => b"r",
        false => arguments::string(state, 2)?,
    };
    let name = CText::of(&[path])?;
    let opened = stdio::open_shared(&permissions::of(state), &name, mode);
    let error = match opened {
        Ok(file) => {
            push(state, &file)?;
            return Ok(1);
        }
        Err(ReadError::Denied) => return Err(permissions::denied(needed, Some(path))),
        Err(ReadError::Errno(error)) => error.to_errno().saturating_neg(),
    };
    let reason = errno::name(error.into()).unwrap_or(b"an unknown error");
    state.push_nil();
    state.push_bytes(Text::new(fmt!("{}: {}", show(path), show(reason))).as_bytes())?;
    state.push_integer(error.into());
    Ok(3)
}

/// `is_open(value)`: whether a descriptor was not closed; nil, if `value` is none.
fn is_open(state: State) -> lua::Result {
    if userdata::shared::<Descriptor>(state, 1).is_ok() {
        state.push_boolean(true);
    } else if userdata::is_of(state, 1, &DESCRIPTOR)? {
        state.push_boolean(false);
    } else {
        state.push_nil();
    }
    Ok(1)
}
