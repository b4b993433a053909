// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! C's functions for streams and paths; their C side is `lua/port/include/stdio.h`.
//!
//! All of them share a contract, which Lua's C code keeps: a `lua_State` is alive, belongs to a VM
//! whose streams exist, and its VM is run by the calling thread; a `FILE` is one that
//! `lunatik_fopen` or one of its like returned for that VM and that was not closed; a path or mode
//! ends with a zero; a buffer is as long as said. None of them raises a Lua error.

use kernel::{
    ffi::{c_char, c_int, c_long, c_void},
    prelude::*,
    str::{CStr, CStrExt}, //
};

use super::{
    device::Target,
    errno::Errno,
    file::{File, Source},
    kernel_file::KernelFile,
    mode::Mode,
    path,
    stream::Buffering,
    streams::{Standard, Streams},
    temporary, //
};
use crate::sys::lua::{lua_State, lua_getallocf};

const EOF: c_int = -1;

/// Permissions of a new file, less init's mask.
const PERMISSIONS: u16 = 0o666;

/// The streams of the VM that `state` belongs to.
///
/// # Safety
///
/// As for all functions here; the result lives as long as the VM.
unsafe fn streams_of<'a>(state: *mut lua_State) -> &'a Streams {
    let mut vm: *mut c_void = core::ptr::null_mut();
    // SAFETY: By this function's contract.
    unsafe {
        lua_getallocf(state, &mut vm);
        &*super::hooks::Host(vm).streams()
    }
}

