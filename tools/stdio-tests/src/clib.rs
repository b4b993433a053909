// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The C library of the host, as glibc on 64-bit Linux declares it.

use std::ffi::{c_char, c_int, c_long, c_void};

/// `struct tm`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Tm {
    pub sec: c_int,
    pub min: c_int,
    pub hour: c_int,
    pub mday: c_int,
    pub mon: c_int,
    pub year: c_int,
    pub wday: c_int,
    pub yday: c_int,
    pub isdst: c_int,
    pub gmtoff: c_long,
    pub zone: *const c_char,
}

/// `FILE`.
#[repr(C)]
pub struct File {
    _opaque: [u8; 0],
}

#[allow(missing_docs)]
extern "C" {
    pub fn tzset();
    pub fn gmtime_r(time: *const c_long, tm: *mut Tm) -> *mut Tm;
    pub fn localtime_r(time: *const c_long, tm: *mut Tm) -> *mut Tm;
    pub fn mktime(tm: *mut Tm) -> c_long;
    pub fn strftime(text: *mut c_char, size: usize, format: *const c_char, tm: *const Tm) -> usize;

    pub fn __errno_location() -> *mut c_int;
    pub fn fdopen(descriptor: c_int, mode: *const c_char) -> *mut File;
    pub fn fopen(path: *const c_char, mode: *const c_char) -> *mut File;
    pub fn fclose(file: *mut File) -> c_int;
    pub fn fread(data: *mut c_void, size: usize, count: usize, file: *mut File) -> usize;
    pub fn fwrite(data: *const c_void, size: usize, count: usize, file: *mut File) -> usize;
    pub fn getc(file: *mut File) -> c_int;
    pub fn ungetc(c: c_int, file: *mut File) -> c_int;
    pub fn feof(file: *mut File) -> c_int;
    pub fn ferror(file: *mut File) -> c_int;
    pub fn clearerr(file: *mut File);
    pub fn fflush(file: *mut File) -> c_int;
    pub fn fseek(file: *mut File, offset: c_long, whence: c_int) -> c_int;
    pub fn ftell(file: *mut File) -> c_long;
    pub fn setvbuf(file: *mut File, buffer: *mut c_char, mode: c_int, size: usize) -> c_int;
}
