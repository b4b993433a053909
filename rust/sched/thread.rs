// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Kernel threads that run the body of a runtime.
//!
//! `Thread::state` is a leaf among the locks that sleep.

use core::ptr;
use kernel::{
    new_condvar,
    new_mutex,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{Acquire, Atomic, Release},
        Arc,
        ArcBorrow,
        CondVar,
        Mutex, //
    },
    task::Task, //
};

use crate::{
    linux::kthread,
    runtime::{
        chain::Chain,
        execute,
        instance::{Failure, Runtime},
        message::Message, //
    },
    sys::kernel_helpers as sys, //
};

/// How a thread has ended.
#[derive(Clone)]
pub(crate) enum Outcome {
    /// Its function has returned these values.
    Returned(Arc<Message>),
    /// Its function has raised an error.
    Failed(Arc<Failure>),
}

struct State {
    /// Set while the thread runs.
    task: Option<ARef<Task>>,
    outcome: Option<Outcome>,
    /// Runtimes whose code waits for the end, each once.
    waiting: KVec<Arc<Runtime>>,
}

/// A kernel thread that runs, or has run, the body of a runtime.
#[pin_data]
pub(crate) struct Thread {
    runtime: Arc<Runtime>,
    #[pin]
    state: Mutex<State>,
    /// Set with the task's going away, for those who must not sleep to find out.
    has_ended: Atomic<bool>,
    #[pin]
    ended: CondVar,
}

/// A snapshot of a running thread.
pub(crate) struct TaskInfo {
    pub(crate) cpu: u32,
    pub(crate) command: [u8; 16],
    pub(crate) pid: i32,
    pub(crate) tgid: i32,
}

/// The longest name of a kernel thread, in bytes.
const MAX_NAME: usize = 15;

/// What a thread is called that runs the script `name`: its last part.
fn thread_name(name: &[u8]) -> ([u8; MAX_NAME + 1], usize) {
    let last = name.rsplit(|&byte| byte == b'/').next().unwrap_or(name);
    let mut buffer = [0; MAX_NAME + 1];
    let mut length = 0;
    for (slot, &byte) in buffer.iter_mut().zip(last.iter().take(MAX_NAME)) {
        *slot = byte;
        length += 1;
    }
    (buffer, length)
}

impl Thread {
    /// The runtime whose body it runs.
    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Starts a thread called `name` that calls the body of `runtime` with `arguments`.
    ///
    /// When the body has returned, the runtime ends.
    pub(crate) fn run(runtime: Arc<Runtime>, name: &[u8], arguments: Message) -> Result<Arc<Self>> {
        let chain = Chain::new()?;
        let thread = Arc::pin_init(
            pin_init!(Self {
                runtime,
                state <- new_mutex!(State {
                    task: None,
                    outcome: None,
                    waiting: KVec::new(),
                }, "lunatik::Thread"),
                has_ended: Atomic::new(false),
                ended <- new_condvar!("lunatik::Thread::ended"),
            }),
            GFP_KERNEL_ACCOUNT,
        )?;
        let (buffer, length) = thread_name(name);
        let name = buffer
            .get(..=length)
            .and_then(|bytes| CStr::from_bytes_with_nul(bytes).ok())
            .ok_or(EINVAL)?;
        let own = thread.clone();
        // The new thread waits for this lock before it does anything, so it finds its task set.
        let mut state = thread.state.lock();
        thread.runtime.set_thread(Some(thread.clone()));
        let task = kthread::spawn(name, move || {
            own.main(&chain, arguments);
            own.runtime.set_thread(None);
        })
        .inspect_err(|_| thread.runtime.set_thread(None))?;
        state.task = Some(task);
        drop(state);
        Ok(thread)
    }

    fn main(&self, chain: &Arc<Chain>, arguments: Message) {
        drop(self.state.lock());
        let result = execute::body(self.runtime.as_arc_borrow(), chain, arguments);
        let outcome = match result {
            Ok(values) => Arc::new(values, GFP_KERNEL).ok().map(Outcome::Returned),
            Err(failure) => Some(Outcome::Failed(failure)),
        };
        let mut state = self.state.lock();
        state.outcome = outcome;
        let task = state.task.take();
        let waiting = core::mem::take(&mut state.waiting);
        self.has_ended.store(true, Release);
        drop(state);
        drop(task);
        self.ended.notify_all();
        for runtime in &waiting {
            runtime.wake();
        }
    }

