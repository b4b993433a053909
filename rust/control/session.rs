// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Sessions. A session is an open file of the device, which takes requests and gives replies.
//!
//! Lock order: `inbound`, then `pending` or `repl`; these two are leaves.

use kernel::{
    bindings,
    ffi::c_uint,
    fs::{file::LocalFile, File},
    new_mutex,
    new_poll_condvar,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Release},
        poll::PollTable,
        Arc,
        ArcBorrow,
        Mutex,
        SetOnce, //
    },
    uaccess::{UserSliceReader, UserSliceWriter}, //
};

use super::{
    abi::{self, FrameHeader, HEADER_LENGTH, MAX_FRAME},
    output::{OutputQueue, SendError},
    request,
    totals::Counted, //
};
use crate::{
    channel::process::{
        links::{self, Attached},
        outbox::Poll,
    },
    codec,
    linux::{
        memcg::MemoryCgroup,
        net_namespace::NetNamespace,
        task, //
    },
    runtime::{
        instance::Runtime,
        profile::Profile,
        reaper, //
    }, //
};

/// The most unanswered requests of one session.
pub(super) const MAX_PENDING: usize = 64;

/// Bytes that are copied from user space at a time.
const CHUNK: usize = 64 * 1024;

/// A request that is being executed.
pub(super) struct Pending {
    id: u32,
    cancelled: Atomic<bool>,
    /// What happens when the request is cancelled.
    on_cancel: Option<OnCancel>,
}

/// The effect of cancelling a request.
#[derive(Clone)]
pub(super) enum OnCancel {
    /// The runtime was made for the request and ends with it.
    Stop(Arc<Runtime>),
    /// The code that the runtime executes is interrupted; the runtime lives on.
    Interrupt(Arc<Runtime>),
    /// The request only follows the log of the runtime, and its wait is woken.
    LookUp(Arc<Runtime>),
    /// The wait for the end of a profile is woken.
    Wake(Arc<Profile>),
}

struct Inbound {
    bytes: KVVec<u8>,
    /// The client wrote bytes that are not a frame, so later bytes cannot be understood; or there
    /// was no memory for the written bytes.
    lost: bool,
}

/// What those wait for who poll a file.
fn poll() -> Result<Arc<Poll>> {
    let poll = pin_init!(Poll {
        changed <- new_poll_condvar!("lunatik::Session::poll"),
    });
    Arc::pin_init(poll, GFP_KERNEL_ACCOUNT)
}

/// An open file.
#[pin_data]
pub(crate) struct Session {
    #[pin]
    inbound: Mutex<Inbound>,
    #[pin]
    output: OutputQueue,
    #[pin]
    /// What those wait for who poll the file.
    poll: Arc<Poll>,
    /// Set when the client is the process of an actor.
    attached: SetOnce<Attached>,
    #[pin]
    pending: Mutex<KVec<Pending>>,
    /// The runtime of `repl`.
    #[pin]
    repl: Mutex<Option<Arc<Runtime>>>,
    memcg: MemoryCgroup,
    net: NetNamespace,
    closed: Atomic<bool>,
    _counted: Counted,
}

impl Session {
    /// Opens a session for the calling process. The memory that the session's runtimes use is
    /// charged to the memory cgroup of that process.
    pub(super) fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            try_pin_init!(Self {
                inbound <- new_mutex!(Inbound {
                    bytes: KVVec::new(),
                    lost: false,
                }, "lunatik::Session::inbound"),
                output <- OutputQueue::new(),
                poll: poll()?,
                attached: SetOnce::new(),
                pending <- new_mutex!(KVec::new(), "lunatik::Session::pending"),
                repl <- new_mutex!(None, "lunatik::Session::repl"),
                memcg: MemoryCgroup::of_current(),
                net: NetNamespace::of_current().ok_or(ESRCH)?,
                closed: Atomic::new(false),
                _counted: Counted::new(),
            }? Error),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Makes the client, which runs this, the process of an actor. Returns false if it is none.
    pub(super) fn attach(&self, token: &[u8]) -> bool {
        match links::attach(token, &self.poll) {
            // The place is free: after the first attach, writes go to the link.
            Ok(attached) => self.attached.populate(attached),
            Err(_) => false,
        }
    }

    /// The memory cgroup that is charged for the session's runtimes.
    pub(super) fn net(&self) -> &NetNamespace {
        &self.net
    }

    pub(super) fn memcg(&self) -> &MemoryCgroup {
        &self.memcg
    }

