// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The environment of the process.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

use nix::errno::Errno;

use super::failure::{Failure, OrFailure};

/// Makes these names and values the whole environment.
///
/// # Errors
///
/// Fails with `EINVAL` if a name is empty or has an equals sign, or if there is a zero byte.
pub fn replace(variables: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Failure> {
    const WRONG: &str = "the environment has a variable that cannot be set";
    for (name, value) in variables {
        if name.is_empty() || name.contains(&b'=') || name.contains(&0) || value.contains(&0) {
            return Err(Errno::EINVAL).or_failure(WRONG);
        }
    }
    // SAFETY: The process has one thread, so nobody reads the environment meanwhile.
    unsafe { nix::env::clearenv() }
        .map_err(|_| Errno::ENOMEM)
        .or_failure("the environment cannot be cleared")?;
    for (name, value) in variables {
        std::env::set_var(OsStr::from_bytes(name), OsStr::from_bytes(value));
    }
    Ok(())
}
