// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Large blocks of a VM outside its heap.

use kernel::prelude::*;

use super::Vm;
use crate::lua::State;

impl Vm {
    /// Takes a [large](crate::linux::large::is_large) block of `size` bytes for a message of the VM
    /// of `state`, charged to the memory cgroup of its runtime; `None` if there is no memory, or if
    /// the Lua code has to end. Sleeps. For functions that Lua has called.
    pub(in super::super) fn take_large(state: State, size: usize) -> Option<KVVec<u8>> {
        let vm = Self::of(&state);
        let exposed = vm.exposed();
        exposed
            .large
            .take_room(size, vm.runtime().memcg(), &|| exposed.is_ended())
    }
}
