// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Open files as objects of Lua, and in messages.

use crate::{
    linux::shared_file::SharedFile,
    lua::{self, Free, Named, Process, State},
    native,
    runtime::{
        handle::{Handle, Shareable},
        objects::{Class, Classed},
        userdata,
    },
};

/// An open file, which messages carry to processes.
pub(crate) struct Descriptor(pub(crate) SharedFile);

impl Classed for Descriptor {
    const CLASS: &'static Class = &DESCRIPTOR;
}

impl Shareable for Descriptor {}

/// The class of descriptors.
pub(crate) const DESCRIPTOR: Class = Class {
    name: c"file_descriptor",
    fill: |state, metatable| {
        userdata::fill_shared(state, metatable)?;
        state.new_table(0, 2)?;
        state.set_functions(
            -1,
            &[
                Named::new(c"close", native!(close, Free, Process)),
                Named::new(c"dup", native!(dup, Free, Process)),
            ],
        )?;
        state.set_field(metatable, c"__index")?;
        state.set_function(metatable, c"__close", native!(close_block, Free, Process))?;
        state.push_bytes(b"file_descriptor")?;
        state.set_field(metatable, c"__metatable")?;
        Ok(())
    },
};

/// `descriptor:close()`: gives the file up. It stays open as long as others have it.
fn close(state: State) -> lua::Result {
    userdata::drop_shared::<Descriptor>(state, 1)?;
    Ok(0)
}

/// `__close`: as `close`, but the descriptor may be closed already.
fn close_block(state: State) -> lua::Result {
    if userdata::shared::<Descriptor>(state, 1).is_ok() {
        close(state)?;
    }
    Ok(0)
}

/// `descriptor:dup()`: another descriptor of the same file.
fn dup(state: State) -> lua::Result {
    let descriptor = userdata::shared::<Descriptor>(state, 1)?;
    userdata::push(state, Handle::new(descriptor))?;
    Ok(1)
}
