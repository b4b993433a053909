// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The connection to the process of an actor.

use kernel::{
    bindings,
    ffi::c_uint,
    fs::file::LocalFile,
    new_mutex,
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Relaxed},
        Arc,
        Mutex,
        SpinLock, //
    },
    uaccess::{UserSliceReader, UserSliceWriter}, //
};

use super::{
    frames,
    grants::{Grants, Target},
    links,
    outbox::{Next, Outbox, Poll},
};
use crate::{
    channel::{
        actor::letter::{Delivery, Letter, Origin},
        family::Family,
        queue::Sent,
    },
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
    wire::{self, ToKernel, ToProcess, WireError, HEADER, MAX_MESSAGE},
};

/// Bytes of a token, which are hexadecimal digits.
pub(crate) const TOKEN: usize = 32;

/// Frames of a process with at most so many bytes lie on the stack while they are read.
const SHORT: usize = 64;

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

    /// Copies frames to the process, as many as fit. Waits for one if there is none, unless `nonblocking`. Returns 0
    /// when the link is closed.
    ///
    /// Fails with `EPERM` in another process, and with `EMSGSIZE` if the first frame does not fit.
    pub(crate) fn read(&self, writer: &mut UserSliceWriter, nonblocking: bool) -> Result<usize> {
        if !self.is_user() {
            return Err(EPERM);
        }
        let mut copied: usize = 0;
        loop {
            let mut next = self.outbox.next(true)?;
            if matches!(next, Next::Nothing) && !nonblocking && copied == 0 {
                next = self.outbox.next(false)?;
                // Meanwhile another process may have become the user.
                if !self.is_user() {
                    self.outbox.put_back(next);
                    return Err(EPERM);
                }
            }
            let length = match self.copy(writer, next) {
                Ok(Some(length)) => length,
                Ok(None) if copied > 0 => return Ok(copied),
                Ok(None) if self.is_closed() => return Ok(0),
                Ok(None) => return Err(EAGAIN),
                Err(_) if copied > 0 => return Ok(copied),
                Err(error) => return Err(error),
            };
            copied = copied.saturating_add(length);
            if writer.len() < HEADER {
                return Ok(copied);
            }
        }
    }

    /// Copies one frame. What does not fit is put back.
    fn copy(&self, writer: &mut UserSliceWriter, next: Next) -> Result<Option<usize>> {
        match next {
            Next::Nothing | Next::Closed => Ok(None),
            Next::NoSenders(sent) => self.copy_short(writer, next, ToProcess::NoSenders { sent }),
            Next::Room => self.copy_room(writer),
            Next::Start(start) => {
                let copied = self.copy_message(writer, wire::START, &start);
                if copied.is_err() {
                    self.outbox.put_back(Next::Start(start));
                }
                copied.map(Some)
            }
            Next::Letter(letter) => {
                let delivery = Delivery::new(letter);
                let copied = delivery
                    .with_message(|message| self.copy_message(writer, wire::MESSAGE, message));
                match copied {
                    Some(Ok(length)) => {
                        delivery.received();
                        Ok(Some(length))
                    }
                    Some(Err(error)) => {
                        self.outbox.put_back(Next::Letter(delivery.into_letter()));
                        Err(error)
                    }
                    None => Ok(Some(0)),
                }
            }
        }
    }

    fn copy_short(
        &self,
        writer: &mut UserSliceWriter,
        next: Next,
        frame: ToProcess<'_>,
    ) -> Result<Option<usize>> {
        let copied = match writer.len() {
            HEADER.. => writer.write_slice(&frame.header()).map(|()| HEADER),
            _ => Err(EMSGSIZE),
        };
        if copied.is_err() {
            self.outbox.put_back(next);
        }
        copied.map(Some)
    }

    fn copy_room(&self, writer: &mut UserSliceWriter) -> Result<Option<usize>> {
        let mut copied: usize = 0;
        loop {
            if writer.len() < HEADER {
                // There may be more.
                self.outbox.put_back(Next::Room);
                return match copied {
                    0 => Err(EMSGSIZE),
                    copied => Ok(Some(copied)),
                };
            }
            let Some(grant) = self.grants.take_room() else {
                return Ok(Some(copied));
            };
            let written = writer.write_slice(&ToProcess::Room { grant }.header());
            if let Err(error) = written {
                self.grants.put_room_back(grant);
                self.outbox.put_back(Next::Room);
                return Err(error);
            }
            copied = copied.saturating_add(HEADER);
        }
    }

    fn copy_message(
        &self,
        writer: &mut UserSliceWriter,
        kind: u16,
        message: &Message,
    ) -> Result<usize> {
        if !frames::fits(message, writer.len()) {
            return Err(EMSGSIZE);
        }
        frames::write(&self.grants, kind, message, writer)
    }

    /// Takes one frame from the process. `own` is the file.
    ///
    /// Fails with `EPERM` in another process. Other errors are those of [`ToKernel`].
    pub(crate) fn write(
        self: &Arc<Self>,
        own: &LocalFile,
        reader: &mut UserSliceReader,
    ) -> Result<usize> {
        if !self.is_user() {
            return Err(EPERM);
        }
        if self.is_closed() {
            return Err(EPIPE);
        }
        let length = reader.len();
        if length > MAX_MESSAGE {
            return Err(EMSGSIZE);
        }
        // Most frames are short.
        let mut short = [0; SHORT];
        let mut long: KVec<u8>;
        let bytes = match short.get_mut(..length) {
            Some(bytes) => bytes,
            None => {
                long = KVec::from_elem(0, length, GFP_KERNEL | __GFP_NOWARN)?;
                &mut long
            }
        };
        reader.read_slice(bytes)?;
        let Ok(Some((frame, []))) = wire::split(bytes) else {
            return Err(EBADMSG);
        };
        let taken = match ToKernel::decode(&frame) {
            Ok(decoded) => self.take(own, &decoded),
            Err(error) => self.refuse(&frame, error),
        };
        taken.map(|()| length)
    }

    /// A frame is wrong: the grant that it names is lost.
    #[cold]
    fn refuse(&self, frame: &wire::Frame<'_>, _error: WireError) -> Result {
        if let Some(grant) = ToKernel::grant(frame) {
            self.grants.remove(grant);
        }
        Err(EBADMSG)
    }

    fn take(self: &Arc<Self>, own: &LocalFile, frame: &ToKernel<'_>) -> Result {
        match *frame {
            ToKernel::Ready => self.set_phase(Phase::Ready),
            ToKernel::Failed { errno } => {
                let errno = i32::try_from(errno).map_err(|_| EBADMSG)?;
                self.set_phase(Phase::Failed(Error::from_errno(errno.saturating_neg())))
            }
            ToKernel::Adopt { pid } => self.adopt(pid),
            ToKernel::Message { grant, ref value } => {
                self.deliver(own, grant, value)?;
                // The process reads what has come of it after this.
                self.outbox.count_given(value.own());
                Ok(())
            }
            ToKernel::Close { grant } => match self.grants.remove(grant) {
                true => Ok(()),
                false => Err(ENOENT),
            },
            ToKernel::CloseInbox => {
                self.outbox.shut();
                Ok(())
            }
            ToKernel::Pause => {
                self.outbox.pause(true);
                Ok(())
            }
            ToKernel::Resume => {
                self.outbox.pause(false);
                Ok(())
            }
        }
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

    /// Delivers a message of the process.
    fn deliver(self: &Arc<Self>, own: &LocalFile, grant: u32, value: &wire::Flat<'_>) -> Result {
        let bytes = value.message().as_bytes().len();
        let (target, underway) = Grants::begin(self, grant, bytes)?;
        let letter = self.memcg.charge(|| {
            let message = frames::decode(self, own, value)?;
            let room = self.family.take(Letter::size_of(&message)).ok_or(ENOBUFS)?;
            Letter::new(Origin::Process(underway), message, room)
        })?;
        match target {
            Target::Actor(channel) => match channel.send(&mut Some(letter), None)? {
                Sent::Yes => Ok(()),
                Sent::Full | Sent::Closed => Err(EPIPE),
                Sent::Refused(never) => match never {},
            },
            Target::Process(address) => match address.link().outbox.put(letter) {
                Ok(()) => Ok(()),
                Err(letter) => {
                    drop(letter);
                    Err(EPIPE)
                }
            },
        }
    }

    /// The poll mask. Writing never waits.
    pub(crate) fn poll_mask(&self) -> c_uint {
        let mut events = bindings::POLLOUT | bindings::POLLWRNORM;
        if self.outbox.is_readable() {
            events |= bindings::POLLIN | bindings::POLLRDNORM;
        }
        events
    }
}
