// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The protocol of `/dev/lunatik`.
//!
//! A client opens the device and has a session of its own: it writes request frames and reads reply
//! frames. A frame is a [`FrameHeader`] and a body. A body is one message in the [codec](crate::codec)
//! with one table in it, whose keys are the names of the fields. Fields that hold values of Lua (arguments,
//! results) are strings that hold a message themselves.
//!
//! The first request is [`Request::Hello`]. Every request is answered by any number of
//! [`Reply::Output`], [`Reply::Log`], [`Reply::Names`] and [`Reply::Status`], then by exactly one
//! [`Reply::Done`], all of them with the request's number; but [`Request::Cancel`] has no answer. Numbers
//! are chosen by the client; one that is still unanswered must not be used again.
//!
//! Results of scripts are nil, booleans, numbers and strings; anything else comes as the string that
//! `tostring` makes of it, since what is printed is its only use.
//!
//! `Documentation/abi.md` is the description for those who write a client of their own.
//!
//! The code is shared: the kernel module and the tool compile these same files. No allocation, no
//! recursion, nothing that can panic.

// Each of the two crates that compile this uses only a part, and for one of them it is the interface.
#![allow(dead_code, unreachable_pub, unused_imports)]

mod budget;
mod error;
mod fields;
mod found;
mod header;
mod name;
mod permissions;
mod reply;
mod request;
mod status;

pub use budget::Budget;
pub use error::{errno, AbiError};
pub use fields::FrameError;
pub use header::{split_frame, Frame, FrameHeader, HEADER_LENGTH};
pub use name::{script_name, NameError};
pub use permissions::Permissions;
pub use reply::{Failure, LogLine, Origin, Outcome, Reply, ReplyKind, Stream};
pub use request::{Request, RequestKind, Source, Start};
pub use status::{State, StatusRow};

/// Grows by one when a frame changes its meaning; new fields and kinds of frames do not count.
pub const VERSION: u32 = 1;

/// The device.
pub const DEVICE: &str = "/dev/lunatik";

/// The longest frame, header included.
pub const MAX_FRAME: usize = 4 << 20;

/// The longest name of a script, in bytes.
pub const MAX_NAME: usize = 255;

/// The longest chunk name (a path with its mark `@`), in bytes.
pub const MAX_CHUNK_NAME: usize = 4096;

/// The longest path of a folder, in bytes.
pub const MAX_DIRECTORY: usize = 4095;

/// The most arguments that a script is started with.
pub const MAX_ARGUMENTS: u32 = 4096;

/// The longest grace period of a stop, in milliseconds.
pub const MAX_GRACE_MS: u32 = 600_000;

/// The most permissions that a request names.
pub const MAX_PERMISSIONS: u32 = 256;

/// The most candidates that a completion answers with.
pub const MAX_COMPLETIONS: u32 = 256;
