// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What this part needs of the VM: the head that it shares with C, and functions, by their C names,
//! of the parts above this one. A VM is the user data of its state's allocator.

use kernel::ffi::{c_int, c_void};

use super::{
    access::Access,
    errno::Errno,
    streams::Streams, //
};
use crate::{
    permission::{Permission, Set},
    sys::lua::{
        lua_State,
        lua_getallocf,
        lunatik_permissions,
        lunatik_vm,
        LUNATIK_DENIED_READ,
        LUNATIK_DENIED_WRITE, //
    },
};

extern "C" {
    /// Takes output of a VM; `stream` is 1 or 2. Returns 0 or a negative error.
    fn lunatik_vm_output(vm: *mut c_void, stream: c_int, data: *const u8, length: usize) -> c_int;

    /// Sends what a VM has written as output.
    fn lunatik_vm_flush(vm: *mut c_void);

    /// Says whether that is to be done at once with all that is written to `stream`.
    fn lunatik_vm_set_immediate(vm: *mut c_void, stream: c_int, immediate: bool);

    /// Asks whether a VM may call into the file system now: 0, or a negative error if its code is
    /// being ended (`EINTR`) or must not sleep.
    fn lunatik_vm_may_use_files(vm: *mut c_void) -> c_int;
}

/// What a thread of Lua may do with paths.
///
/// # Safety
///
/// `state` must be alive and run now; the result must not be used after C has been returned to.
pub(super) unsafe fn access_of<'a>(state: *mut lua_State) -> Access<'a> {
    // SAFETY: Each thread of a VM has a reference to a set in its extra space, see
    // `runtime/permissions.rs`, which nobody else replaces while the thread runs this.
    Access(unsafe { &**lunatik_permissions(state).cast::<*const Set>() })
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

    /// Notes for C that a permission is missing, for the second path of two if `second`.
    ///
    /// # Safety
    ///
    /// This must be a live VM.
    pub(super) unsafe fn set_denied(self, permission: Permission, second: bool) {
        let denied = match permission {
            Permission::FsRead => LUNATIK_DENIED_READ,
            _ => LUNATIK_DENIED_WRITE,
        };
        // SAFETY: By this function's contract; the head is the first thing in a VM.
        unsafe {
            let head = self.0.cast::<lunatik_vm>();
            // CAST: The numbers are small.
            (*head).denied = denied as c_int;
            (*head).denied_second = second.into();
        }
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

    /// Sends what was written as output.
    ///
    /// # Safety
    ///
    /// This must be a live VM.
    pub(super) unsafe fn flush(self) {
        // SAFETY: By this function's contract.
        unsafe { lunatik_vm_flush(self.0) };
    }

    /// Says whether what is written to `stream` is to be sent at once.
    ///
    /// # Safety
    ///
    /// This must be a live VM.
    pub(super) unsafe fn set_immediate(self, stream: c_int, immediate: bool) {
        // SAFETY: By this function's contract.
        unsafe { lunatik_vm_set_immediate(self.0, stream, immediate) };
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
