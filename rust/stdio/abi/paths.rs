// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Operations on paths.

use kernel::{
    ffi::{c_char, c_int},
    str::{CStr, CStrExt}, //
};

use super::{
    super::{access::AccessError, hooks::access_of, path, temporary},
    settle_access,
    streams_of,
    EOF, //
};
use crate::sys::lua::lua_State;

/// C's `remove`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_remove(state: *mut lua_State, path: *const c_char) -> c_int {
    // SAFETY: By the contract of `abi.rs`.
    let (streams, path) = unsafe { (streams_of(state), CStr::from_char_ptr(path)) };
    // SAFETY: As above.
    let access = unsafe { access_of(state) };
    let allowed = streams.host().may_use_files();
    let result = allowed
        .map_err(AccessError::from)
        .and_then(|()| path::remove(path, &access));
    settle_access(streams, result.map(|()| 0), EOF)
}

/// C's `rename`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_rename(
    state: *mut lua_State,
    from: *const c_char,
    to: *const c_char,
) -> c_int {
    // SAFETY: By the contract of `abi.rs`.
    let (streams, from, to) = unsafe {
        (
            streams_of(state),
            CStr::from_char_ptr(from),
            CStr::from_char_ptr(to),
        )
    };
    // SAFETY: As above.
    let access = unsafe { access_of(state) };
    let allowed = streams.host().may_use_files();
    let result = allowed
        .map_err(AccessError::from)
        .and_then(|()| path::rename(from, to, &access));
    settle_access(streams, result.map(|()| 0), EOF)
}

/// Creates an empty file of a new name, as `mkstemp` does, and stores the name.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_tmpnam(state: *mut lua_State, name: *mut c_char) -> *mut c_char {
    // SAFETY: By the contract of `abi.rs`.
    let streams = unsafe { streams_of(state) };
    let create = || {
        // SAFETY: As above.
        unsafe {
            streams.host().may_use_files()?;
            access_of(state).may_make_temporary()?;
        }
        let (file, path) = temporary::create()?;
        file.close()?;
        // SAFETY: As above; `L_tmpnam` is at least this length.
        unsafe { name.cast::<temporary::TemporaryPath>().write(path) };
        Ok(name)
    };
    settle_access(streams, create(), core::ptr::null_mut())
}
