// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Actors over a socket, at whose other end the test is the kernel.

mod cost;
mod desk;
mod ends;
mod fibers;
mod files;
mod flow;
mod kernel;
mod modules;
mod senders;
mod values;
