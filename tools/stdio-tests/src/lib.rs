// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The pure parts of `rust/stdio`, compiled for the host; and the C library's
//! counterparts, to compare them with.

#[path = "../../../rust/stdio/buffer.rs"]
pub mod buffer;
#[path = "../../../rust/stdio/calendar.rs"]
pub mod calendar;
#[path = "../../../rust/stdio/device.rs"]
pub mod device;
#[path = "../../../rust/stdio/errno.rs"]
pub mod errno;
#[path = "../../../rust/stdio/mode.rs"]
pub mod mode;
#[path = "../../../rust/stdio/stream.rs"]
pub mod stream;
#[path = "../../../rust/stdio/strftime.rs"]
pub mod strftime;

pub mod clib;
pub mod random;
