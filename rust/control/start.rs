// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Requests that execute Lua: `run`, `spawn`, `eval`, `repl`, completion.

use kernel::{
    fs::file::LocalFile,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Release},
        Arc, //
    },
};

use super::{
    abi::{self, script_name, Outcome, Permissions, Reply, Request, Source, Start},
    chunk,
    failed::{script_failed, start_failed},
    output::SendError,
    request::{cancelled, done, reply_results, reply_values},
    session::{OnCancel, Session, VecSink},
    show::Results, //
};
use crate::linux::{context::Context, shared_file::SharedFile};
use crate::lua::Text;
use crate::permission::{PledgeError, Set};
use crate::runtime::{
    chain::Chain,
    execute,
    instance::{Kind, Options, Runtime},
    message::Message,
    meter::Budget,
    parameters,
    permissions::Held,
    program::Program,
    sink::{Sink, Stream},
    surroundings::Surroundings,
};
use crate::sched::{
    claim::Claim,
    crew,
    start::{self, StartError},
};

/// Converts a stream to its counterpart in the protocol.
pub(super) fn stream(stream: Stream) -> abi::Stream {
    match stream {
        Stream::Output => abi::Stream::Output,
        Stream::Error => abi::Stream::Error,
    }
}

/// The standard streams that a client has named in its request.
pub(super) type Streams = [Option<SharedFile>; 3];

/// The streams in a request that the calling process has written to `file`. What it has not is left out, and files of
/// the device, which would keep its session open.
pub(super) fn streams(file: &LocalFile, request: &Request<'_>) -> Streams {
    let start = match request {
        Request::Run(start) | Request::Spawn(start) | Request::Eval(start) => start,
        _ => return [None, None, None],
    };
    start.streams.map(|stream| {
        let stream = SharedFile::of_descriptor(stream?).ok()?;
        (!stream.is_like(file)).then_some(stream)
    })
}

/// Bytes of output in one frame.
const OUTPUT_CHUNK: usize = 32 * 1024;

/// Relays the output of a runtime to the client that waits for it.
struct Relay {
    session: Arc<Session>,
    request: u32,
    ended: Atomic<bool>,
    streams: Streams,
}

impl Sink for Relay {
    fn take(&self, runtime: &Runtime, to: Stream, text: &[u8]) -> bool {
        for bytes in text.chunks(OUTPUT_CHUNK) {
            let stream = stream(to);
            let mut frame = VecSink(KVVec::new());
            let output = Reply::Output { stream, bytes };
            if self.ended.load(Acquire) || output.encode(self.request, &mut frame).is_err() {
                return false;
            }
            match self.session.send(&frame.0, || runtime.waits_end()) {
                Ok(()) => (),
                Err(SendError::GaveUp) => {
                    // The runtime has waited for the client to read.
                    runtime.end_waiter();
                    return false;
                }
                Err(_) => return false,
            }
        }
        true
    }

    fn stream(&self, number: usize) -> Option<SharedFile> {
        let stream = self.streams.get(number)?.clone();
        stream.filter(|_| !self.ended.load(Acquire))
    }

    fn wake(&self) {
        self.session.wake_senders();
    }
}

/// The permission set for the permissions in a request: everything, if the request names none.
fn permissions(named: Option<Permissions<'_>>) -> Result<Arc<Held>, StartError> {
    let set = match named {
        None => Set::everything().map_err(|_| StartError::Errno(ENOMEM))?,
        Some(named) => Set::of_command_line(named.iter()).map_err(|error| match error {
            PledgeError::NoMemory => StartError::Errno(ENOMEM),
            error => StartError::Permissions(Text::new(format_args!("{error}"))),
        })?,
    };
    Ok(Held::new(set)?)
}

/// The script as it was named on the command line.
fn script_of_chunk(chunk: &[u8]) -> &[u8] {
    match chunk.split_first() {
        Some((b'=', b"stdin")) => b"-",
        Some((b'=' | b'@', rest)) => rest,
        _ => chunk,
    }
}

fn program<'a>(start: &Start<'a>) -> Program<'a> {
    match start.source {
        Source::Registered { script } => Program::Named(script),
        Source::Text {
            text,
            chunk,
            directory,
        } => Program::Text {
            text,
            chunk,
            place: Surroundings {
                directory,
                script: script_of_chunk(chunk),
            },
        },
    }
}

