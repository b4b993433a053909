// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Answers to `status`.

use kernel::{
    prelude::*,
    str::CString, //
};

use super::{
    abi::{
        self,
        runtime_name,
        HookRow,
        HookState,
        Hooks,
        HooksWriter,
        Messages,
        MissedCalls,
        Reply,
        State,
        StatusRow, //
    },
    request::{fail, not_running, succeed},
    session::{Session, VecSink}, //
};
use crate::{
    codec::Message,
    linux::context::Context,
    runtime::{
        hooks::{self, Missed, SlotState},
        instance::{Phase, Runtime},
        live,
        parts,
        registry, //
    },
};

fn state(phase: Phase) -> State {
    match phase {
        Phase::Loading => State::Loading,
        Phase::Ready => State::Ready,
        Phase::Running => State::Running,
        Phase::Blocked => State::Blocked,
        Phase::Stopping => State::Stopping,
        Phase::Finished => State::Finished,
        Phase::Failed => State::Failed,
    }
}

fn class(context: Context) -> abi::Context {
    match context {
        Context::Process => abi::Context::Process,
        Context::Softirq => abi::Context::Softirq,
        Context::Hardirq => abi::Context::Hardirq,
    }
}

// Each hook of a runtime has its place in a frame.
const _: () = assert!(hooks::MOST_HOOKS <= abi::MAX_HOOKS as usize);

/// Encodes the hooks of a runtime.
fn encode_hooks(runtime: &Runtime) -> Result<KVVec<u8>> {
    let mut list = HooksWriter::new(VecSink(KVVec::new()));
    for hook in &hooks::status(runtime)? {
        let figures = &hook.figures;
        let missed = |why| figures.missed.of(why);
        let row = HookRow {
            name: hook.name(),
            state: match hook.state {
                SlotState::On => HookState::On,
                SlotState::Off => HookState::Off,
                SlotState::Disabled(_) => HookState::Disabled,
                SlotState::Stopped => HookState::Stopped,
            },
            reason: hook.state.reason().as_bytes(),
            place: hook.place(),
            runs: figures.runs,
            failures: figures.failures,
            overruns: figures.overruns,
            missed: MissedCalls {
                closed: missed(Missed::Closed),
                busy: missed(Missed::Busy),
                contended: missed(Missed::Contended),
                context: missed(Missed::Context),
                depth: missed(Missed::Depth),
            },
            ns: figures.ns,
            longest_ns: figures.longest,
        };
        list.add(&row).map_err(|_| ENOMEM)?;
    }
    let VecSink(bytes) = list.finish().map_err(|_| ENOMEM)?;
    Ok(bytes)
}

fn send_row(session: &Session, id: u32, runtime: &Runtime) -> Result {
    let hooks = encode_hooks(runtime)?;
    let hooks = Message::check(&hooks).map_err(|_| EINVAL)?;
    let (used, _, limit) = runtime.memory();
    let failure = runtime.failure();
    let note = match runtime.pledges_in_vain() {
        true => " (pledged without -P: what is not named is permitted, too)",
        false => "",
    };
    let permissions = CString::try_from_fmt(format_args!("{}{note}", **runtime.permissions()));
    let row = StatusRow {
        name: runtime.name(),
        id: runtime.id(),
        parent: runtime.place(),
        kind: runtime.kind().name().as_bytes(),
        state: state(runtime.phase()),
        class: class(runtime.context()),
        context: runtime.pooled().context().map(u64::from),
        waits_for: runtime.waits_for().text().as_bytes(),
        cpu: runtime.cpu(),
        memory_used: used as u64,
        memory_limit: limit as u64,
        cpu_ns: runtime.cpu_ns(),
        cpu_limit_ms: runtime.meter().budget().cpu_ms,
        slice_ms: runtime.meter().budget().slice_ms,
        stop_latency_ns: runtime.stop_latency_ns(),
        age_ns: u64::try_from(runtime.age().as_nanos()).unwrap_or(0),
        hooks: Hooks::new(hooks).map_err(|_| EINVAL)?,
        stopped: runtime.phase().is_over() && runtime.was_stopped(),
        lost: runtime.hooked().map(|hooked| hooked.sends().lost_in_all()),
        messages: runtime.messages().map(|messages| Messages {
            waiting: messages.waiting,
            received: messages.received,
        }),
        permissions: permissions.as_ref().map_or(b"", |text| text.to_bytes()),
        error: failure.as_ref().map_or(b"", |failure| &failure.message),
        traceback: failure.as_ref().map_or(b"", |failure| &failure.traceback),
    };
    // If the client is gone, there is nothing to do.
    let _ = session.reply(id, &Reply::Status(row));
    Ok(())
}

/// Answers with the status of one script or of all, or forgets the scripts that have ended.
pub(super) fn status(session: &Session, id: u32, name: Option<&[u8]>, clear: bool) {
    let name = name.map(|given| runtime_name(given).unwrap_or(given));
    let found = if clear {
        Ok(registry::forget(name) || name.is_none())
    } else {
        match name {
            Some(name) => called(session, id, name),
            None => all(session, id).map(|()| true),
        }
    };
    match found {
        Ok(false) => not_running(session, id, name.unwrap_or_default()),
        Ok(true) => {
            session.end(id);
            succeed(session, id);
        }
        Err(error) => {
            session.end(id);
            fail(session, id, error.to_errno(), b"out of memory");
        }
    }
}

/// Sends the status of the script called `name`, or of the workers, services, actors and members with that
/// name or number. Returns whether there is one. Fails if there is no memory.
fn called(session: &Session, id: u32, name: &[u8]) -> Result<bool> {
    if let Some(runtime) = registry::find(name) {
        return send_row(session, id, &runtime).map(|()| true);
    }
    let mut any = false;
    for runtime in parts::shown(name) {
        send_row(session, id, &runtime)?;
        any = true;
    }
    if let Some(runtime) = registry::outcome(name) {
        send_row(session, id, &runtime)?;
        any = true;
    }
    if let Some(runtime) = parts::numbered(name).filter(|_| !any) {
        send_row(session, id, &runtime)?;
        any = true;
    }
    Ok(any)
}

fn all(session: &Session, id: u32) -> Result {
    let mut last = 0;
    while let Some(runtime) = live::next(last) {
        last = runtime.id();
        if runtime.phase().is_over() {
            // The runtime is just ending; its outcome is found below.
            continue;
        }
        send_row(session, id, &runtime)?;
    }
    for runtime in registry::outcomes()?.iter() {
        send_row(session, id, runtime)?;
    }
    Ok(())
}