/// Returns to C: notes an error in `errno` and gives `failure` in its place.
fn settle<T>(streams: &Streams, result: Result<T, Errno>, failure: T) -> T {
    result.unwrap_or_else(|Errno(number)| {
        streams.errno().set(number);
        failure
    })
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

/// Where the VM's `errno` is.
#[no_mangle]
unsafe extern "C" fn lunatik_errno(state: *mut lua_State) -> *mut c_int {
    // SAFETY: By the contract of this file.
    unsafe { streams_of(state) }.errno().as_ptr()
}

/// C's `stdin`.
#[no_mangle]
unsafe extern "C" fn lunatik_stdin(state: *mut lua_State) -> *mut File {
    // SAFETY: By the contract of this file.
    unsafe { streams_of(state) }.standard(Standard::Input)
}

/// C's `stdout`.
#[no_mangle]
unsafe extern "C" fn lunatik_stdout(state: *mut lua_State) -> *mut File {
    // SAFETY: By the contract of this file.
    unsafe { streams_of(state) }.standard(Standard::Output)
}

/// C's `stderr`.
#[no_mangle]
unsafe extern "C" fn lunatik_stderr(state: *mut lua_State) -> *mut File {
    // SAFETY: By the contract of this file.
    unsafe { streams_of(state) }.standard(Standard::Error)
}

/// Opens a file for a VM.
///
/// # Safety
///
/// As for all functions here.
unsafe fn open(streams: &Streams, path: *const c_char, mode: *const c_char) -> Result<File, Errno> {
    // SAFETY: By the contract of this file.
    let (path, mode) = unsafe {
        streams.host().may_use_files()?;
        (CStr::from_char_ptr(path), CStr::from_char_ptr(mode))
    };
    let mode = Mode::parse(mode.to_bytes()).ok_or(Errno::EINVAL)?;
    let file = KernelFile::open(path, mode, PERMISSIONS)?;
    File::new(Source::file(streams.host(), file), mode)
}

/// C's `fopen`.
#[no_mangle]
unsafe extern "C" fn lunatik_fopen(
    state: *mut lua_State,
    path: *const c_char,
    mode: *const c_char,
) -> *mut File {
    // SAFETY: By the contract of this file.
    let streams = unsafe { streams_of(state) };
    let open = || {
        // SAFETY: As above.
        unsafe {
            streams.reserve()?;
            streams.keep(open(streams, path, mode)?)
        }
    };
    settle(streams, open(), core::ptr::null_mut())
}

/// C's `freopen`; on failure `file` is closed and gone.
#[no_mangle]
unsafe extern "C" fn lunatik_freopen(
    path: *const c_char,
    mode: *const c_char,
    file: *mut File,
) -> *mut File {
    // SAFETY: By the contract of this file.
    let streams = unsafe { &*(*file).owner };
    let reopen = || {
        // SAFETY: As above. Closing makes the room that `keep` needs.
        unsafe {
            let former = streams.take(file).ok_or(Errno::EBADF)?;
            // Errors of the former file are nobody's concern, in C as well.
            let _ = former.close();
            streams.keep(open(streams, path, mode)?)
        }
    };
    settle(streams, reopen(), core::ptr::null_mut())
}

/// C's `tmpfile`.
#[no_mangle]
unsafe extern "C" fn lunatik_tmpfile(state: *mut lua_State) -> *mut File {
    // SAFETY: By the contract of this file.
    let streams = unsafe { streams_of(state) };
    let open = || {
        // SAFETY: As above.
        unsafe {
            streams.host().may_use_files()?;
            streams.reserve()?;
        }
        let (file, path) = temporary::create()?;
        path::remove(temporary::c_str(&path))?;
        let file = File::new(Source::file(streams.host(), file), Mode::TEMPORARY)?;
        // SAFETY: As above.
        unsafe { streams.keep(file) }
    };
    settle(streams, open(), core::ptr::null_mut())
}

/// C's `fclose`.
#[no_mangle]
unsafe extern "C" fn lunatik_fclose(file: *mut File) -> c_int {
    // SAFETY: By the contract of this file.
    let streams = unsafe { &*(*file).owner };
    // SAFETY: As above.
    let file = unsafe { streams.take(file) };
    let result = file.ok_or(Errno::EBADF).and_then(File::close);
    settle(streams, result.map(|()| 0), EOF)
}

/// C's `fread`.
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
    // SAFETY: By the contract of this file.
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
    // SAFETY: By the contract of this file.
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
#[no_mangle]
unsafe extern "C" fn lunatik_getc(file: *mut File) -> c_int {
    // SAFETY: By the contract of this file.
    unsafe {
        on_file(file, EOF, |file| {
            Ok(file.stream.get()?.map_or(EOF, c_int::from))
        })
    }
}

/// C's `ungetc`.
#[no_mangle]
unsafe extern "C" fn lunatik_ungetc(c: c_int, file: *mut File) -> c_int {
    let Ok(byte) = u8::try_from(c) else {
        return EOF;
    };
    // SAFETY: By the contract of this file.
    let done = unsafe { (*file).stream.put_back(byte) };
    if done {
        c
    } else {
        EOF
    }
}

/// C's `fgets`.
#[no_mangle]
unsafe extern "C" fn lunatik_fgets(line: *mut c_char, size: c_int, file: *mut File) -> *mut c_char {
    let size = usize::try_from(size).unwrap_or(0);
    // SAFETY: By the contract of this file.
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

/// As much of C's `fprintf` as Lua uses: one `%s`.
#[no_mangle]
unsafe extern "C" fn lunatik_fprintf(
    file: *mut File,
    format: *const c_char,
    argument: *const c_char,
) -> c_int {
    // SAFETY: By the contract of this file.
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

/// C's `feof`.
#[no_mangle]
unsafe extern "C" fn lunatik_feof(file: *mut File) -> c_int {
    // SAFETY: By the contract of this file.
    c_int::from(unsafe { (*file).stream.at_end() })
}

/// C's `ferror`.
#[no_mangle]
unsafe extern "C" fn lunatik_ferror(file: *mut File) -> c_int {
    // SAFETY: By the contract of this file.
    c_int::from(unsafe { (*file).stream.failed() })
}

/// C's `clearerr`.
#[no_mangle]
unsafe extern "C" fn lunatik_clearerr(file: *mut File) {
    // SAFETY: By the contract of this file.
    unsafe { (*file).stream.clear() };
}

/// C's `fflush`, of one stream.
#[no_mangle]
unsafe extern "C" fn lunatik_fflush(file: *mut File) -> c_int {
    // SAFETY: By the contract of this file.
    unsafe { on_file(file, EOF, |file| file.stream.flush().map(|()| 0)) }
}

/// C's `fseek`.
#[no_mangle]
unsafe extern "C" fn lunatik_fseek(file: *mut File, offset: c_long, whence: c_int) -> c_int {
    // CAST: Both have 64 bits.
    let offset = offset as i64;
    // SAFETY: By the contract of this file.
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
#[no_mangle]
unsafe extern "C" fn lunatik_ftell(file: *mut File) -> c_long {
    // CAST: Both have 64 bits.
    // SAFETY: By the contract of this file.
    unsafe { on_file(file, -1, |file| file.stream.tell()) as c_long }
}

/// C's `setvbuf`, for a buffer of our own; its size is ours to choose.
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
    // SAFETY: By the contract of this file.
    unsafe {
        on_file(file, EOF, |file| {
            // What a standard stream gets goes to the other side at once, which collects it.
            if file.stream.device().is_file() {
                file.stream.set_buffering(buffering)?;
            }
            Ok(0)
        })
    }
}

/// C's `remove`.
#[no_mangle]
unsafe extern "C" fn lunatik_remove(state: *mut lua_State, path: *const c_char) -> c_int {
    // SAFETY: By the contract of this file.
    let (streams, path) = unsafe { (streams_of(state), CStr::from_char_ptr(path)) };
    // SAFETY: As above.
    let allowed = unsafe { streams.host().may_use_files() };
    let result = allowed.and_then(|()| path::remove(path));
    settle(streams, result.map(|()| 0), EOF)
}

/// C's `rename`.
#[no_mangle]
unsafe extern "C" fn lunatik_rename(
    state: *mut lua_State,
    from: *const c_char,
    to: *const c_char,
) -> c_int {
    // SAFETY: By the contract of this file.
    let (streams, from, to) = unsafe {
        (
            streams_of(state),
            CStr::from_char_ptr(from),
            CStr::from_char_ptr(to),
        )
    };
    // SAFETY: As above.
    let allowed = unsafe { streams.host().may_use_files() };
    let result = allowed.and_then(|()| path::rename(from, to));
    settle(streams, result.map(|()| 0), EOF)
}

/// Creates an empty file of a new name, as `mkstemp` does, and stores the name.
#[no_mangle]
unsafe extern "C" fn lunatik_tmpnam(state: *mut lua_State, name: *mut c_char) -> *mut c_char {
    // SAFETY: By the contract of this file.
    let streams = unsafe { streams_of(state) };
    let create = || {
        // SAFETY: As above.
        unsafe { streams.host().may_use_files() }?;
        let (file, path) = temporary::create()?;
        file.close()?;
        // SAFETY: As above; `L_tmpnam` is no less than this length.
        unsafe { name.cast::<temporary::TemporaryPath>().write(path) };
        Ok(name)
    };
    settle(streams, create(), core::ptr::null_mut())
}
