// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Executes each kind of request.
//!
//! Requests that take no time are answered within the client's `write(2)`. Each other request has
//! its own kernel thread, so that no request waits for another one.

use kernel::str::BStr;
use kernel::{
    fs::file::LocalFile,
    prelude::*,
    sync::{
        Arc,
        ArcBorrow, //
    },
};

use super::{
    abi::{self, errno, script_name, Failure, Frame, Origin, Outcome, Reply, Request},
    profile,
    session::{OnCancel, Session, VecSink},
    start,
    status,
    stop,
    totals, //
};
use crate::{
    channel::process::links,
    codec::{Message, Writer},
    linux::kthread,
    lua::Text,
    runtime::{
        instance::{Runtime, DEFAULT_GRACE_MS},
        registry, shutdown,
    },
};

/// How long the processes of detached actors may take to give the device up, in milliseconds.
const RELEASE_MS: u32 = 2000;

/// Starts the request in a complete frame, which the client has written to `file`.
pub(super) fn dispatch(session: ArcBorrow<'_, Session>, file: &LocalFile, bytes: KVVec<u8>) {
    let Ok(Some(frame)) = abi::split_frame(&bytes) else {
        // The session has read the header, so this is a frame.
        return;
    };
    let id = frame.header.request;
    let Some(request) = decode(&session, &frame) else {
        return;
    };
    if answer_at_once(&session, id, &request) {
        return;
    }
    // Here is the client, whose descriptors they are.
    let streams = start::streams(file, &request);
    if let Err(error) = session.begin(id) {
        let text = match error {
            EEXIST => "the number of this request belongs to one that is unanswered",
            EBUSY => "too many requests of this session are unanswered (64)",
            _ => "out of memory",
        };
        fail(&session, id, error.to_errno(), text.as_bytes());
        return;
    }
    let worker: Arc<Session> = session.into();
    let thread = kthread::spawn(c"lunatik_request", move || {
        if let Ok(Some(frame)) = abi::split_frame(&bytes) {
            if let Ok(request) = Request::decode(&frame) {
                work(&worker, id, &request, streams);
            }
        }
    });
    if let Err(error) = thread {
        session.end(id);
        fail(
            &session,
            id,
            error.to_errno(),
            b"there is no thread for the request",
        );
    }
}

fn decode<'a>(session: &Session, frame: &Frame<'a>) -> Option<Request<'a>> {
    match Request::decode(frame) {
        Ok(request) => Some(request),
        Err(error) => {
            let text = Text::new(format_args!("{error}"));
            fail(
                session,
                frame.header.request,
                error.errno(),
                text.as_bytes(),
            );
            None
        }
    }
}

/// Tells the client that request `id` failed. `errno` may have either sign.
pub(super) fn fail(session: &Session, id: u32, errno: i32, message: &[u8]) {
    done(
        session,
        id,
        Outcome::Failure(Failure {
            origin: Origin::Request,
            errno: errno.saturating_abs(),
            message,
            traceback: b"",
        }),
    );
}

/// Tells the client how request `id` ended. If the client is gone, there is nothing to do.
pub(super) fn done(session: &Session, id: u32, outcome: Outcome<'_>) {
    let _ = session.reply(id, &Reply::Done(outcome));
}

/// Tells the client that request `id` has ended well, without results.
pub(super) fn succeed(session: &Session, id: u32) {
    let values = Message::EMPTY;
    let texts = Message::EMPTY;
    done(session, id, Outcome::Success { values, texts });
}

/// Tells the client that request `id`, which it has cancelled, is over.
pub(super) fn cancelled(session: &Session, id: u32) {
    done(
        session,
        id,
        Outcome::Failure(Failure {
            origin: Origin::Cancelled,
            errno: errno::EINTR,
            message: b"interrupted",
            traceback: b"",
        }),
    );
}

fn answer_at_once(session: &Session, id: u32, request: &Request<'_>) -> bool {
    match *request {
        Request::Hello { version, .. } => hello(session, id, version),
        // There is no answer, because it might have to wait for a client that is still in this
        // `write(2)`.
        Request::Cancel { request } => session.cancel(request),
        Request::Attach { token } => {
            if !session.attach(token) {
                let text = b"this process was not started to host an actor, or has another token";
                fail(session, id, EPERM.to_errno(), text);
            }
        }
        _ => return false,
    }
    true
}

fn hello(session: &Session, id: u32, version: u32) {
    if version != abi::VERSION {
        let text = Text::new(fmt!(
            "the tool speaks version {version} of the protocol and the module version {}; use the \
             tool that was built with the module",
            abi::VERSION
        ));
        return fail(session, id, errno::EPROTONOSUPPORT, text.as_bytes());
    }
    let mut writer = Writer::new(VecSink(KVVec::new()));
    let written = writer
        .integer(abi::VERSION.into())
        .and_then(|()| writer.string(crate::VERSION.as_bytes()))
        .and_then(|()| writer.string(crate::LUA_VERSION.as_bytes()));
    match written.and_then(|()| writer.finish()) {
        Ok(VecSink(bytes)) => reply_values(session, id, &bytes),
        Err(_) => fail(session, id, errno::ENOMEM, b"out of memory"),
    }
}

