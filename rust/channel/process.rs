// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Actors that live in processes of user space.
//!
//! A [`Link`](link::Link) is the kernel's end of the connection to such a process: the messages that wait for it, and
//! the actors that it may send to, its [grants](grants). The process reads and writes the file of the device, in the
//! protocol of [`wire`](crate::wire). Nothing that it writes is trusted: what is wrong costs the process the grant that
//! it names.
//!
//! A link is closed when its process ends, even if another process has the file, too. So whatever lies in a link, files
//! that lead to it included, is gone with its process.
//!
//! Lock order: all locks here are leaves.

pub(crate) mod address;
pub(crate) mod file;
mod frames;
pub(crate) mod grants;
pub(crate) mod link;
pub(crate) mod links;
pub(crate) mod outbox;
