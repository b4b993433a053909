// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the protocol of user-space actors promises: frames survive, values are flat, and anything else is refused with
//! a reason.

mod damaged;
mod flat;
mod frames;
mod generated;
mod start;
mod support;
