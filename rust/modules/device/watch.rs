// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Ends callbacks whose caller is killed.
//!
//! Lua code polls a flag, which costs nothing; it does not check for signals. So one kernel thread
//! checks the callers of all running callbacks, and raises the flag for them. The thread sleeps
//! when there has been no callback for a while.
//!
//! Lock order: `Watch::calls`, then the locks of a runtime and of its sink.

use kernel::{
    new_condvar,
    new_mutex,
    prelude::*,
    sync::{
        aref::ARef,
        Arc,
        CondVar,
        Mutex, //
    },
    task::Task,
    time::msecs_to_jiffies, //
};

use super::node::Nodes;
use crate::{
    linux::{
        kthread,
        task, //
    },
    runtime::instance::Runtime, //
};

/// How often callers are checked, in milliseconds.
const PERIOD_MS: u32 = 20;

/// The number of checks without a callback after which the thread sleeps.
const IDLE_LOOKS: u32 = 50;

/// A callback that is going on.
struct Call {
    id: u64,
    task: ARef<Task>,
    /// The runtime whose code has called, if any.
    caller: Option<Arc<Runtime>>,
    runtime: Arc<Runtime>,
    /// Whether it was told to end.
    ended: bool,
}

struct Calls {
    calls: KVec<Call>,
    next_id: u64,
    /// Whether there is a thread.
    started: bool,
    /// Whether the thread sleeps until it is notified.
    asleep: bool,
    /// Whether the thread is to end.
    over: bool,
}

/// The callbacks that are going on.
#[pin_data]
pub(super) struct Watch {
    #[pin]
    calls: Mutex<Calls>,
    #[pin]
    begun: CondVar,
}

/// A callback under watch, until this is dropped.
pub(super) struct Watched<'a> {
    watch: &'a Watch,
    id: u64,
}

impl Watch {
    pub(super) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            calls <- new_mutex!(Calls {
                calls: KVec::new(),
                next_id: 0,
                started: false,
                asleep: false,
                over: false,
            }, "lunatik::device::Watch"),
            begun <- new_condvar!("lunatik::device::Watch::begun"),
        })
    }

    /// Watches a callback in `runtime` that the current task executes. If the code of another
    /// runtime has called, that runtime is `caller`.
    pub(super) fn call(
        &self,
        runtime: &Arc<Runtime>,
        caller: Option<Arc<Runtime>>,
    ) -> Result<Watched<'_>> {
        let mut calls = self.calls.lock();
        let id = calls.next_id;
        calls.next_id = id.wrapping_add(1);
        calls.calls.push(
            Call {
                id,
                task: ARef::from(&**kernel::current!()),
                caller,
                runtime: runtime.clone(),
                ended: false,
            },
            GFP_KERNEL | __GFP_NOWARN,
        )?;
        if calls.asleep {
            calls.asleep = false;
            self.begun.notify_all();
        }
        Ok(Watched { watch: self, id })
    }

    /// Has the thread end.
    pub(super) fn end(&self) {
        self.calls.lock().over = true;
        self.begun.notify_all();
    }

    /// What the thread does.
    fn run(&self) {
        let mut idle = 0u32;
        let mut calls = self.calls.lock();
        while !calls.over {
            if calls.calls.is_empty() {
                idle = idle.saturating_add(1);
            } else {
                idle = 0;
            }
            if idle > IDLE_LOOKS {
                calls.asleep = true;
                let _ = self.begun.wait_interruptible(&mut calls);
                idle = 0;
                continue;
            }
            let period = msecs_to_jiffies(PERIOD_MS);
            let _ = self.begun.wait_interruptible_timeout(&mut calls, period);
            for call in calls.calls.iter_mut() {
                let killed = task::is_killed(&call.task);
                let stopped = call
                    .caller
                    .as_ref()
                    .is_some_and(|caller| caller.waits_end());
                if killed || stopped {
                    call.ended = true;
                    // This is repeated at each check: a cancel at the wrong moment may be lost.
                    call.runtime.cancel();
                }
            }
        }
    }
}

impl Watched<'_> {
    /// Ends the watch. Returns whether the callback was told to end.
    pub(super) fn end(self) -> bool {
        // The references are dropped after the lock is released.
        self.take().is_some_and(|call| call.ended)
    }

    fn take(&self) -> Option<Call> {
        let mut calls = self.watch.calls.lock();
        let position = calls.calls.iter().position(|call| call.id == self.id)?;
        calls.calls.remove(position).ok()
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        // Nothing is left after `end()`.
        drop(self.take());
    }
}

/// Starts the thread, unless there is one.
pub(super) fn start(nodes: &Arc<Nodes>) -> Result {
    let mut calls = nodes.watch.calls.lock();
    if !calls.started {
        let own = nodes.clone();
        // The thread begins by taking this lock, which is held here until the thread is noted.
        kthread::spawn(c"lunatik_device", move || own.watch.run())?;
        calls.started = true;
    }
    Ok(())
}
