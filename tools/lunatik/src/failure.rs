// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Failures: the message for the user and the exit status.

use std::io::{self, Write};

use lunatik_abi::abi::{self, errno, Origin};

/// The exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Success.
    Success = 0,
    /// The script failed, or the request failed for a reason that is not listed below.
    Script = 1,
    /// The command line is wrong.
    Usage = 2,
    /// No such script, or it is not running.
    NoSuchScript = 3,
    /// No device, no permission, or another version of the protocol.
    NoDevice = 4,
    /// The user interrupted it.
    Interrupted = 130,
}

/// Something went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit status.
    pub exit: Exit,
    /// What happened, in bytes because a script may raise any text.
    pub message: Vec<u8>,
    /// The line of the script at which the error is; may be empty.
    pub excerpt: String,
    /// The place in the script; may be empty.
    pub traceback: Vec<u8>,
    /// Whether somebody stopped the script during its start.
    pub stopped: bool,
}

impl Failure {
    /// A failure without a place in a script.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into().into_bytes(),
            excerpt: String::new(),
            traceback: Vec::new(),
            stopped: false,
        }
    }

    /// Writes the failure to standard error. If that does not accept it, there is nobody to tell.
    pub fn tell(&self) {
        let _ = self.write(&mut io::stderr().lock());
    }

    /// Writes the failure in the form for standard error.
    pub fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        to.write_all(b"lunatik: ")?;
        to.write_all(self.message.trim_ascii_end())?;
        to.write_all(b"\n")?;
        to.write_all(self.excerpt.as_bytes())?;
        if !self.traceback.is_empty() {
            to.write_all(self.traceback.trim_ascii_end())?;
            to.write_all(b"\n")?;
        }
        to.flush()
    }
}

impl From<abi::Failure<'_>> for Failure {
    fn from(failure: abi::Failure<'_>) -> Self {
        let exit = match (failure.origin, failure.errno) {
            (Origin::Script, _) => Exit::Script,
            (Origin::Cancelled, _) => Exit::Interrupted,
            (Origin::Request, errno::ENOENT | errno::ESRCH) => Exit::NoSuchScript,
            (Origin::Request, errno::EACCES | EPERM) => Exit::NoDevice,
            (Origin::Request, errno::EINVAL) => Exit::Usage,
            (Origin::Request, _) => Exit::Script,
        };
        let mut message = failure.message.trim_ascii_end().to_vec();
        if failure.origin == Origin::Request {
            let advice = match failure.errno {
                errno::ENOENT => " (a local file needs ./ in front or .lua at its end)",
                errno::ESRCH => " ('lunatik list' shows what is)",
                errno::EEXIST => " (--replace stops it first; --name gives another name)",
                errno::EPROTO | errno::ENOSYS | errno::EPROTONOSUPPORT => {
                    " (are the module and this command of the same version? see 'lunatik version')"
                }
                _ => "",
            };
            message.extend_from_slice(advice.as_bytes());
        }
        Self {
            exit,
            message,
            excerpt: String::new(),
            traceback: failure.traceback.to_vec(),
            stopped: (failure.origin, failure.errno) == (Origin::Request, errno::EINTR),
        }
    }
}

/// An error in the communication with the device.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(Exit::NoDevice, format!("the device fails: {error}"))
    }
}

const EPERM: i32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(origin: Origin, errno: i32) -> Exit {
        Failure::from(abi::Failure {
            origin,
            errno,
            message: b"m",
            traceback: b"",
        })
        .exit
    }

    #[test]
    fn the_exit_status_follows_the_error() {
        assert_eq!(exit(Origin::Script, 0), Exit::Script);
        assert_eq!(exit(Origin::Script, errno::ENOENT), Exit::Script);
        assert_eq!(exit(Origin::Request, errno::ENOENT), Exit::NoSuchScript);
        assert_eq!(exit(Origin::Request, errno::ESRCH), Exit::NoSuchScript);
        assert_eq!(exit(Origin::Request, errno::EEXIST), Exit::Script);
        assert_eq!(exit(Origin::Request, errno::EACCES), Exit::NoDevice);
        assert_eq!(exit(Origin::Request, EPERM), Exit::NoDevice);
        assert_eq!(exit(Origin::Request, errno::EINVAL), Exit::Usage);
        assert_eq!(exit(Origin::Cancelled, errno::EINTR), Exit::Interrupted);
        assert_eq!(Exit::Interrupted as u8, 130);
    }

    #[test]
    fn message_and_traceback_are_lines_of_their_own() {
        let failure = Failure {
            exit: Exit::Script,
            message: b"x.lua:1: no".to_vec(),
            excerpt: "    1 | x\n".to_owned(),
            traceback: b"stack traceback:\n\t[C]: in ?\n".to_vec(),
            stopped: false,
        };
        let mut text = Vec::new();
        failure.write(&mut text).unwrap();
        assert_eq!(
            text,
            b"lunatik: x.lua:1: no\n    1 | x\nstack traceback:\n\t[C]: in ?\n"
        );
    }
}
