// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The global table `worker`: scripts that run in runtimes of their own, and messages to and from
//! them.

use core::ffi::c_int;
use kernel::{
    list::ListArc,
    prelude::*,
    sync::Arc, //
};

mod address;
mod create;
mod script;

pub(super) use self::create::executor;
use self::script::Script;
use crate::{
    binding::{
        arguments::{self, optional_milliseconds, type_error},
        mismatch::{InProcess, Workers},
        sending, //
    },
    channel::{
        entries::Entry,
        queue::{Limits, Queue, Taken},
        worker::{Fault, Worker, WorkerHandle}, //
    },
    linux::context::MaySleep,
    lua::{self, Error, Free, Guard, Kind, Process, Sleeps, Softirq, State},
    native,
    runtime::{
        children::MAX_CHILDREN,
        hooks,
        instance::DEFAULT_GRACE_MS,
        objects::{Class, Classed},
        parking::{wait, Waited},
        reaper,
        userdata,
        vm::Vm, //
    },
};

/// The guard for creating workers. The function itself checks the permission to read the script's
/// file, and then the permission to load code.
struct CreatesWorkers;

impl Guard for CreatesWorkers {
    fn check(state: State) -> lua::Result<()> {
        Script::of_argument(state, 1)?.permit(state)
    }
}

impl Classed for WorkerHandle {
    const CLASS: &'static Class = &WORKER;
}

const WORKER: Class = Class {
    name: c"worker.state",
    fill: |state, metatable| {
        state.set_function(metatable, c"__close", native!(stop, Free, Sleeps))?;
        state.set_function(metatable, c"__tostring", native!(show, Free, Process))?;
        Ok(())
    },
};

/// Pushes the table.
pub(super) fn push(state: State) -> lua::Result<()> {
    state.new_table(0, 8)?;
    state.set_function(-1, c"address", native!(address::address, Free, Process))?;
    state.set_function(
        -1,
        c"create",
        native!(
            create::create,
            (InProcess<Workers>, CreatesWorkers),
            Process
        ),
    )?;
    state.set_function(-1, c"limits", native!(limits, Free, Process))?;
    state.set_function(-1, c"receive", native!(receive, Free, Sleeps))?;
    state.set_function(-1, c"send", native!(send, Free, Softirq))?;
    state.set_function(-1, c"status", native!(status, Free, Process))?;
    state.set_function(-1, c"stop", native!(stop, Free, Sleeps))?;
    Ok(())
}

/// Adds the functions that only workers have to the table, in a VM in which nothing has run yet.
fn add_own(state: State) -> lua::Result<()> {
    let guard = state.guard();
    state.push_globals();
    state.get_field(-1, c"worker")?;
    state.set_function(-1, c"message", native!(message, Free, Sleeps))?;
    state.set_function(-1, c"peek", native!(peek, Free, Sleeps))?;
    drop(guard);
    Ok(())
}

/// The worker at `index`.
fn worker(state: State, index: c_int) -> lua::Result<Arc<Worker>> {
    userdata::argument(state, index, |handle: &mut WorkerHandle| {
        handle.worker().clone()
    })
}

/// `worker.status(w)`
fn status(state: State) -> lua::Result {
    let word = if worker(state, 1)?.is_over() {
        "dead"
    } else {
        "running"
    };
    state.push_bytes(word.as_bytes())?;
    Ok(1)
}

/// `tostring(w)`
fn show(state: State) -> lua::Result {
    worker(state, 1)?;
    let text = lua::Text::new(fmt!("worker: {:#x}", state.identity(1)));
    state.push_bytes(text.as_bytes())?;
    Ok(1)
}

/// The whole number from 1 to `most` in the field `name` of the table at 1, if it is there.
fn limit(state: State, name: &CStr, most: usize) -> lua::Result<Option<usize>> {
    let kind = state.get_field(1, name)?;
    let given = state.to_integer(-1);
    state.pop(1);
    match (kind, given.and_then(|given| usize::try_from(given).ok())) {
        (Kind::Nil, _) => Ok(None),
        (Kind::Integer, Some(given)) if (1..=most).contains(&given) => Ok(Some(given)),
        _ => {
            let name = arguments::show(name.to_bytes());
            Err(Error::argument(
                1,
                fmt!("field '{name}' must be an integer from 1 to {most}"),
            ))
        }
    }
}

/// The limits of the queues of workers that the code of `state` makes.
fn mailbox_limits(state: State) -> Limits {
    Vm::attachment(state).unwrap_or(Limits::DEFAULT)
}

/// `worker.limits([{messages=, bytes=}])`
fn limits(state: State) -> lua::Result {
    let mut limits = mailbox_limits(state);
    match state.kind(1) {
        Kind::None => (),
        Kind::Table => {
            if let Some(messages) = limit(state, c"messages", Limits::MAX.messages)? {
                limits.messages = messages;
            }
            if let Some(bytes) = limit(state, c"bytes", Limits::MAX.bytes)? {
                limits.bytes = bytes;
            }
            Vm::attach(state, limits)?;
        }
        _ => return Err(type_error(state, 1, "table")),
    }
    state.new_table(0, 2)?;
    state.push_integer(limits.messages as i64);
    state.set_field(-2, c"messages")?;
    state.push_integer(limits.bytes as i64);
    state.set_field(-2, c"bytes")?;
    Ok(1)
}