/// Answers with an integer.
fn reply_count(session: &Session, id: u32, count: usize) {
    let mut writer = Writer::new(VecSink(KVVec::new()));
    // CAST: There are few.
    let written = writer.integer(count as i64);
    match written.and_then(|()| writer.finish()) {
        Ok(VecSink(bytes)) => reply_values(session, id, &bytes),
        Err(_) => fail(session, id, errno::ENOMEM, b"out of memory"),
    }
}

/// Answers with the values in `bytes`.
pub(super) fn reply_values(session: &Session, id: u32, bytes: &[u8]) {
    reply_results(session, id, bytes, &[]);
}

/// Answers with the values in `values`, and the texts in `texts` for some of them.
pub(super) fn reply_results(session: &Session, id: u32, values: &[u8], texts: &[u8]) {
    match (Message::check(values), Message::check(texts)) {
        (Ok(values), Ok(texts)) => done(session, id, Outcome::Success { values, texts }),
        _ => fail(session, id, errno::EPROTO, b"the results are no message"),
    }
}

/// Executes request `id`, and answers it.
fn work(session: &Arc<Session>, id: u32, request: &Request<'_>, streams: start::Streams) {
    match *request {
        Request::Run(start) => start::run(session, id, &start, streams),
        Request::Spawn(start) => start::spawn(session, id, &start, streams),
        Request::Eval(start) => start::eval(session, id, &start, streams),
        Request::Repl {
            text,
            permissions,
            budget,
        } => start::repl(session, id, text, budget, permissions),
        Request::Complete {
            prefix,
            permissions,
            budget,
        } => start::complete(session, id, prefix, budget, permissions),
        Request::Stop { name, grace_ms } => stop::stop(session, id, name, grace_ms),
        Request::List => list(session, id),
        Request::Status { name, clear } => status::status(session, id, name, clear),
        Request::Shutdown => {
            shutdown(DEFAULT_GRACE_MS);
            session.end(id);
            succeed(session, id);
        }
        Request::Logs { name, follow } => logs(session, id, name, follow),
        Request::Release => {
            let left = links::release(RELEASE_MS);
            session.end(id);
            reply_count(session, id, left);
        }
        Request::Profile(ref asked) => profile::profile(session, id, asked),
        Request::Totals => {
            session.end(id);
            totals::totals(session, id);
        }
        // `dispatch()` has handled these already.
        Request::Hello { .. } | Request::Cancel { .. } | Request::Attach { .. } => {
            session.end(id);
        }
    }
}

/// Ends request `id` with the error that no script called `name` runs.
pub(super) fn not_running(session: &Session, id: u32, name: &[u8]) {
    session.end(id);
    let text = Text::new(fmt!("{} is not running", BStr::from_bytes(name)));
    fail(session, id, errno::ESRCH, text.as_bytes());
}

fn list(session: &Session, id: u32) {
    let bytes = registry::names().and_then(|names| {
        let mut writer = Writer::new(VecSink(KVVec::new()));
        for name in names.iter() {
            writer.string(name).map_err(|_| ENOMEM)?;
        }
        Ok(writer.finish().map_err(|_| ENOMEM)?.0)
    });
    session.end(id);
    match bytes.as_ref().map(|bytes| Message::check(bytes)) {
        Ok(Ok(names)) => {
            let _ = session.reply(id, &Reply::Names { names });
            succeed(session, id);
        }
        _ => fail(session, id, errno::ENOMEM, b"out of memory"),
    }
}

fn logs(session: &Session, id: u32, given: &[u8], follow: bool) {
    let name = script_name(given).unwrap_or(given);
    let Some(runtime) = registry::find(name).or_else(|| registry::outcome(name)) else {
        return not_running(session, id, name);
    };
    if follow {
        session.on_cancel(id, Some(OnCancel::LookUp(runtime.clone())));
    }
    let result = send_log(session, id, &runtime, follow);
    let was_cancelled = session.end(id);
    match result {
        Ok(()) if was_cancelled => cancelled(session, id),
        Ok(()) => succeed(session, id),
        Err(error) => fail(session, id, error.to_errno(), b"the log could not be read"),
    }
}

fn send_log(session: &Session, id: u32, runtime: &Runtime, follow: bool) -> Result {
    let mut next = 0;
    let given_up = || session.is_closed() || session.is_cancelled(id);
    loop {
        for entry in runtime.log().read(next, !follow)?.iter() {
            next = entry.sequence.saturating_add(1);
            let line = abi::LogLine {
                sequence: entry.sequence,
                time_ns: entry.time_ns,
                stream: super::start::stream(entry.stream),
                bytes: &entry.text,
            };
            if session.reply(id, &Reply::Log(line)).is_err() {
                return Ok(());
            }
        }
        if !follow || !runtime.log().wait(next, given_up) {
            return Ok(());
        }
    }
}
