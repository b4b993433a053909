// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! C's functions for streams and paths; their C side is `lua/port/include/stdio.h`.
//!
//! All of them share a contract, which Lua's C code keeps: a `lua_State` is alive, belongs to a VM
//! whose streams exist, and its VM is run by the calling thread; a `FILE` is one that
//! `lunatik_fopen` or one of its like returned for that VM and that was not closed; a path or mode
//! ends with a zero; a buffer is as long as said. None of them raises a Lua error.

use kernel::ffi::c_int;

use super::{
    access::AccessError,
    errno::Errno,
    file::File,
    hooks::Host,
    streams::{Standard, Streams}, //
};
use crate::sys::lua::lua_State;

mod opening;
mod paths;
mod position;
mod transfer;

const EOF: c_int = -1;

/// The streams of the VM that `state` belongs to.
///
/// # Safety
///
/// As for all functions here; the result lives as long as the VM.
unsafe fn streams_of<'a>(state: *mut lua_State) -> &'a Streams {
    // SAFETY: By this function's contract.
    unsafe { &*Host::of(state).streams() }
}

/// Returns a result to C: notes an error in `errno` and returns `failure` in its place.
fn settle<T>(streams: &Streams, result: Result<T, Errno>, failure: T) -> T {
    result.unwrap_or_else(|Errno(number)| {
        // SAFETY: The place is in the VM, which lives as long as its streams.
        unsafe { *streams.host().errno() = number };
        failure
    })
}

/// As [`settle`]. It also notes a denied permission for C, which raises the error.
fn settle_access<T>(streams: &Streams, result: Result<T, AccessError>, failure: T) -> T {
    let denied = |permission, second| {
        streams.host().set_denied(permission, second);
        Errno::EACCES
    };
    let result = result.map_err(|error| match error {
        AccessError::Denied(permission) => denied(permission, false),
        AccessError::SecondDenied(permission) => denied(permission, true),
        AccessError::Errno(errno) => errno,
    });
    settle(streams, result, failure)
}

/// Runs `operate` on an open file and returns to C as [`settle`] does.
///
/// # Safety
///
/// As for all functions here.
unsafe fn on_file<T>(
    file: *mut File,
    failure: T,
    operate: impl FnOnce(&mut File) -> Result<T, Errno>,
) -> T {
    // SAFETY: By this function's contract the file is open and used by this thread alone; its
    // streams live longer.
    let (file, streams) = unsafe { (&mut *file, &*(*file).owner) };
    settle(streams, operate(file), failure)
}

/// The place of the VM's `errno`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_errno(state: *mut lua_State) -> *mut c_int {
    // SAFETY: By the contract of `abi.rs`.
    unsafe { Host::of(state).errno() }
}

/// C's `stdin`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_stdin(state: *mut lua_State) -> *mut File {
    // SAFETY: By the contract of `abi.rs`.
    unsafe { streams_of(state).standard(Standard::Input) }
}

/// C's `stdout`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_stdout(state: *mut lua_State) -> *mut File {
    // SAFETY: By the contract of `abi.rs`.
    unsafe { streams_of(state).standard(Standard::Output) }
}

/// C's `stderr`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_stderr(state: *mut lua_State) -> *mut File {
    // SAFETY: By the contract of `abi.rs`.
    unsafe { streams_of(state).standard(Standard::Error) }
}