/// The error of a wait that ends without the event that it waited for.
fn interrupted() -> Error {
    Error::message(fmt!("interrupted"))
}

/// Puts a copy of the value at `index` into `queue`, waiting for room. Pushes whether anybody can
/// receive it.
fn put(state: State, may: MaySleep<'_>, index: c_int, queue: &Queue) -> lua::Result {
    let entry = sending::entry(state, index)?;
    let sender = Vm::runtime_of(state).into();
    let waited = sending::send(state, may, None, entry, |entry| {
        queue.put(entry, Some(&sender))
    })?;
    match waited {
        Waited::Done(sent) => {
            state.push_boolean(sent);
            Ok(1)
        }
        Waited::TimedOut | Waited::Ended { .. } => Err(interrupted()),
    }
}

/// `worker.send(w, value)`
fn send(state: State) -> lua::Result {
    let may = hooks::may_sleep(state)?;
    let worker = address::receiver(state)?;
    match may {
        Some(may) => put(state, may, 2, worker.inbox()),
        None => sending::post(state, 2, worker),
    }
}

/// The connection of the running worker to its parent.
fn own(state: State, function: &str) -> lua::Result<Arc<Worker>> {
    Vm::attachment::<Arc<Worker>>(state)
        .ok_or_else(|| Error::message(fmt!("worker.{function} called outside worker context")))
}

/// `worker.message(value)`
fn message(state: State, may: MaySleep<'_>) -> lua::Result {
    let worker = own(state, "message")?;
    put(state, may, 1, worker.outbox())
}

/// Pushes the value in `entry`. If that fails, `entry` goes back to `queue`.
fn push_entry(state: State, queue: &Queue, entry: ListArc<Entry>) -> lua::Result<()> {
    if let Err(error) = entry.message().push(state) {
        queue.put_back(entry);
        return Err(error);
    }
    Ok(())
}

/// `worker.peek([timeout_ms])`
fn peek(state: State, may: MaySleep<'_>) -> lua::Result {
    let worker = own(state, "peek")?;
    let timeout = optional_milliseconds(state, 1)?;
    let inbox = worker.inbox();
    let closed = || Error::message(fmt!("parent closed"));
    let runtime = Vm::runtime_of(state).into();
    let waited = wait(state, may, timeout, || {
        match inbox.take(Some(&runtime))? {
            Taken::Message(entry) => Ok(Some(entry)),
            Taken::Empty => Ok(None),
            Taken::Closed if inbox.senders_are_gone() => Err(closed()),
            // The worker's script has ended, and this is a finalizer.
            Taken::Closed => Err(interrupted()),
        }
    })?;
    match waited {
        Waited::Done(entry) => {
            push_entry(state, inbox, entry)?;
            Ok(1)
        }
        Waited::TimedOut => {
            state.push_nil();
            state.push_bytes(b"timeout")?;
            Ok(2)
        }
        Waited::Ended { .. } if inbox.senders_are_gone() => Err(closed()),
        Waited::Ended { .. } => Err(interrupted()),
    }
}

/// The result of one check of several workers.
enum Found {
    /// A message of the only one.
    Message(Arc<Worker>, ListArc<Entry>),
    /// Messages.
    Messages(Messages),
    /// The error of this worker.
    Fault(Arc<Worker>, Fault),
    /// All workers are dead, and everything was received.
    Nothing,
}

/// Messages that were taken, each with the position of its worker among the arguments.
struct Messages(KVVec<(c_int, Arc<Worker>, ListArc<Entry>)>);

impl Messages {
    /// Gives all back.
    fn put_back(mut self) {
        // In reverse order: if a worker was named twice, its first message goes back last, to the
        // front.
        while let Some((_, worker, entry)) = self.0.pop() {
            worker.outbox().put_back(entry);
        }
    }
}

/// Takes a message from each of the first `count` arguments that has one. Returns the messages, and
/// whether more can come.
fn take_messages(state: State, count: c_int, messages: &mut Messages) -> lua::Result<bool> {
    let parent = Vm::runtime_of(state).into();
    let mut alive = false;
    for index in 1..=count {
        // The memory for a message is reserved before the message is taken.
        messages.0.reserve(1, GFP_KERNEL | __GFP_NOWARN)?;
        let worker = worker(state, index)?;
        match worker.outbox().take(Some(&parent))? {
            Taken::Message(entry) => {
                let _ = messages.0.push_within_capacity((index, worker, entry));
            }
            Taken::Empty => alive = true,
            Taken::Closed => (),
        }
    }
    Ok(alive)
}

