// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Opening and closing streams.

use kernel::{
    ffi::{c_char, c_int},
    str::{CStr, CStrExt}, //
};

use super::{
    super::{
        access::AccessError,
        errno::Errno,
        file::{File, Source},
        hooks::access_of,
        mode::Mode,
        path,
        temporary, //
    },
    settle,
    settle_access,
    streams_of,
    EOF, //
};
use crate::sys::lua::lua_State;

/// Permissions of a new file, less init's mask.
const PERMISSIONS: u16 = 0o666;

/// Opens a file for a thread of Lua.
///
/// # Safety
///
/// As for all functions here.
unsafe fn open(
    state: *mut lua_State,
    path: *const c_char,
    mode: *const c_char,
) -> Result<File, AccessError> {
    // SAFETY: By the contract of `abi.rs`.
    let (streams, access, path, mode) = unsafe {
        let streams = streams_of(state);
        streams.host().may_use_files()?;
        (
            streams,
            access_of(state),
            CStr::from_char_ptr(path),
            CStr::from_char_ptr(mode),
        )
    };
    let mode = Mode::parse(mode.to_bytes()).ok_or(Errno::EINVAL)?;
    let file = access.open(path, mode, PERMISSIONS)?;
    Ok(File::new(Source::file(streams.host(), file), mode)?)
}

/// C's `fopen`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_fopen(
    state: *mut lua_State,
    path: *const c_char,
    mode: *const c_char,
) -> *mut File {
    // SAFETY: By the contract of `abi.rs`.
    let streams = unsafe { streams_of(state) };
    let open = || {
        // SAFETY: As above.
        unsafe {
            streams.reserve()?;
            Ok(streams.keep(open(state, path, mode)?)?)
        }
    };
    settle_access(streams, open(), core::ptr::null_mut())
}

/// C's `freopen`; on failure `file` is closed and gone.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_freopen(
    state: *mut lua_State,
    path: *const c_char,
    mode: *const c_char,
    file: *mut File,
) -> *mut File {
    // SAFETY: By the contract of `abi.rs`.
    let streams = unsafe { &*(*file).owner };
    let reopen = || {
        // SAFETY: As above. Closing makes the room that `keep` needs.
        unsafe {
            let former = streams.take(file).ok_or(Errno::EBADF)?;
            // Errors of the former file are ignored, as in C.
            let _ = former.close();
            Ok(streams.keep(open(state, path, mode)?)?)
        }
    };
    settle_access(streams, reopen(), core::ptr::null_mut())
}

/// C's `tmpfile`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_tmpfile(state: *mut lua_State) -> *mut File {
    // SAFETY: By the contract of `abi.rs`.
    let streams = unsafe { streams_of(state) };
    let open = || {
        // SAFETY: As above.
        unsafe {
            streams.host().may_use_files()?;
            access_of(state).may_make_temporary()?;
            streams.reserve()?;
        }
        let (file, path) = temporary::create()?;
        // SAFETY: As above.
        path::remove(temporary::c_str(&path), &unsafe { access_of(state) })?;
        let file = File::new(Source::file(streams.host(), file), Mode::TEMPORARY)?;
        Ok(streams.keep(file)?)
    };
    settle_access(streams, open(), core::ptr::null_mut())
}

/// C's `fclose`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_fclose(file: *mut File) -> c_int {
    // SAFETY: By the contract of `abi.rs`.
    let streams = unsafe { &*(*file).owner };
    let result = streams.take(file).ok_or(Errno::EBADF).and_then(File::close);
    settle(streams, result.map(|()| 0), EOF)
}