    /// Tells the thread to stop and waits until it has ended; see [`Runtime::stop`].
    ///
    /// A thread that stops itself is interrupted, and ends when Lua has unwound.
    pub(crate) fn stop(
        &self,
        chain: Option<&Arc<Chain>>,
        caller: Option<ArcBorrow<'_, Runtime>>,
        grace_ms: u32,
    ) -> Result {
        let runtime: ArcBorrow<'_, Runtime> = self.runtime.as_arc_borrow();
        let inside = match (chain, runtime.executing_chain()) {
            (Some(chain), Some(owner)) => Arc::ptr_eq(chain, &owner),
            _ => false,
        };
        runtime.stop_for(chain, caller.as_deref(), grace_ms)?;
        if !inside {
            // The runtime is gone, so the thread is on its last lines.
            match caller {
                Some(caller) => self.join(caller, None).map(drop)?,
                None => self.wait()?,
            }
        }
        Ok(())
    }

    fn has_ended(&self) -> bool {
        self.has_ended.load(Acquire)
    }

    /// Waits until the thread has ended. Fails with `EINTR` if a signal came.
    fn wait(&self) -> Result {
        let mut state = self.state.lock();
        while state.task.is_some() {
            if self.ended.wait_interruptible(&mut state) {
                return Err(EINTR);
            }
        }
        Ok(())
    }

    /// Waits until the thread has ended, at most `timeout_ms`, for the code of `caller`.
    ///
    /// Returns `None` on a time-out. Fails with `EINTR` if a signal came or `caller` is told to
    /// stop.
    pub(crate) fn join(
        &self,
        caller: ArcBorrow<'_, Runtime>,
        timeout_ms: Option<u32>,
    ) -> Result<Option<Option<Outcome>>> {
        if !self.has_ended() {
            self.note_waiting(caller.into())?;
            let left = caller.wait(timeout_ms.unwrap_or(u32::MAX), || self.has_ended());
            let mut state = self.state.lock();
            let own: *const Runtime = &*caller;
            // Nothing is left to remove if the thread has ended.
            state.waiting.retain(|runtime| !ptr::eq(&**runtime, own));
            if state.task.is_some() {
                return if left > 0 || caller.waits_end() {
                    Err(EINTR)
                } else {
                    Ok(None)
                };
            }
        }
        Ok(Some(self.state.lock().outcome.clone()))
    }

    /// Has `runtime` woken when the thread ends, if it has not ended yet.
    fn note_waiting(&self, runtime: Arc<Runtime>) -> Result {
        loop {
            let needed = self.state.lock().waiting.len().saturating_add(1);
            let mut longer = KVec::with_capacity(needed, GFP_KERNEL_ACCOUNT)?;
            let mut state = self.state.lock();
            if state.task.is_none() {
                return Ok(());
            }
            if longer.capacity() > state.waiting.len() {
                for other in state.waiting.drain_all() {
                    // There is room.
                    let _ = longer.push_within_capacity(other);
                }
                let _ = longer.push_within_capacity(runtime);
                let shorter = core::mem::replace(&mut state.waiting, longer);
                drop(state);
                drop(shorter);
                return Ok(());
            }
        }
    }

    /// A snapshot of the thread; `None` once it has ended.
    pub(crate) fn task(&self) -> Option<TaskInfo> {
        let task = self.state.lock().task.clone()?;
        let mut command = [0; 16];
        // SAFETY: The reference keeps the task alive, and the buffer is as long as is said.
        unsafe {
            sys::lunatik_task_comm(task.as_ptr(), command.as_mut_ptr().cast(), command.len())
        };
        // SAFETY: The reference keeps the task alive.
        let cpu = unsafe { sys::lunatik_task_cpu(task.as_ptr()) };
        Some(TaskInfo {
            cpu,
            command,
            pid: task.pid(),
            // SAFETY: The reference keeps the task alive; the field never changes for a thread.
            tgid: unsafe { (*task.as_ptr()).tgid },
        })
    }
}
