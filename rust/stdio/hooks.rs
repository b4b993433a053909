// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What this part needs of the VM: the head that it shares with C, and functions, by their C names,
//! of the parts above this one. A VM is the user data of its state's allocator.

use kernel::ffi::{c_int, c_void};

use super::{
    errno::Errno,
    streams::Streams, //
};
use crate::sys::lua::{
    lua_State,
    lua_getallocf,
    lunatik_vm, //
};

extern "C" {
    /// Takes output of a VM; `stream` is 1 or 2. Returns 0 or a negative error.
    fn lunatik_vm_output(vm: *mut c_void, stream: c_int, data: *const u8, length: usize) -> c_int;

    /// Asks whether a VM may call into the file system now: 0, or a negative error if its code is
    /// being ended (`EINTR`) or must not sleep.
    fn lunatik_vm_may_use_files(vm: *mut c_void) -> c_int;
}

/// A VM, as C knows it.
#[derive(Clone, Copy)]
pub(super) struct Host(pub(super) *mut c_void);

impl Host {
    /// The VM that `state` belongs to.
    ///
    /// # Safety
    ///
    /// `state` must be alive.
    pub(super) unsafe fn of(state: *mut lua_State) -> Self {
        let mut vm = core::ptr::null_mut();
        // SAFETY: By this function's contract.
        unsafe { lua_getallocf(state, &mut vm) };
        Self(vm)
    }

    /// The streams of the VM.
    ///
    /// # Safety
    ///
    /// This must be a live VM, whose `streams` were set. That is done before a library is opened.
    pub(super) unsafe fn streams(self) -> *mut Streams {
        // SAFETY: By this function's contract; the head is the first thing in a VM.
        unsafe { (*self.0.cast::<lunatik_vm>()).streams.cast() }
    }

    /// The VM's `errno`.
    ///
    /// # Safety
    ///
    /// This must be a live VM.
    pub(super) unsafe fn errno(self) -> *mut c_int {
        // SAFETY: By this function's contract; the head is the first thing in a VM.
        unsafe { &raw mut (*self.0.cast::<lunatik_vm>()).error_number }
    }

    /// Takes all of `data` as output.
    ///
    /// # Safety
    ///
    /// This must be a live VM.
    pub(super) unsafe fn output(self, stream: c_int, data: &[u8]) -> Result<(), Errno> {
        // SAFETY: By this function's contract; the slice is as long as it says.
        let status = unsafe { lunatik_vm_output(self.0, stream, data.as_ptr(), data.len()) };
        Errno::check(status as isize).map(|_| ())
    }

    /// Asks whether the VM may call into the file system now. Whoever calls often makes a loop in
    /// Lua's C code end soon after the VM was interrupted.
    ///
    /// # Safety
    ///
    /// This must be a live VM.
    pub(super) unsafe fn may_use_files(self) -> Result<(), Errno> {
        // SAFETY: By this function's contract.
        let status = unsafe { lunatik_vm_may_use_files(self.0) };
        Errno::check(status as isize).map(|_| ())
    }
}
