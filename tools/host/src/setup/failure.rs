// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Why a process could not be set up.

use std::{fmt, io};

use nix::errno::Errno;

/// What could not be done, and why.
#[derive(Debug)]
pub struct Failure {
    /// A sentence without its end: the reason follows.
    what: &'static str,
    /// The reason.
    pub errno: Errno,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, errno } = self;
        write!(f, "{what}: {} ({errno:?})", errno.desc())
    }
}

/// Says what could not be done.
pub trait OrFailure<T> {
    /// The value, or a failure with this beginning of its sentence.
    fn or_failure(self, what: &'static str) -> Result<T, Failure>;
}

impl<T> OrFailure<T> for Result<T, Errno> {
    fn or_failure(self, what: &'static str) -> Result<T, Failure> {
        self.map_err(|errno| Failure { what, errno })
    }
}

impl<T> OrFailure<T> for io::Result<T> {
    fn or_failure(self, what: &'static str) -> Result<T, Failure> {
        self.map_err(|error| Failure {
            what,
            errno: error.raw_os_error().map_or(Errno::EIO, Errno::from_raw),
        })
    }
}
