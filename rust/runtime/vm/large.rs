// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Large blocks of a VM that are not its heap's.

use kernel::prelude::*;

use super::Vm;
use crate::{
    linux::large::is_large,
    lua::State, //
};

impl Vm {
    /// Takes a [large](is_large) block of `size` bytes for a message of the VM of `state`, charged to
    /// the memory cgroup of its runtime; `None` if there is no memory, or the Lua code is to end.
    /// Sleeps. For functions that Lua has called.
    pub(in super::super) fn take_large(state: State, size: usize) -> Option<KVVec<u8>> {
        let vm = Self::of(state);
        if !is_large(size) {
            return None;
        }
        // SAFETY: The size is large. The calling thread executes the VM, and the heap takes nothing while
        // Lua is not running.
        let block = unsafe {
            vm.large
                .take(size, false, vm.runtime().memcg(), &|| vm.is_ended())
        };
        if block.is_null() {
            return None;
        }
        // SAFETY: The block has `size` bytes and came from `kmalloc()` or `kvmalloc()`, and nobody
        // else has it.
        Some(unsafe { KVVec::from_raw_parts(block, 0, size) })
    }
}
