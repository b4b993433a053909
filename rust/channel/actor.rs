// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Actors: runtimes with a mailbox whose senders wait until their message is received.
//!
//! A message travels in a [`Letter`](letter::Letter), which comes back to its sender in any case: received
//! or not. Everything else about actors is Lua code, see `lua/lib/internal/actor/`.
//!
//! The actors that a script makes, and those that they make, are a [`Group`](group::Group).

pub(crate) mod address;
pub(crate) mod group;
pub(crate) mod letter;
