// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The kinds of attacks.

mod bytes;
mod early;
mod echo;
mod exit;
mod flood;
mod forge;
mod fork;
mod hold;
mod mix;
mod room;
mod split;
#[cfg(test)]
mod tests;
mod token;

use crate::attack::Attack;

pub use exit::{again, AGAIN};

/// A kind of attack.
pub struct Kind {
    /// Its name: that of the actor's module.
    pub name: &'static str,
    /// Whether the process says that it is set up before it begins.
    pub is_ready: bool,
    /// What it does until its time is over.
    pub run: fn(&mut Attack),
}

const fn kind(name: &'static str, run: fn(&mut Attack)) -> Kind {
    Kind {
        name,
        is_ready: true,
        run,
    }
}

const fn unready(name: &'static str, run: fn(&mut Attack)) -> Kind {
    Kind {
        name,
        is_ready: false,
        run,
    }
}

/// All kinds.
const KINDS: &[Kind] = &[
    // Sends back what it gets. It is the one that behaves.
    kind("echo", echo::run),
    // Random bytes as frames.
    kind("random", bytes::random),
    // Valid frames, changed.
    kind("mutate", bytes::mutate),
    // Grants, handles and descriptors that the process does not have or may not send.
    kind("forge", forge::run),
    // Messages as fast as possible, from several threads.
    kind("flood", flood::run),
    // Fills everything, and insists on being told about room.
    kind("room", room::run),
    // Never reads.
    kind("hold", hold::hold),
    // Reads, and gives nothing back.
    kind("hoard", hold::hoard),
    // Passes its link on to children and to the children of those.
    kind("fork", fork::run),
    // Attaches again and again.
    kind("token", token::run),
    // Never says that it is set up.
    unready("late", early::late),
    // Uses the link before it says so, and says so again.
    unready("early", early::run),
    // Calls with parts of frames, several frames, bad addresses, and calls that the file has not.
    kind("split", split::run),
    // Ends at a random moment, in a random way.
    kind("exit", exit::run),
    // Some of all these.
    kind("mix", mix::run),
];

/// The kind of this name.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}