/// Checks the workers that are the first `count` arguments.
fn look(state: State, count: c_int) -> lua::Result<Option<Found>> {
    if count == 1 {
        // Most calls name one worker, and that case needs no memory.
        let worker = worker(state, 1)?;
        let parent = Vm::runtime_of(state).into();
        match worker.outbox().take(Some(&parent))? {
            Taken::Message(entry) => return Ok(Some(Found::Message(worker, entry))),
            Taken::Empty => return Ok(None),
            Taken::Closed => (),
        }
    }
    let mut messages = Messages(KVVec::new());
    let alive = match take_messages(state, count, &mut messages) {
        Ok(alive) => alive,
        Err(error) => {
            messages.put_back();
            return Err(error);
        }
    };
    if !messages.0.is_empty() {
        return Ok(Some(Found::Messages(messages)));
    }
    for index in 1..=count {
        let worker = worker(state, index)?;
        // The worker may have sent something and failed since it was checked.
        let fault = worker.outbox().is_drained().then(|| worker.take_fault());
        if let Some(fault) = fault.flatten() {
            return Ok(Some(Found::Fault(worker, fault)));
        }
    }
    Ok((!alive).then_some(Found::Nothing))
}

/// Pushes `count` values: the value of each of `messages` at its position.
fn push_found(
    state: State,
    count: c_int,
    messages: &[(c_int, Arc<Worker>, ListArc<Entry>)],
) -> lua::Result<()> {
    let mut place = 0;
    for (index, _, entry) in messages {
        while place < index.saturating_sub(1) {
            state.push_nil();
            place = place.saturating_add(1);
        }
        entry.message().push(state)?;
        place = place.saturating_add(1);
    }
    while place < count {
        state.push_nil();
        place = place.saturating_add(1);
    }
    Ok(())
}

/// `worker.receive(w1, w2, ..., [timeout_ms])`
fn receive(state: State, may: MaySleep<'_>) -> lua::Result {
    let top = state.top();
    let (count, timeout) = match state.kind(top) {
        Kind::Integer if top > 1 => (top.saturating_sub(1), optional_milliseconds(state, top)?),
        _ => (top, None),
    };
    if count < 1 {
        return Err(Error::message(fmt!("expected at least one worker")));
    }
    if count as usize > MAX_CHILDREN {
        return Err(Error::message(fmt!(
            "expected at most {MAX_CHILDREN} workers"
        )));
    }
    for index in 1..=count {
        worker(state, index)?;
    }
    state.reserve(count.saturating_add(lua::MIN_STACK))?;
    let found = match wait(state, may, timeout, || look(state, count))? {
        Waited::Done(found) => found,
        Waited::TimedOut => {
            push_found(state, count, &[])?;
            state.push_bytes(b"timeout")?;
            return Ok(count.saturating_add(1));
        }
        Waited::Ended { .. } => return Err(interrupted()),
    };
    match found {
        Found::Message(worker, entry) => push_entry(state, worker.outbox(), entry)?,
        Found::Messages(messages) => {
            if let Err(error) = push_found(state, count, &messages.0) {
                messages.put_back();
                return Err(error);
            }
        }
        Found::Fault(worker, fault) => {
            let pushed = match &fault.value {
                Some(value) => value.push(state).map(|_| ()),
                None => state
                    .push_bytes(&fault.failure.message)
                    .map_err(Error::from),
            };
            if let Err(error) = pushed {
                worker.put_fault_back(fault);
                return Err(error);
            }
            return Err(Error::Raised);
        }
        Found::Nothing => push_found(state, count, &[])?,
    }
    Ok(count)
}

/// `worker.stop(w, [grace_ms])` and `__close`, which passes the error, if any.
fn stop(state: State, may: MaySleep<'_>) -> lua::Result {
    let worker = worker(state, 1)?;
    let grace = match state.kind(2) {
        Kind::Integer => optional_milliseconds(state, 2)?,
        _ => None,
    };
    let runtime = worker.runtime();
    if !worker.note_stop() {
        // First: once it is told, it may end at any time.
        runtime.end_within(grace.unwrap_or(DEFAULT_GRACE_MS));
        runtime.request_stop();
    }
    // The worker wakes its parent when it is gone. Most workers end by themselves, in less time
    // than it takes to wake the reaper's thread. So only the others are left to the reaper.
    let gone = || Ok(runtime.phase().is_over().then_some(()));
    let overdue = || reaper::finish_after(runtime.clone(), 0);
    let timeout = match runtime.grace_left_ms() {
        0 => {
            overdue();
            None
        }
        left_ms => Some(left_ms),
    };
    let waited = match wait(state, may, timeout, gone)? {
        Waited::TimedOut => {
            overdue();
            wait(state, may, None, gone)?
        }
        waited => waited,
    };
    match waited {
        Waited::Done(()) => {
            // If its program has not begun, it may still lie in a run queue, and it will never
            // begin.
            worker.finish(None);
            Ok(0)
        }
        Waited::TimedOut | Waited::Ended { .. } => {
            reaper::finish(runtime.clone());
            Err(interrupted())
        }
    }
}
