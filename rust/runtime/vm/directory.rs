// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The folder of the script that a virtual machine executes.

use kernel::prelude::*;

use super::Vm;
use crate::{
    linux::account::Charge,
    lua::State, //
};

impl Vm {
    /// Notes the folder of the script that the VM of `state` will execute. Nothing has run in the
    /// VM yet.
    ///
    /// A runtime executes one script. Its chunk sets the folder or, for a worker, the beginning of
    /// its program. Lines that a client adds set none. So a second call shows a mistake of this
    /// module; it fails with `EBUSY`.
    pub(in super::super) fn set_directory(state: State, directory: &[u8]) -> Result {
        let charge = Charge::new(Vm::runtime_of(state).account(), directory.len())?;
        let mut copy = KVVec::new();
        copy.extend_from_slice(directory, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        let directory = KBox::new((copy, charge), GFP_KERNEL_ACCOUNT)?;
        let set = Self::of(&state).directory.set(directory);
        set.map_err(|_| EBUSY)
    }

    /// The folder of the script that the VM of `state` executes, without a slash at its end; empty
    /// if it has none.
    pub(crate) fn directory(state: &State) -> &[u8] {
        match Self::of(state).directory.get() {
            Some(noted) => &noted.0,
            None => &[],
        }
    }
}