    /// Whether the client is gone.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Acquire)
    }

    /// Ends the session: cancels its unanswered requests, and stops the runtime of its `repl`.
    pub(super) fn close(&self) {
        self.closed.store(true, Release);
        if let Some(attached) = self.attached.as_ref() {
            attached.end();
        }
        self.output.close();
        // Requests come and go meanwhile, so this takes the whole list at once. A request that is
        // not on it finds that the session is closed, which counts as cancelled.
        let pending = core::mem::replace(&mut *self.pending.lock(), KVec::new());
        for request in pending {
            carry_out(request.on_cancel);
        }
        let repl = self.repl.lock().take();
        if let Some(runtime) = repl {
            runtime.request_stop();
            reaper::finish(runtime);
        }
    }

    /// The runtime of the session's `repl`, if it has one that still lives.
    pub(super) fn repl(&self) -> Option<Arc<Runtime>> {
        let repl = self.repl.lock();
        repl.as_ref().filter(|r| !r.stop_requested()).cloned()
    }

    /// Makes `runtime` the runtime of the session's `repl`. If another request has made one
    /// meanwhile, or the session is closed, returns false and leaves `runtime` to the caller.
    pub(super) fn set_repl(&self, runtime: &Arc<Runtime>) -> bool {
        let mut repl = self.repl.lock();
        // `close()` first closes the session, then takes the runtime.
        if self.is_closed() || repl.as_ref().is_some_and(|r| !r.stop_requested()) {
            return false;
        }
        let former = repl.replace(runtime.clone());
        drop(repl);
        // The code that has stopped the former runtime also ends it. This drops a reference, so it
        // happens after unlocking.
        drop(former);
        true
    }

    /// Queues a frame for the client.
    pub(super) fn send(&self, frame: &[u8], give_up: impl Fn() -> bool) -> Result<(), SendError> {
        self.output.send(frame, give_up)?;
        self.poll.changed.notify_all();
        Ok(())
    }

    /// Wakes senders that wait for room, so that they check again.
    pub(super) fn wake_senders(&self) {
        self.output.wake_senders();
    }

    /// Queues `reply` to request `id`. Waits for room as long as the client is there. Without
    /// memory for the reply the session is over, because the client would wait for it forever.
    pub(super) fn reply(&self, id: u32, reply: &abi::Reply<'_>) -> Result<(), SendError> {
        let sent = self.try_reply(id, reply);
        if sent == Err(SendError::NoMemory) {
            self.lose();
        }
        sent
    }

    /// Tells the client that a reply was lost.
    fn lose(&self) {
        self.output.lose();
        self.poll.changed.notify_all();
    }

    fn try_reply(&self, id: u32, reply: &abi::Reply<'_>) -> Result<(), SendError> {
        let mut frame = VecSink(KVVec::new());
        match reply.encode(id, &mut frame) {
            Ok(()) => self.send(&frame.0, || false),
            Err(abi::FrameError::Sink(_)) => Err(SendError::NoMemory),
            Err(_) => {
                let failure = abi::Reply::Done(abi::Outcome::Failure(abi::Failure {
                    origin: abi::Origin::Request,
                    errno: abi::errno::EMSGSIZE,
                    message: b"the results are larger than a frame may be (4 MiB)",
                    traceback: b"",
                }));
                let mut frame = VecSink(KVVec::new());
                failure
                    .encode(id, &mut frame)
                    .map_err(|_| SendError::NoMemory)?;
                self.send(&frame.0, || false)
            }
        }
    }

    /// Lists request `id` as being executed. Fails if there are too many requests, or if `id` is in
    /// use.
    pub(super) fn begin(&self, id: u32) -> Result {
        let mut pending = self.pending.lock();
        if pending.len() >= MAX_PENDING {
            return Err(EBUSY);
        }
        if pending.iter().any(|request| request.id == id) {
            return Err(EEXIST);
        }
        pending.push(
            Pending {
                id,
                cancelled: Atomic::new(false),
                on_cancel: None,
            },
            GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
        )?;
        Ok(())
    }

    /// Removes request `id` from the list. Returns whether it had been cancelled.
    pub(super) fn end(&self, id: u32) -> bool {
        let mut pending = self.pending.lock();
        let position = pending.iter().position(|request| request.id == id);
        let request = position.and_then(|position| pending.remove(position).ok());
        drop(pending);
        self.is_closed() || request.is_some_and(|request| request.cancelled.load(Acquire))
    }

    /// Whether request `id` was cancelled.
    pub(super) fn is_cancelled(&self, id: u32) -> bool {
        let pending = self.pending.lock();
        let cancelled = pending
            .iter()
            .any(|request| request.id == id && request.cancelled.load(Acquire));
        drop(pending);
        cancelled || self.is_closed()
    }

    /// Sets what happens when request `id` is cancelled; `None` is nothing.
    pub(super) fn on_cancel(&self, id: u32, on_cancel: Option<OnCancel>) {
        let mut pending = self.pending.lock();
        let mut former = None;
        let mut at_once = None;
        if self.is_closed() {
            // `close()` has taken the list already, or will find neither this request nor its
            // action. So the action is carried out here.
            at_once = on_cancel;
        } else if let Some(request) = pending.iter_mut().find(|request| request.id == id) {
            former = core::mem::replace(&mut request.on_cancel, on_cancel);
            if request.cancelled.load(Acquire) {
                at_once = request.on_cancel.clone();
            }
        }
        drop(pending);
        drop(former);
        carry_out(at_once);
    }

    /// Cancels request `id`, if it is being executed.
    pub(super) fn cancel(&self, id: u32) {
        let pending = self.pending.lock();
        let request = pending.iter().find(|request| request.id == id);
        let on_cancel = request.and_then(Pending::cancel);
        drop(pending);
        carry_out(on_cancel);
    }

    /// Takes bytes from the client, and starts the requests whose frames are complete.
    pub(super) fn write(
        self: ArcBorrow<'_, Self>,
        file: &LocalFile,
        reader: &mut UserSliceReader,
    ) -> Result<usize> {
        if let Some(attached) = self.attached.as_ref() {
            return attached.link().write(file, reader);
        }
        let mut taken: usize = 0;
        while !reader.is_empty() {
            match self.take_chunk(file, reader) {
                Ok(length) => taken = taken.saturating_add(length),
                // The client must not write again the bytes that were taken.
                Err(_) if taken > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    fn take_chunk(
        self: ArcBorrow<'_, Self>,
        file: &LocalFile,
        reader: &mut UserSliceReader,
    ) -> Result<usize> {
        let length = reader.len().min(CHUNK);
        let mut chunk: KVVec<u8> = KVVec::from_elem(0, length, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        reader.read_slice(chunk.as_mut_slice())?;
        let mut inbound = self.inbound.lock();
        if inbound.lost {
            return Err(EPROTO);
        }
        inbound
            .bytes
            .extend_from_slice(&chunk, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        self.take_frames(file, &mut inbound)?;
        Ok(length)
    }

    fn take_frames(self: ArcBorrow<'_, Self>, file: &LocalFile, inbound: &mut Inbound) -> Result {
        let mut taken: usize = 0;
        let result = loop {
            let left = inbound.bytes.get(taken..).unwrap_or_default();
            let Some(header) = left.first_chunk::<HEADER_LENGTH>() else {
                break Ok(());
            };
            let length = match FrameHeader::parse(header) {
                Ok(header) => header.frame_length().min(MAX_FRAME),
                Err(_) => {
                    inbound.lost = true;
                    break Err(EPROTO);
                }
            };
            let Some(frame) = left.get(..length) else {
                break Ok(());
            };
            let mut owned = KVVec::new();
            if let Err(error) = owned.extend_from_slice(frame, GFP_KERNEL_ACCOUNT | __GFP_NOWARN) {
                // The client cannot take the frame back, and would wait for its answer.
                inbound.lost = true;
                self.lose();
                break Err(error.into());
            }
            taken = taken.saturating_add(length);
            request::dispatch(self, file, owned);
            if self.attached.as_ref().is_some() {
                // The rest was written too early.
                taken = inbound.bytes.len();
                break Ok(());
            }
            // One write may contain thousands of requests, and each may take some time.
            if task::is_being_killed() {
                break Err(EINTR);
            }
        };
        if inbound.lost || taken == inbound.bytes.len() {
            // This frees the capacity, too, because a session may be idle for long.
            inbound.bytes = KVVec::new();
        } else if taken > 0 {
            inbound.bytes.copy_within(taken.., 0);
            let left = inbound.bytes.len().saturating_sub(taken);
            inbound.bytes.truncate(left);
        }
        result
    }

    /// Copies replies to the client.
    pub(super) fn read(&self, writer: &mut UserSliceWriter, nonblocking: bool) -> Result<usize> {
        if let Some(attached) = self.attached.as_ref() {
            return attached.link().read(writer, nonblocking);
        }
        self.output.read(writer, nonblocking)
    }

    /// Returns the poll mask, which says whether there is something to read.
    pub(super) fn poll(&self, file: &File, table: PollTable<'_>) -> c_uint {
        table.register_wait(file, &self.poll.changed);
        if let Some(attached) = self.attached.as_ref() {
            return attached.link().poll_mask();
        }
        let mut events = bindings::POLLOUT | bindings::POLLWRNORM;
        if self.output.is_readable() {
            events |= bindings::POLLIN | bindings::POLLRDNORM;
        }
        events
    }
}

impl Pending {
    /// Marks the request as cancelled, and returns the action to carry out after the list is
    /// unlocked.
    fn cancel(&self) -> Option<OnCancel> {
        self.cancelled.store(true, Release);
        self.on_cancel.clone()
    }
}

fn carry_out(on_cancel: Option<OnCancel>) {
    match on_cancel {
        Some(OnCancel::Stop(runtime)) => {
            runtime.request_stop();
            reaper::finish(runtime);
        }
        Some(OnCancel::Interrupt(runtime)) => runtime.cancel(),
        Some(OnCancel::LookUp(runtime)) => runtime.log().wake_readers(),
        Some(OnCancel::Wake(profile)) => profile.wake(),
        None => (),
    }
}

/// Encodes into a vector.
pub(crate) struct VecSink(pub(crate) KVVec<u8>);

impl codec::Sink for VecSink {
    type Error = kernel::alloc::AllocError;

    fn put(&mut self, bytes: &[u8]) -> Result<(), kernel::alloc::AllocError> {
        self.0
            .extend_from_slice(bytes, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)
    }
}
