// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The message codec: how Lua values travel between runtimes, and between the kernel and user
//! space.
//!
//! A message is a sequence of values. Each value is one tag byte and the bytes after it:
//!
//! | tag  | value             | followed by                                                        |
//! |------|-------------------|--------------------------------------------------------------------|
//! | 0x00 | nil               |                                                                    |
//! | 0x01 | false             |                                                                    |
//! | 0x02 | true              |                                                                    |
//! | 0x03 | integer           | zigzag varint of the 64-bit integer                                |
//! | 0x04 | float             | 8 bytes, IEEE 754 binary64, little endian, copied bit for bit      |
//! | 0x05 | string            | varint length, then as many bytes                                  |
//! | 0x06 | start of a table  | key, value, key, value, ... up to the matching end                 |
//! | 0x07 | end of a table    |                                                                    |
//! | 0x08 | same table again  | varint `n`: the n-th table begun in this message, counted from 0   |
//! | 0x09 | handle            | kind byte, varint index                                            |
//!
//! Varints are little endian base 128. They are as short as possible and have at most 10 bytes.
//! Tables nest at most [`MAX_DEPTH`] deep. A reference may name a table that is still open, so
//! cycles can travel.
//!
//! The kernel module and the tool compile these same files. So this code does not allocate, does
//! not recurse, cannot panic, and does no arithmetic on floats. A float is represented by its bits,
//! because kernel code has no floating point registers to hold it.

// Two crates compile this. Each uses only a part, and for one of them it is the public interface.
#![allow(dead_code, unreachable_pub, unused_imports)]

mod message;
mod reader;
mod shape;
mod sink;
mod token;
mod varint;
mod writer;

pub use message::Message;
pub use reader::{DecodeError, Reader};
pub use shape::{ShapeError, MAX_DEPTH};
pub use sink::{CountingSink, Sink, SliceFull, SliceSink, MAX_SHORT};
pub use token::Token;
pub use writer::{EncodeError, Writer};
