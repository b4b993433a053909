// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Reading and writing.

use kernel::{
    ffi::{c_char, c_int, c_void},
    str::{CStr, CStrExt}, //
};

use super::{super::file::File, on_file, EOF};

/// C's `fread`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_fread(
    data: *mut c_void,
    size: usize,
    count: usize,
    file: *mut File,
) -> usize {
    let length = size.saturating_mul(count).min(isize::MAX as usize);
    if length == 0 {
        return 0;
    }
    let mut done = 0;
    // SAFETY: By the contract of `abi.rs`.
    unsafe {
        let data = core::slice::from_raw_parts_mut(data.cast::<u8>(), length);
        on_file(file, (), |file| {
            let (length, result) = file.stream.read(data);
            done = length;
            result
        });
    }
    done.checked_div(size).unwrap_or(0)
}

/// C's `fwrite`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_fwrite(
    data: *const c_void,
    size: usize,
    count: usize,
    file: *mut File,
) -> usize {
    let length = size.saturating_mul(count).min(isize::MAX as usize);
    if length == 0 {
        return 0;
    }
    let mut done = 0;
    // SAFETY: By the contract of `abi.rs`.
    unsafe {
        let data = core::slice::from_raw_parts(data.cast::<u8>(), length);
        on_file(file, (), |file| {
            let (length, result) = file.stream.write(data);
            done = length;
            result
        });
    }
    done.checked_div(size).unwrap_or(0)
}

/// C's `getc`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_getc(file: *mut File) -> c_int {
    // SAFETY: By the contract of `abi.rs`.
    unsafe {
        on_file(file, EOF, |file| {
            Ok(file.stream.get()?.map_or(EOF, c_int::from))
        })
    }
}

/// C's `ungetc`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_ungetc(c: c_int, file: *mut File) -> c_int {
    let Ok(byte) = u8::try_from(c) else {
        return EOF;
    };
    // SAFETY: By the contract of `abi.rs`.
    let done = unsafe { (*file).stream.put_back(byte) };
    if done {
        c
    } else {
        EOF
    }
}

/// C's `fgets`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_fgets(line: *mut c_char, size: c_int, file: *mut File) -> *mut c_char {
    let size = usize::try_from(size).unwrap_or(0);
    // SAFETY: By the contract of `abi.rs`.
    let text = unsafe { core::slice::from_raw_parts_mut(line, size) };
    let Some((end, room)) = text.split_last_mut() else {
        return core::ptr::null_mut();
    };
    let mut length: usize = 0;
    for place in room.iter_mut() {
        // SAFETY: As above.
        let byte = unsafe { on_file(file, None, |file| file.stream.get()) };
        let Some(byte) = byte else {
            break;
        };
        *place = byte;
        length = length.saturating_add(1);
        if byte == b'\n' {
            break;
        }
    }
    if length == 0 {
        return core::ptr::null_mut();
    }
    *room.get_mut(length).unwrap_or(end) = 0;
    line
}

/// The part of C's `fprintf` that Lua uses: one `%s`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_fprintf(
    file: *mut File,
    format: *const c_char,
    argument: *const c_char,
) -> c_int {
    // SAFETY: By the contract of `abi.rs`.
    let (format, argument) =
        unsafe { (CStr::from_char_ptr(format), CStr::from_char_ptr(argument)) };
    let format = format.to_bytes();
    let split = format.windows(2).position(|pair| pair == b"%s");
    let (before, after) = match split.and_then(|split| format.split_at_checked(split)) {
        Some((before, rest)) => (before, rest.get(2..).unwrap_or(&[])),
        None => (format, &[][..]),
    };
    let argument = match split {
        Some(_) => argument.to_bytes(),
        None => &[],
    };
    // SAFETY: As above.
    unsafe {
        on_file(file, EOF, |file| {
            for part in [before, argument, after] {
                file.stream.write(part).1?;
            }
            Ok(0)
        })
    }
}
