// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The connection to the process of an actor.

mod reading;
mod writing;

use kernel::{
    new_mutex,
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Relaxed},
        Arc,
        Mutex,
        SpinLock, //
    }, //
};

use super::{
    grants::Grants,
    links,
    outbox::{Outbox, Poll},
};
use crate::{
    channel::family::Family,
    linux::{
        account::{kmalloc_size, Charge},
        memcg::MemoryCgroup,
        process::{self, ExitWatch, Process},
        random,
    },
    runtime::{
        instance::Runtime,
        message::Message,
        waiters::{Noted, Spare, Waiters},
    },
};

/// Bytes of a token, which are hexadecimal digits.
pub(crate) const TOKEN: usize = 32;

/// How far the start of a process has come.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// It is not ready.
    Starting,
    /// It is set up.
    Ready,
    /// It could not be set up.
    Failed(Error),
}

struct State {
    phase: Phase,
    /// The process that was started.
    first: Option<Process>,
    /// The process that may use the file.
    user: Option<Process>,
    /// The one that was the user when it was ready, which stands for the actor.
    actor: Option<Process>,
    /// Whether the user has changed since the last phase began.
    was_adopted: bool,
    /// Who waits until it is ready.
    waiters: Waiters,
}

/// The connection to the process of an actor.
#[pin_data]
pub(crate) struct Link {
    token: [u8; TOKEN],
    family: Arc<Family>,
    memcg: MemoryCgroup,
    #[pin]
    outbox: Outbox,
    #[pin]
    grants: Grants,
    #[pin]
    state: SpinLock<State>,
    #[pin]
    watch: Mutex<Option<ExitWatch>>,
    is_attached: Atomic<bool>,
    is_detached: Atomic<bool>,
    is_closed: Atomic<bool>,
    _charge: Charge,
}

impl Link {
    /// A link for a process that the code of `runtime` is about to start; `start` is what the process is to do. Its
    /// messages count against `family`.
    pub(crate) fn new(
        runtime: &Runtime,
        family: Arc<Family>,
        start: KBox<Message>,
    ) -> Result<Arc<Self>> {
        let charge = Charge::new(runtime.account(), kmalloc_size(size_of::<Self>()))?;
        let mut token = [0; TOKEN];
        random::fill(&mut token);
        for byte in &mut token {
            *byte = match *byte & 0xf {
                digit @ 0..10 => b'0' | digit,
                digit => (b'a' - 10).wrapping_add(digit),
            };
        }
        let memcg = runtime.memcg().clone();
        let link = Arc::pin_init(
            pin_init!(Self {
                token,
                family,
                memcg,
                outbox <- Outbox::new(start),
                grants <- Grants::new(),
                state <- new_spinlock!(State {
                    phase: Phase::Starting,
                    first: None,
                    user: None,
                    actor: None,
                    was_adopted: false,
                    waiters: Waiters::default(),
                }, "lunatik::process::Link::state"),
                watch <- new_mutex!(None, "lunatik::process::Link::watch"),
                is_attached: Atomic::new(false),
                is_detached: Atomic::new(false),
                is_closed: Atomic::new(false),
                _charge: charge,
            }),
            GFP_KERNEL_ACCOUNT,
        )?;
        links::add(&link)?;
        Ok(link)
    }

    /// The messages to the process.
    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The actors that the process may send to.
    pub(crate) fn grants(&self) -> &Grants {
        &self.grants
    }

    /// What messages to the process count against.
    pub(crate) fn family(&self) -> &Arc<Family> {
        &self.family
    }

    /// Executes the program that hosts actors. Sleeps. Fails with the error of execve(2), or with `ECHILD` if no program
    /// can be started.
    pub(crate) fn execute(&self) -> Result {
        let mut text = [0; TOKEN + 1];
        for (to, from) in text.iter_mut().zip(&self.token) {
            *to = *from;
        }
        let token = CStr::from_bytes_with_nul(&text).map_err(|_| EINVAL)?;
        let path = process::host_path();
        if path.is_empty() {
            return Err(ECHILD);
        }
        // The process is known before it executes anything.
        let started = || {
            let process = Process::current()?;
            let mut state = self.state.lock();
            state.first = Some(process.clone());
            state.user = Some(process);
            Ok(())
        };
        let executed = process::start_program(path, c"host", token, &started);
        executed.map_err(|error| if error == EBUSY { ECHILD } else { error })?;
        let Some(user) = self.user() else {
            // Nothing was executed, for this kernel starts no programs.
            return Err(ECHILD);
        };
        self.keep_watch(ExitWatch::new(&user)?);
        self.check();
        Ok(())
    }

