// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The contexts in which the code of a script can run, as frames carry them.

use super::{error::AbiError, fields::Value};

/// The context in which the code of a script runs once it is loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Context {
    /// A thread, which may sleep.
    #[default]
    Process = 0,
    /// Hooks that are called with bottom halves off.
    Softirq = 1,
    /// Hooks that are called with interrupts off, or may be.
    Hardirq = 2,
}

impl Context {
    const ALL: [Self; 3] = [Self::Process, Self::Softirq, Self::Hardirq];

    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Softirq => "softirq",
            Self::Hardirq => "hardirq",
        }
    }

    /// The number in frames.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The context in the value of the field `name`.
    pub(super) fn of_field(value: Value<'_>, name: &'static str) -> Result<Self, AbiError> {
        let number = value.number(name, u64::MAX)?;
        Self::ALL
            .into_iter()
            .find(|context| u64::from(context.number()) == number)
            .ok_or(AbiError::FieldRange(name))
    }
}
