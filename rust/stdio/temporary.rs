// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Temporary files.

use kernel::str::CStr;

use super::{
    errno::Errno,
    kernel_file::KernelFile,
    mode::Mode, //
};
use crate::linux::random;

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// How many names are tried.
const ATTEMPTS: usize = 100;

/// The path of a temporary file, with its final zero.
pub(super) type TemporaryPath = [u8; 16];

/// Creates a file with a unique name, accessible to its owner only.
pub(super) fn create() -> Result<(KernelFile, TemporaryPath), Errno> {
    for _ in 0..ATTEMPTS {
        let path = random_path();
        match KernelFile::open(c_str(&path), Mode::TEMPORARY, 0o600) {
            Err(Errno::EEXIST) => (),
            Ok(file) => return Ok((file, path)),
            Err(error) => return Err(error),
        }
    }
    Err(Errno::EEXIST)
}

/// The path as a C string.
pub(super) fn c_str(path: &TemporaryPath) -> &CStr {
    CStr::from_bytes_until_nul(path).unwrap_or(c"")
}

fn random_path() -> TemporaryPath {
    let mut random = [0u8; 6];
    random::fill(&mut random);
    let mut path = *b"/tmp/lua_XXXXXX\0";
    let letters = path.iter_mut().filter(|byte| **byte == b'X');
    for (letter, number) in letters.zip(random) {
        let index = usize::from(number) % LETTERS.len();
        *letter = LETTERS.get(index).copied().unwrap_or(b'X');
    }
    path
}