    /// The process that may use the file.
    fn user(&self) -> Option<Process> {
        self.state.lock().user.clone()
    }

    /// Keeps a watch, unless the link is closed.
    fn keep_watch(&self, watch: ExitWatch) {
        let mut place = self.watch.lock();
        // `close()` first closes the link, then takes the watch.
        let dropped = match self.is_closed() {
            true => Some(watch),
            false => place.replace(watch),
        };
        drop(place);
        drop(dropped);
    }

    /// Whether the process that may use the file has ended.
    pub(super) fn has_ended(&self) -> bool {
        let state = self.state.lock();
        state.user.as_ref().is_some_and(Process::has_ended)
    }

    /// Closes the link if its process has ended, so that nobody sends to a dead process before that is noticed elsewhere.
    pub(crate) fn check(&self) {
        if self.has_ended() {
            self.close();
        }
    }

    /// Attaches the calling process, if `token` is that of the link and was given to this process. Once.
    pub(super) fn attach(&self, token: &[u8], poll: &Arc<Poll>) -> bool {
        let known = self.token.iter().zip(token);
        // The time that this takes tells nothing.
        let differs = known.fold(0, |differs, (a, b)| differs | (a ^ b));
        if token.len() != TOKEN || differs != 0 || !self.is_user() {
            return false;
        }
        if self.is_attached.cmpxchg(false, true, Full).is_err() {
            return false;
        }
        self.outbox.set_poll(poll.clone());
        true
    }

    /// Whether the calling process may use the file.
    fn is_user(&self) -> bool {
        let state = self.state.lock();
        state.user.as_ref().is_some_and(Process::is_current)
    }

    /// How the start has ended: with the process, or with an error. If it has not, the code of `runtime` is woken when
    /// it has.
    pub(crate) fn started(&self, runtime: &Arc<Runtime>) -> Result<Option<Result<Process>>> {
        let mut spare = Spare::default();
        loop {
            let mut state = self.state.lock();
            match state.phase {
                Phase::Ready => return Ok(Some(state.actor.clone().ok_or(ECHILD))),
                Phase::Failed(error) => return Ok(Some(Err(error))),
                Phase::Starting => {}
            }
            let noted = state.waiters.note(runtime, &mut spare);
            drop(state);
            match noted {
                Noted::Yes => return Ok(None),
                Noted::NeedsRoom(count) => spare.grow(count)?,
                Noted::TooMany => return Err(ENOBUFS),
            }
        }
    }

    /// The start has come to its end, if it had not before.
    fn set_phase(&self, phase: Phase) -> Result {
        let mut state = self.state.lock();
        if state.phase != Phase::Starting {
            return Err(EBADMSG);
        }
        state.phase = phase;
        if phase == Phase::Ready {
            state.actor = state.user.clone();
            state.was_adopted = false;
        }
        let waiters = state.waiters.take();
        drop(state);
        waiters.wake();
        Ok(())
    }

    /// Kills all processes that have used the file.
    pub(crate) fn kill(&self) {
        let state = self.state.lock();
        let processes = [state.first.clone(), state.actor.clone(), state.user.clone()];
        drop(state);
        for process in processes.into_iter().flatten() {
            // If it has ended, nothing is to be done.
            let _ = process.signal(9);
        }
    }

    /// The script that has made the actor no longer supervises it.
    pub(crate) fn set_detached(&self) {
        self.is_detached.store(true, Relaxed);
    }

    /// Whether nobody supervises the process.
    pub(super) fn is_detached(&self) -> bool {
        self.is_detached.load(Relaxed)
    }

    /// Whether it is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Acquire)
    }

    /// The process is gone, or was given up. Whoever waits for it is told. Sleeps.
    pub(crate) fn close(&self) {
        if self.is_closed.xchg(true, Full) {
            return;
        }
        // A process that ends before it is ready has failed.
        let _ = self.set_phase(Phase::Failed(ECHILD));
        self.outbox.close();
        self.grants.close();
        let watch = self.watch.lock().take();
        drop(watch);
        links::remove(self);
    }

    /// Gives the file to a child of the calling process. Another process could be anybody's, and is killed with the
    /// kernel's rights in the end. Once before it is ready, and once afterwards: so all are known who have to be killed.
    fn adopt(&self, number: u32) -> Result {
        let child = Process::find(number).ok_or(ESRCH)?;
        if !child.is_child_of_current() {
            return Err(EPERM);
        }
        let watch = ExitWatch::new(&child)?;
        let mut state = self.state.lock();
        if state.was_adopted {
            return Err(EPERM);
        }
        state.was_adopted = true;
        let former = state.user.replace(child);
        drop(state);
        drop(former);
        self.keep_watch(watch);
        self.check();
        Ok(())
    }
}
