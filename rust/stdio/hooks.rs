// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The parts of a VM that `stdio` needs: the head that it shares with C, and functions of the parts
//! above this one, called by their C names. A VM is the user data of its state's allocator.

use core::ptr::NonNull;

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

// SAFETY: The part that owns the VMs defines these functions with these types. By its type
// invariants a `Host` meets all their conditions, except for the data of the first.
unsafe extern "C" {
    /// Takes output of a VM; `stream` is 1 or 2. Returns 0 or a negative error. `data` must have
    /// `length` bytes.
    fn lunatik_vm_output(vm: Host, stream: c_int, data: *const u8, length: usize) -> c_int;

    /// Sends what a VM has written as output.
    safe fn lunatik_vm_flush(vm: Host);

    /// Sets whether all output to `stream` is to be sent at once.
    safe fn lunatik_vm_set_immediate(vm: Host, stream: c_int, immediate: bool);

    /// Asks whether a VM may call into the file system now: 0, or a negative error if its code is
    /// being ended (`EINTR`) or must not sleep.
    safe fn lunatik_vm_may_use_files(vm: Host) -> c_int;
}

/// The paths that a thread of Lua may use.
///
/// # Safety
///
/// `state` must be alive and run now; the result must not be used after the return to C.
pub(super) unsafe fn access_of<'a>(state: *mut lua_State) -> Access<'a> {
    // SAFETY: Each thread of a VM has a reference to a set in its extra space, see
    // `runtime/permissions.rs`, and nobody else replaces the set while the thread runs this.
    Access(unsafe { &**lunatik_permissions(state).cast::<*const Set>() })
}

/// A VM, as C knows it.
///
/// # Invariants
///
/// The VM lives for as long as this or a copy of it is used, and the thread that uses it executes
/// the VM.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct Host(NonNull<lunatik_vm>);

impl Host {
    /// The VM that has `vm` as the user data of its allocator. `None` for null.
    ///
    /// # Safety
    ///
    /// `vm` must be null, or a VM that outlives the result and all copies of it. Only the thread
    /// that executes the VM may use those.
    pub(super) unsafe fn from_user_data(vm: *mut c_void) -> Option<Self> {
        // INVARIANT: By this function's contract; the head is the first field of a VM.
        NonNull::new(vm.cast()).map(Self)
    }

    /// The VM that `state` belongs to.
    ///
    /// # Safety
    ///
    /// `state` must be alive, and run now; the result must not be used after the return to C.
    pub(super) unsafe fn of(state: *mut lua_State) -> Self {
        let mut vm = core::ptr::null_mut();
        // SAFETY: The caller says that the state is alive. Each state of this module has its VM as
        // the user data of its allocator, so it is not null. INVARIANT: By this function's
        // contract; the head is the first field of a VM.
        unsafe {
            lua_getallocf(state, &mut vm);
            Self(NonNull::new_unchecked(vm.cast()))
        }
    }

    /// The pointer to the streams of the VM; null before they are made.
    pub(super) fn streams(self) -> *mut Streams {
        // SAFETY: By the type invariants the VM lives, and nobody else uses its head meanwhile.
        unsafe { (*self.0.as_ptr()).streams.cast() }
    }

    /// Runs `allocate`, whose allocations the owner of the VM pays for.
    pub(super) fn charge<T>(self, allocate: impl FnOnce() -> T) -> T {
        // SAFETY: By the type invariants the VM lives, and so do its streams, if there are any.
        match unsafe { self.streams().as_ref() } {
            Some(streams) => streams.charge(allocate),
            None => allocate(),
        }
    }

    /// Where the VM's `errno` is.
    pub(super) fn errno(self) -> *mut c_int {
        // SAFETY: By the type invariants the VM lives.
        unsafe { &raw mut (*self.0.as_ptr()).error_number }
    }

    /// Notes for C that a permission is missing, for the second path of two if `second`.
    pub(super) fn set_denied(self, permission: Permission, second: bool) {
        let denied = match permission {
            Permission::FsRead => LUNATIK_DENIED_READ,
            _ => LUNATIK_DENIED_WRITE,
        };
        // SAFETY: By the type invariants the VM lives, and nobody else uses its head meanwhile.
        unsafe {
            let head = self.0.as_ptr();
            // CAST: The numbers are small.
            (*head).denied = denied as c_int;
            (*head).denied_second = second.into();
        }
    }

    /// Takes all of `data` as output.
    pub(super) fn output(self, stream: c_int, data: &[u8]) -> Result<(), Errno> {
        // SAFETY: The slice is as long as it says.
        let status = unsafe { lunatik_vm_output(self, stream, data.as_ptr(), data.len()) };
        Errno::check(status as isize).map(|_| ())
    }

    /// Sends what was written as output.
    pub(super) fn flush(self) {
        lunatik_vm_flush(self);
    }

    /// Sets whether output to `stream` is to be sent at once.
    pub(super) fn set_immediate(self, stream: c_int, immediate: bool) {
        lunatik_vm_set_immediate(self, stream, immediate);
    }

    /// Asks whether the VM may call into the file system now. Frequent calls make a loop in Lua's C
    /// code end soon after the VM was interrupted.
    pub(super) fn may_use_files(self) -> Result<(), Errno> {
        Errno::check(lunatik_vm_may_use_files(self) as isize).map(|_| ())
    }
}
