// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How a command ends: a line on standard output, or an error, and an exit status.

use std::{fmt, io, process::ExitCode};

/// The exit status of a command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Status {
    /// All of it came back, or was sent.
    Good = 0,
    /// Something was lost, altered or not answered.
    Lost = 1,
    /// A connection was not established in time: nobody answered.
    TimedOut = 2,
    /// The system refused something.
    Failed = 3,
    /// The arguments are wrong.
    Usage = 64,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// What a command has found out.
#[derive(Debug)]
pub struct Report {
    /// The line to print.
    pub line: String,
    /// The exit status.
    pub status: Status,
}

impl Report {
    /// A line, with the status `Good` or `Lost`.
    pub fn new(good: bool, line: String) -> Self {
        let status = if good { Status::Good } else { Status::Lost };
        Self { line, status }
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub struct Failure {
    what: String,
    /// The exit status.
    pub status: Status,
}

impl Failure {
    /// The system refused to do something.
    pub fn new(what: impl fmt::Display, error: impl Into<io::Error>) -> Self {
        Self {
            what: format!("{what}: {}", error.into()),
            status: Status::Failed,
        }
    }

    /// A connection was not established in time.
    pub fn timed_out(what: String) -> Self {
        Self {
            what,
            status: Status::TimedOut,
        }
    }

    /// An argument is wrong.
    pub fn usage(what: String) -> Self {
        Self {
            what,
            status: Status::Usage,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)
    }
}
