// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Processes of user space.
//!
//! C headers: [`include/linux/pid.h`](srctree/include/linux/pid.h),
//! [`include/linux/umh.h`](srctree/include/linux/umh.h)

use core::{ffi::c_void, pin::Pin, ptr::NonNull};

use kernel::{
    bindings,
    error::to_result,
    ffi::c_int,
    prelude::*,
    str::{CStr, CStrExt},
    types::Opaque, //
};

use crate::sys::kernel_helpers as sys;

/// A reference to a process, which may have ended.
///
/// # Invariants
///
/// We own a reference to the structure.
pub(crate) struct Process(NonNull<bindings::pid>);

// SAFETY: The structure is reference-counted and belongs to no thread.
unsafe impl Send for Process {}
// SAFETY: As above; what the functions below change has locks of its own.
unsafe impl Sync for Process {}

impl Process {
    /// # Safety
    ///
    /// The caller owns a reference, and gives it away; or the pointer is null.
    unsafe fn from_raw(process: *mut bindings::pid) -> Option<Self> {
        // INVARIANT: By this function's contract.
        NonNull::new(process).map(Self)
    }

    /// The process that runs this.
    pub(crate) fn current() -> Result<Self> {
        // SAFETY: The function takes a reference for us.
        unsafe { Self::from_raw(sys::lunatik_current_process()) }.ok_or(ESRCH)
    }

    /// The process that the calling process knows by this number.
    pub(crate) fn find(number: u32) -> Option<Self> {
        let number = c_int::try_from(number).ok()?;
        // SAFETY: As above.
        unsafe { Self::from_raw(sys::lunatik_find_process(number)) }
    }

    /// Whether the calling thread belongs to it.
    pub(crate) fn is_current(&self) -> bool {
        // SAFETY: By the type invariant. The function compares addresses.
        unsafe { sys::lunatik_is_current_process(self.0.as_ptr()) }
    }

    /// Whether the calling process has started it, and it has not ended.
    pub(crate) fn is_child_of_current(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { sys::lunatik_is_child_process(self.0.as_ptr()) }
    }

    /// Its number as the first process sees it; 0 after its end.
    pub(crate) fn number(&self) -> i32 {
        // SAFETY: By the type invariant.
        unsafe { sys::lunatik_process_number(self.0.as_ptr()) }
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { sys::lunatik_process_has_ended(self.0.as_ptr()) }
    }

    /// Sends it a signal with the rights of the kernel. Fails with `ESRCH` if it has ended, or with `EINVAL` if there
    /// is no such signal.
    pub(crate) fn signal(&self, number: i32) -> Result {
        // SAFETY: By the type invariant.
        to_result(unsafe { bindings::kill_pid(self.0.as_ptr(), number, 1) })
    }
}

impl Clone for Process {
    fn clone(&self) -> Self {
        // SAFETY: By the type invariant. `get_pid()` adds a reference.
        unsafe { sys::lunatik_get_process(self.0.as_ptr()) };
        // INVARIANT: It was just added.
        Self(self.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SAFETY: By the type invariant we own a reference, and it is not used again.
        unsafe { bindings::put_pid(self.0.as_ptr()) };
    }
}

/// Has a function called after each time that a watched process may have ended. Dropping it waits until the function
/// runs no more.
pub(crate) struct Exits(());

impl Exits {
    /// Calls `sweep` in a workqueue from now on.
    ///
    /// # Safety
    ///
    /// There is no other one, and it is dropped after the last [`ExitWatch`].
    pub(crate) unsafe fn new(sweep: unsafe extern "C" fn()) -> Self {
        // SAFETY: The function is part of the module, which drops this before it goes away. By this function's contract
        // no watch is active.
        unsafe { sys::lunatik_exits_begin(Some(sweep)) };
        Self(())
    }
}

impl Drop for Exits {
    fn drop(&mut self) {
        // SAFETY: By the contract of `new()` no watch is active, so nothing is queued any more.
        unsafe { sys::lunatik_exits_end() };
    }
}

/// Has the function of [`Exits`] called after each time that a process may have ended.
///
/// # Invariants
///
/// The watch is active on `process`.
pub(crate) struct ExitWatch {
    process: Process,
    watch: Pin<KBox<Opaque<sys::lunatik_exit_watch>>>,
}

// SAFETY: The queue that the watch is in has a lock.
unsafe impl Send for ExitWatch {}

impl ExitWatch {
    /// Watches `process` until this is dropped. The process may have ended before: check that afterwards.
    pub(crate) fn new(process: &Process) -> Result<Self> {
        let watch = KBox::pin_init(
            Opaque::ffi_init(|space: *mut sys::lunatik_exit_watch| {
                // SAFETY: There is room for it, it is pinned, and it is cancelled before it is freed: see `drop()`.
                // `process` keeps the structure.
                unsafe { sys::lunatik_exit_watch_start(space, process.0.as_ptr()) };
            }),
            GFP_KERNEL_ACCOUNT,
        )?;
        // INVARIANT: It was just started.
        Ok(Self {
            process: process.clone(),
            watch,
        })
    }
}

impl Drop for ExitWatch {
    fn drop(&mut self) {
        // SAFETY: By the type invariant it is active there.
        unsafe { sys::lunatik_exit_watch_cancel(self.watch.get(), self.process.0.as_ptr()) };
    }
}

/// # Safety
///
/// `started` is the `F` of a call of [`start_program`], which waits meanwhile.
unsafe extern "C" fn call_started<F: Fn() -> Result + Sync>(started: *mut c_void) -> c_int {
    // SAFETY: As the caller promises.
    let started = unsafe { &*started.cast::<F>() };
    started().map_or_else(|error| error.to_errno(), |()| 0)
}

/// Executes the program at `path` with the arguments `mode` and `token`, as root, with an empty environment and no
/// open file. Calls `started` in the new process before that; its error ends the process.
///
/// Sleeps until the program was executed. Fails with `EBUSY` if no program can be started now.
pub(crate) fn start_program<F: Fn() -> Result + Sync>(
    path: &CStr,
    mode: &CStr,
    token: &CStr,
    started: &F,
) -> Result {
    // SAFETY: The texts end with zeros. They and the closure outlive the call, after which nobody uses them.
    to_result(unsafe {
        sys::lunatik_start_program(
            path.as_char_ptr(),
            mode.as_char_ptr(),
            token.as_char_ptr(),
            Some(call_started::<F>),
            core::ptr::from_ref(started).cast_mut().cast(),
        )
    })
}

/// The path of the program that hosts user-space actors: the module's parameter `host`.
pub(crate) fn host_path() -> &'static CStr {
    // SAFETY: The text is part of the module, is not changed after the module was loaded, and ends with a zero.
    unsafe { CStr::from_char_ptr(sys::lunatik_host_path()) }
}
