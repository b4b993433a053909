// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The life of a profile: its beginning, the wait for its end, and what it has found.

use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc,
        CondVarTimeoutResult, //
    },
    time::{
        hrtimer::{ArcHrTimerHandle, HrTimerPointer},
        msecs_to_jiffies, //
    },
};

use super::{
    super::{instance::Runtime, live},
    stacks::Stacks,
    Figures,
    Profile,
    Refused,
    Table, //
};

/// The profiles whose timers run.
static RUNNING: Atomic<u64> = Atomic::new(0);

/// How many profiles run now.
pub(crate) fn running() -> u64 {
    RUNNING.load(Relaxed)
}

/// A profile that has begun. It ends when this is dropped.
pub(crate) struct Running {
    profile: Arc<Profile>,
    timer: Option<ArcHrTimerHandle<Profile>>,
}

impl Running {
    /// Begins a profile of the runtimes in `named`, `hz` times a second, with their parts if
    /// `with_parts`. Sleeps. Fails if one of them cannot be profiled.
    pub(crate) fn begin(
        named: &[Arc<Runtime>],
        hz: u32,
        with_parts: bool,
    ) -> Result<Self, Refused> {
        let profile = Profile::new(hz, with_parts).map_err(|_| Refused::NoMemory)?;
        let mut running = Self {
            profile: profile.clone(),
            timer: None,
        };
        for runtime in named {
            profile.add(runtime, true)?;
        }
        if with_parts {
            // Parts that begin meanwhile are added by those that make them.
            let mut id = 0;
            while let Some(runtime) = live::next(id) {
                id = runtime.id();
                if is_part_of(&runtime, named) {
                    profile.add_part(&runtime);
                }
            }
        }
        let period = profile.period;
        running.timer = Some(profile.start(period));
        RUNNING.fetch_add(1, Relaxed);
        Ok(running)
    }

    /// The profile, to be woken.
    pub(crate) fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// Waits until `ms` milliseconds have passed, all named runtimes have ended, or `is_over` is
    /// true after a [wake](Profile::wake).
    pub(crate) fn wait(&self, ms: u32, is_over: impl Fn() -> bool) {
        let mut left = msecs_to_jiffies(ms);
        let mut named = self.profile.named.lock();
        while *named > 0 && !is_over() {
            let waited = self
                .profile
                .changed
                .wait_interruptible_timeout(&mut named, left);
            match waited {
                CondVarTimeoutResult::Woken { jiffies } => left = jiffies,
                CondVarTimeoutResult::Timeout | CondVarTimeoutResult::Signal { .. } => return,
            }
        }
    }

    /// Ends the profile. Returns what it has found.
    pub(crate) fn end(self) -> Found {
        let profile = self.profile.clone();
        drop(self);
        let stacks = profile.stacks.lock().take();
        Found {
            stacks,
            figures: Figures {
                ticks: profile.ticks.load(Relaxed),
                runtimes: profile.runtimes.load(Relaxed),
                lost: profile.lost.load(Relaxed),
                cut: profile.cut.load(Relaxed),
                left_out: profile.left_out.load(Relaxed),
            },
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            // No tick runs after this.
            drop(timer);
            RUNNING.fetch_sub(1, Relaxed);
        }
        // Whoever lists a target now finds that there is no list.
        let targets = self.profile.targets.lock().take();
        for target in targets.iter().flatten() {
            target.runtime().detach(target);
            self.profile.lost.fetch_add(target.take_due(), Relaxed);
        }
    }
}

/// Whether one of `named` is above `runtime`.
fn is_part_of(runtime: &Arc<Runtime>, named: &[Arc<Runtime>]) -> bool {
    let mut above = runtime.parent();
    while let Some(parent) = above {
        if named.iter().any(|named| Arc::ptr_eq(named, &parent)) {
            return true;
        }
        above = parent.parent();
    }
    false
}

/// What a profile has found.
pub(crate) struct Found {
    stacks: Option<Table>,
    /// Numbers about it.
    pub(crate) figures: Figures,
}

impl Found {
    /// The stacks, each with the number of samples.
    pub(crate) fn stacks(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.stacks.iter().flat_map(Stacks::iter)
    }
}
