// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The part of C's library for files and time that Lua's own C code calls, over the kernel's files.
//!
//! The C side of it is `lua/port/include/{errno,stdio,time}.h`. What is pure ([`calendar`],
//! [`stream`], [`strftime`] and what they use) is compared with a C library by
//! `tools/stdio-tests`.
//!
//! What a script may notice:
//!
//! - Paths, relative ones too, start at the root directory of the init process: a script runs on
//!   kernel threads, whose own root is an empty file system.
//! - Files are opened non-blocking, so that a pipe or a terminal cannot hold a script that is to
//!   stop: reading one that has nothing yet fails with "Resource temporarily unavailable".
//! - A file whose driver reads or writes user memory only, such as `/proc/self/status`, gives
//!   "Invalid argument".
//! - A VM may have 64 files open; one more gives "Too many open files".
//! - When a VM is ended, reads and writes fail with "Interrupted system call", so that the C code
//!   that called them returns to where Lua ends.
//! - Standard input is at its end; standard output and error go to the VM's log or client at once.
//! - There are no time zones: local time is UTC.

mod abi;
mod access;
mod clock;
mod file;
mod hooks;
mod kernel_file;
mod path;
mod streams;
mod temporary;

// Pure code: in the host tests these are the public modules of a crate.
#[allow(unreachable_pub)]
mod buffer;
#[allow(unreachable_pub)]
mod calendar;
#[allow(unreachable_pub)]
mod device;
#[allow(unreachable_pub)]
mod errno;
#[allow(unreachable_pub)]
mod mode;
#[allow(unreachable_pub)]
mod stream;
#[allow(unreachable_pub)]
mod strftime;

pub(crate) use self::{
    access::{open_shared, read_file, ReadError},
    streams::Streams, //
};
