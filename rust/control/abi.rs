// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The protocol of `/dev/lunatik`.
//!
//! Each client that opens the device has its own session, in which it writes request frames and
//! reads reply frames. A frame is a [`FrameHeader`] and a body. A body is one message in the
//! [codec](crate::codec) that contains one table, whose keys are the names of the fields. A field
//! for Lua values (arguments, results) is a string that contains a message itself.
//!
//! The first request is [`Request::Hello`]. The kernel answers every request by any number of
//! [`Reply::Output`], [`Reply::Log`], [`Reply::Names`], [`Reply::Status`] and [`Reply::Stack`], then by exactly one
//! [`Reply::Done`], all of them with the request's number. Only [`Request::Cancel`] has no answer.
//! The client chooses the numbers. It must not use a number again while that request is unanswered.
//!
//! Results of scripts are nil, booleans, numbers and strings. Any other value is sent as the string
//! that `tostring` makes of it, because clients only print results.
//!
//! `Documentation/abi.md` is the description for authors of other clients.
//!
//! The kernel module and the tool compile these same files. So this code does not allocate, does
//! not recurse, and cannot panic.

// Two crates compile this. Each uses only a part, and for one of them it is the public interface.
#![allow(dead_code, unreachable_pub, unused_imports)]

mod budget;
mod context;
mod error;
mod fields;
mod found;
mod header;
mod hooks;
mod name;
mod permissions;
mod profile;
mod reply;
mod request;
mod status;

pub use budget::Budget;
pub use context::Context;
pub use error::{errno, AbiError};
pub use fields::FrameError;
pub use header::{split_frame, Frame, FrameHeader, HEADER_LENGTH};
pub use hooks::{HookIter, HookRow, HookState, Hooks, HooksWriter, MissedCalls};
pub use name::{runtime_name, script_name, NameError};
pub use permissions::Permissions;
pub use profile::{Profile, MAX_PROFILE_HZ, MAX_PROFILE_MS};
pub use reply::{Failure, LogLine, Origin, Outcome, Reply, ReplyKind, Stream, TEXT};
pub use request::{Request, RequestKind, Source, Start};
pub use status::{Messages, State, StatusRow};

/// Grows by one when the meaning of a frame changes. New fields and new kinds of frames do not
/// change it.
pub const VERSION: u32 = 2;

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

/// The most arguments of a script.
pub const MAX_ARGUMENTS: u32 = 4096;

/// The longest grace period of a stop, in milliseconds.
pub const MAX_GRACE_MS: u32 = 600_000;

/// The milliseconds that a script may take to end by itself, unless a request says otherwise.
pub const DEFAULT_GRACE_MS: u32 = 100;

/// The most permissions in a request.
pub const MAX_PERMISSIONS: u32 = 256;

/// The most hooks of one runtime.
pub const MAX_HOOKS: u32 = 64;

/// The most candidates in the answer to a completion.
pub const MAX_COMPLETIONS: u32 = 256;