fn name<'a>(start: &Start<'a>) -> &'a [u8] {
    start.name.map_or_else(|| source_name(start), short_name)
}

/// The name under which the script is looked up.
fn source_name<'a>(start: &Start<'a>) -> &'a [u8] {
    match start.source {
        Source::Registered { script } => short_name(script),
        Source::Text { .. } => b"eval",
    }
}

fn short_name(given: &[u8]) -> &[u8] {
    script_name(given).unwrap_or(given)
}

/// The context that a request names.
fn context(named: abi::Context) -> Context {
    match named {
        abi::Context::Process => Context::Process,
        abi::Context::Softirq => Context::Softirq,
        abi::Context::Hardirq => Context::Hardirq,
    }
}

/// The limits of CPU time of a runtime that a request makes.
fn budget(wanted: abi::Budget) -> Budget {
    parameters::budget(Budget {
        cpu_ms: wanted.cpu_ms,
        slice_ms: wanted.slice_ms,
    })
}

/// Creates the runtime of a request and relays its output. If the client cancels the request or
/// goes away before it is done, the runtime is stopped.
fn create(
    session: &Arc<Session>,
    id: u32,
    start: &Start<'_>,
    kind: Kind,
    streams: Streams,
) -> Result<(Arc<Runtime>, Arc<Held>, Arc<Relay>), StartError> {
    let context = context(start.context);
    if start.percpu && kind != Kind::Run {
        let failure = execute::failure(fmt!("{} does not support percpu scripts", kind.name()));
        return Err(StartError::Failed(execute::or_no_memory(failure)));
    }
    let permissions = permissions(start.permissions)?;
    let options = Options {
        name: name(start),
        kind,
        context,
        cpu: start.percpu.then(crew::first_cpu),
        memory: parameters::memory(start.memory_limit, context),
        account: None,
        budget: budget(start.budget),
        memcg: session.memcg().clone(),
        net: session.net().clone(),
        permissions: permissions.clone(),
        parent: None,
        made_by: None,
    };
    let runtime = match start.replace {
        None => start::create(options)?,
        Some(_) => start::create_without_name(options)?,
    };
    let relay = Arc::new(
        Relay {
            session: session.clone(),
            request: id,
            ended: Atomic::new(false),
            streams,
        },
        GFP_KERNEL,
    )
    .map_err(|_| StartError::Errno(ENOMEM));
    let relay = match relay {
        Ok(relay) => relay,
        Err(error) => {
            start::abandon(&runtime);
            return Err(error);
        }
    };
    runtime.set_sink(Some(relay.clone()));
    session.on_cancel(id, Some(OnCancel::Stop(runtime.clone())));
    Ok((runtime, permissions, relay))
}

/// Answers a request that has run a script.
fn finish(
    session: &Session,
    id: u32,
    start: &Start<'_>,
    relay: Option<&Relay>,
    result: Result<Results, StartError>,
) {
    if let Some(relay) = relay {
        relay.ended.store(true, Release);
    }
    let was_cancelled = session.end(id);
    match result {
        // The runtime is stopped, whether the chunk has ended by itself or not.
        _ if was_cancelled => cancelled(session, id),
        Ok(results) => reply_results(session, id, &results.values, &results.texts),
        Err(error) => {
            let name = match error {
                StartError::NotFound => source_name(start),
                _ => name(start),
            };
            start_failed(session, id, name, &error);
        }
    }
}

/// Runs a script that stays.
pub(super) fn run(session: &Arc<Session>, id: u32, start: &Start<'_>, streams: Streams) {
    let (runtime, permissions, relay) = match create(session, id, start, Kind::Run, streams) {
        Ok(created) => created,
        Err(error) => return finish(session, id, start, None, Err(error)),
    };
    let result = Chain::new().map_err(StartError::Errno).and_then(|chain| {
        chunk::run(
            &runtime,
            &permissions,
            &chain,
            &program(start),
            start.arguments,
            &Claim::new(&runtime, &chain, start.replace),
        )
    });
    runtime.set_sink(None);
    finish(session, id, start, Some(&relay), result);
}

