// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The part of C's library for files and time that Lua's own C code calls, over the kernel's files.
//!
//! The C side of it is `lua/port/include/{errno,stdio,time}.h`. What is pure ([`calendar`],
//! [`stream`], [`strftime`] and what they use) is compared with a C library by
//! `tools/stdio-tests`.
//!
//! Paths, relative ones too, start at the root directory of the init process: a script runs on
//! kernel threads, whose own root is an empty file system. Files are opened non-blocking, so that a
//! pipe or a terminal cannot hold a script that is to stop.

mod abi;
mod clock;
mod file;
mod hooks;
mod kernel_file;
mod path;
mod streams;
mod temporary;

/// What is also compiled for the host, where these are the public modules of a crate.
macro_rules! pure {
    ($($name:ident),*) => { $( #[allow(unreachable_pub, dead_code)] mod $name; )* };
}

pure!(calendar, device, errno, mode, storage, stream, strftime);

pub(crate) use self::streams::Streams;
