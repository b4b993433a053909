// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The protocol between the kernel and a process that hosts a user-space actor.
//!
//! The process opens `/dev/lunatik` and attaches with its token. From then on the file speaks this protocol alone.
//! Each read returns whole frames, as many as fit; each write is one frame. All numbers are little endian:
//!
//! | bytes | content                            |
//! |-------|------------------------------------|
//! | 4     | length of the frame, this included |
//! | 2     | kind                               |
//! | 2     | zero                               |
//! | 4     | number                             |
//! | rest  | body                               |
//!
//! The kinds are those of [`ToProcess`] and [`ToKernel`]. A body is a message in the [codec](crate::codec). What
//! travels beside its values is a handle in it: see [`handle`]. The values that actors send are [flat](Flat).
//!
//! The kernel module and the tool compile these same files. So this code does not allocate, does not recurse, and
//! cannot panic.

// Two crates compile this. Each uses only a part, and for one of them it is the public interface.
#![allow(dead_code, unreachable_pub, unused_imports)]

mod error;
mod flat;
mod frame;
mod start;
mod to_kernel;
mod to_process;

pub use error::WireError;
pub use flat::{Flat, MAX_MEMBERS, MAX_STRING};
pub use frame::{split, Frame, HEADER, MAX_FRAME, MAX_MESSAGE};
pub use start::{namespace, Start, Stream, MAX_SCRIPT, MAX_SETTINGS};
pub use to_kernel::ToKernel;
pub use to_process::{
    kind::{MESSAGE, START},
    ToProcess,
};

/// The kinds of handles in a body.
pub mod handle {
    /// An actor. The index is the number under which the process has it: its *grant*.
    pub const ACTOR: u8 = 0;
    /// An open file. The index is the number of its descriptor in the process that reads or writes the frame.
    pub const FILE: u8 = 1;
    /// The actor that the process hosts; the index is 0. Only the process sends it.
    pub const OWN: u8 = 2;
}