/// Runs a script and starts the thread of the function that it returns.
pub(super) fn spawn(session: &Arc<Session>, id: u32, start: &Start<'_>, streams: Streams) {
    let (runtime, _, relay) = match create(session, id, start, Kind::Spawn, streams) {
        Ok(created) => created,
        Err(error) => return finish(session, id, start, None, Err(error)),
    };
    let result = Chain::new()
        .map_err(StartError::Errno)
        .and_then(|chain| {
            let arguments =
                Message::from_codec(start.arguments).map_err(|_| StartError::Errno(ENOMEM))?;
            let claim = Claim::new(&runtime, &chain, start.replace);
            start::spawn(&runtime, &chain, None, &program(start), arguments, &claim)
        })
        .map(|_| Results::default());
    runtime.set_sink(None);
    finish(session, id, start, Some(&relay), result);
}

/// Runs a chunk in a runtime of its own.
pub(super) fn eval(session: &Arc<Session>, id: u32, start: &Start<'_>, streams: Streams) {
    let (runtime, _, relay) = match create(session, id, start, Kind::Eval, streams) {
        Ok(created) => created,
        Err(error) => return finish(session, id, start, None, Err(error)),
    };
    let result = Chain::new()
        .map_err(StartError::Errno)
        .and_then(|chain| chunk::eval(&runtime, &chain, &program(start), start.arguments));
    finish(session, id, start, Some(&relay), result);
}

fn repl_runtime(
    session: &Arc<Session>,
    budget: abi::Budget,
    named: Option<Permissions<'_>>,
) -> Result<Arc<Runtime>, StartError> {
    if let Some(runtime) = session.repl() {
        // A runtime that was made before the lockdown must not run new code either.
        return match start::is_locked_out(&runtime.permissions()) {
            true => Err(StartError::LockedDown),
            false => Ok(runtime),
        };
    }
    let runtime = start::create(Options {
        name: b"repl",
        kind: Kind::Eval,
        context: Context::Process,
        cpu: None,
        memory: parameters::memory(0, Context::Process),
        account: None,
        budget: self::budget(budget),
        memcg: session.memcg().clone(),
        net: session.net().clone(),
        permissions: permissions(named)?,
        parent: None,
        made_by: None,
    })?;
    if session.set_repl(&runtime) {
        return Ok(runtime);
    }
    start::abandon(&runtime);
    // Another request was faster, or the client is gone.
    session.repl().ok_or(StartError::Errno(EINTR))
}

/// Runs a chunk in the session's runtime.
pub(super) fn repl(
    session: &Arc<Session>,
    id: u32,
    text: &[u8],
    budget: abi::Budget,
    named: Option<Permissions<'_>>,
) {
    let result = repl_runtime(session, budget, named)
        .and_then(|runtime| repl_in(session, id, &runtime, text));
    let was_cancelled = session.end(id);
    match result {
        Ok(Some(results)) => reply_results(session, id, &results.values, &results.texts),
        Ok(None) => done(session, id, Outcome::Incomplete),
        Err(_) if was_cancelled => cancelled(session, id),
        Err(StartError::Failed(failure)) => script_failed(session, id, &failure),
        Err(error) => start_failed(session, id, b"repl", &error),
    }
}

fn repl_in(
    session: &Arc<Session>,
    id: u32,
    runtime: &Arc<Runtime>,
    text: &[u8],
) -> Result<Option<Results>, StartError> {
    let relay = Arc::new(
        Relay {
            session: session.clone(),
            request: id,
            ended: Atomic::new(false),
            streams: [None, None, None],
        },
        GFP_KERNEL,
    )
    .map_err(|_| StartError::Errno(ENOMEM))?;
    runtime.set_sink(Some(relay.clone()));
    session.on_cancel(id, Some(OnCancel::Interrupt(runtime.clone())));
    let chain = Chain::new().map_err(StartError::Errno)?;
    let result = chunk::repl(runtime, &chain, text);
    session.on_cancel(id, None);
    runtime.clear_cancel();
    runtime.set_sink(None);
    relay.ended.store(true, Release);
    result
}

/// Answers with the names that could complete an expression.
pub(super) fn complete(
    session: &Arc<Session>,
    id: u32,
    prefix: &[u8],
    budget: abi::Budget,
    named: Option<Permissions<'_>>,
) {
    let result = repl_runtime(session, budget, named).and_then(|runtime| {
        let chain = Chain::new().map_err(StartError::Errno)?;
        chunk::complete(&runtime, &chain, prefix)
    });
    session.end(id);
    match result {
        Ok(values) => reply_values(session, id, &values),
        Err(error) => start_failed(session, id, b"repl", &error),
    }
}
