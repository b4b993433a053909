// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The state of a stream: end, errors, buffer and position.

use kernel::ffi::{c_char, c_int, c_long};

use super::{
    super::{device::Target, errno::Errno, file::File, stream::Buffering},
    on_file,
    EOF, //
};

/// C's `feof`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_feof(file: *mut File) -> c_int {
    // SAFETY: By the contract of `abi.rs`.
    c_int::from(unsafe { (*file).stream.at_end() })
}

/// C's `ferror`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_ferror(file: *mut File) -> c_int {
    // SAFETY: By the contract of `abi.rs`.
    c_int::from(unsafe { (*file).stream.failed() })
}

/// C's `clearerr`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_clearerr(file: *mut File) {
    // SAFETY: By the contract of `abi.rs`.
    unsafe { (*file).stream.clear() };
}

/// C's `fflush`, of one stream.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_fflush(file: *mut File) -> c_int {
    // SAFETY: By the contract of `abi.rs`.
    unsafe {
        on_file(file, EOF, |file| {
            file.stream.flush()?;
            file.stream.device().flush();
            Ok(0)
        })
    }
}

/// C's `fseek`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_fseek(file: *mut File, offset: c_long, whence: c_int) -> c_int {
    // CAST: Both have 64 bits.
    let offset = offset as i64;
    // SAFETY: By the contract of `abi.rs`.
    unsafe {
        on_file(file, EOF, |file| {
            let target = match whence {
                0 => Target::Start(offset),
                1 => Target::Current(offset),
                2 => Target::End(offset),
                _ => return Err(Errno::EINVAL),
            };
            file.stream.seek(target).map(|()| 0)
        })
    }
}

/// C's `ftell`.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_ftell(file: *mut File) -> c_long {
    // CAST: Both have 64 bits.
    // SAFETY: By the contract of `abi.rs`.
    unsafe { on_file(file, -1, |file| file.stream.tell()) as c_long }
}

/// C's `setvbuf`, with a buffer that this module allocates and whose size it chooses.
///
/// # Safety
///
/// As for all functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_setvbuf(
    file: *mut File,
    _buffer: *mut c_char,
    mode: c_int,
    _size: usize,
) -> c_int {
    let buffering = match mode {
        0 => Buffering::Full,
        1 => Buffering::Line,
        _ => Buffering::None,
    };
    // SAFETY: By the contract of `abi.rs`.
    unsafe {
        on_file(file, EOF, |file| {
            let device = file.stream.device();
            if device.is_file() {
                file.stream.set_buffering(buffering)?;
            } else {
                // Lines are always sent whole, and the script cannot choose the size.
                device.set_immediate(buffering == Buffering::None);
            }
            Ok(0)
        })
    }
}
