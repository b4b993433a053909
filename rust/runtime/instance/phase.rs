// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What kinds of runtimes there are, and where one may be in its life.

/// How a runtime was started. This also decides which thread executes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// `run`: each thread that calls into it executes it.
    Run,
    /// `spawn`: has a kernel thread.
    Spawn,
    /// `lunatik.runtime`: belongs to another runtime.
    Child,
    /// `worker.create`: runs one script for another runtime.
    Worker,
    /// `ltask.spawn`: a service, which belongs to its root, or the root of a system.
    Service,
    /// `actor.spawn_vm`: an actor, which belongs to the script.
    Actor,
    /// A member of a crew, which belongs to the first one.
    Member,
    /// `eval` and `repl`: belongs to a session of the device.
    Eval,
}

impl Kind {
    /// All kinds.
    pub(crate) const ALL: [Self; 8] = [
        Self::Run,
        Self::Spawn,
        Self::Child,
        Self::Worker,
        Self::Service,
        Self::Actor,
        Self::Member,
        Self::Eval,
    ];

    /// Whether it is a part of a script. Many parts may have the same name, and only those that have failed
    /// are remembered.
    pub(crate) fn is_part(self) -> bool {
        matches!(self, Self::Service | Self::Actor | Self::Member)
    }

    /// The word that users see.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Spawn => "spawn",
            Self::Child => "child",
            Self::Worker => "worker",
            Self::Service => "service",
            Self::Actor => "actor",
            Self::Member => "member",
            Self::Eval => "eval",
        }
    }
}

/// Where a runtime is in its life.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u32)]
pub(crate) enum Phase {
    /// Its script is being loaded and run for the first time.
    Loading,
    /// It waits to be called.
    Ready,
    /// It executes.
    Running,
    /// It executes, and waits for something.
    Blocked,
    /// It was told to stop.
    Stopping,
    /// It has ended well.
    Finished,
    /// It has ended with an error.
    Failed,
}

impl Phase {
    /// The word that users see.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Blocked => "blocked",
            Self::Stopping => "stopping",
            Self::Finished => "finished",
            Self::Failed => "failed",
        }
    }

    /// Whether the runtime has no VM any more.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Failed)
    }

    pub(super) fn from_raw(raw: u32) -> Self {
        match raw {
            0 => Self::Loading,
            1 => Self::Ready,
            2 => Self::Running,
            3 => Self::Blocked,
            4 => Self::Stopping,
            5 => Self::Finished,
            _ => Self::Failed,
        }
    }
}
