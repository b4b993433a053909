// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Error numbers as C sees them: positive, the kernel's own values.

/// A C error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    /// No such file or directory.
    pub const ENOENT: Self = Self(2);
    /// Interrupted system call.
    pub const EINTR: Self = Self(4);
    /// Input/output error.
    pub const EIO: Self = Self(5);
    /// Bad file descriptor.
    pub const EBADF: Self = Self(9);
    /// Cannot allocate memory.
    pub const ENOMEM: Self = Self(12);
    /// Permission denied.
    pub const EACCES: Self = Self(13);
    /// Device or resource busy.
    pub const EBUSY: Self = Self(16);
    /// File exists.
    pub const EEXIST: Self = Self(17);
    /// Not a directory.
    pub const ENOTDIR: Self = Self(20);
    /// Is a directory.
    pub const EISDIR: Self = Self(21);
    /// Invalid argument.
    pub const EINVAL: Self = Self(22);
    /// Too many open files.
    pub const EMFILE: Self = Self(24);
    /// Illegal seek.
    pub const ESPIPE: Self = Self(29);
    /// Directory not empty.
    pub const ENOTEMPTY: Self = Self(39);

    /// The largest number that the kernel returns as an error.
    const MAX: isize = 4095;
    /// The kernel's private numbers that make a system call restart: the first and the last.
    const RESTART: core::ops::RangeInclusive<i32> = 512..=516;

    /// Splits the return value of a kernel function: a negative number is an error.
    pub fn check(value: isize) -> Result<usize, Self> {
        match usize::try_from(value) {
            Ok(value) => Ok(value),
            Err(_) => Err(Self::from_kernel(value)),
        }
    }

    /// Turns a negative number from the kernel into the error that a program would see.
    pub fn from_kernel(value: isize) -> Self {
        let number = match value.checked_neg() {
            Some(number) if number <= Self::MAX => number as i32,
            _ => return Self::EIO,
        };
        if Self::RESTART.contains(&number) {
            return Self::EINTR;
        }
        Self(number)
    }
}
