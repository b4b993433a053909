// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The life of a runtime: its phase, which several threads change.
//!
//! The owner of the runtime carries the phases out; any thread may tell the runtime to stop
//! meanwhile. A runtime that has ended stays ended, because others wait for the end.
//!
//! The host tests in `tools/runtime-tests` compile this same file.

use kernel::sync::atomic::{Atomic, Relaxed};

use super::phase::Phase;

/// The phase of a runtime.
///
/// A change of phase orders no other memory access. A thread that waits for a change is woken after
/// it, and the token of the wake-up orders the two; see `parking.rs`.
///
/// # Invariants
///
/// - The value is that of a phase.
/// - Once a phase is over (see [`Phase::is_over`]), it stays.
pub(crate) struct Life(Atomic<u32>);

impl Life {
    /// Of a runtime in which nothing has run.
    pub(crate) fn new() -> Self {
        // INVARIANT: A phase that is not over.
        Self(Atomic::new(Phase::Loading as u32))
    }

    /// The phase. In any context.
    pub(crate) fn phase(&self) -> Phase {
        Phase::from_raw(self.0.load(Relaxed))
    }

    /// Changes the phase to the result of `next`, unless that is `None` or the runtime is over.
    /// Returns the former phase.
    fn change(&self, next: impl Fn(Phase) -> Option<Phase>) -> Phase {
        let mut phase = self.phase();
        while !phase.is_over() {
            let Some(next) = next(phase) else {
                break;
            };
            // INVARIANT: A phase that is over is not changed.
            match self.0.cmpxchg(phase as u32, next as u32, Relaxed) {
                Ok(_) => break,
                Err(other) => phase = Phase::from_raw(other),
            }
        }
        phase
    }

    /// Changes `from` to `to`; any other phase stays.
    fn replace(&self, from: Phase, to: Phase) {
        self.change(|phase| (phase == from).then_some(to));
    }

    /// It is entered. For its owner.
    pub(crate) fn enter(&self) {
        self.replace(Phase::Ready, Phase::Running);
    }

    /// Its script has been compiled, and runs from now on. For its owner.
    pub(crate) fn run(&self) {
        self.replace(Phase::Loading, Phase::Running);
    }

    /// It is left. For its owner.
    pub(crate) fn leave(&self) {
        self.change(|phase| (phase != Phase::Stopping).then_some(Phase::Ready));
    }

    /// Its code begins to wait. Returns the former phase. For its owner.
    pub(crate) fn block(&self) -> Phase {
        self.change(|_| Some(Phase::Blocked))
    }

    /// Its code has waited, and the runtime returns to its former phase, unless it was told to stop
    /// meanwhile. For its owner.
    pub(crate) fn unblock(&self, former: Phase) {
        self.replace(Phase::Blocked, former);
    }

    /// It is told to stop. In any context.
    pub(crate) fn stop(&self) {
        self.change(|_| Some(Phase::Stopping));
    }

    /// The runtime has ended, with an error or without. For its owner.
    pub(crate) fn end(&self, failed: bool) {
        self.change(|_| {
            Some(if failed {
                Phase::Failed
            } else {
                Phase::Finished
            })
        });
    }
}
