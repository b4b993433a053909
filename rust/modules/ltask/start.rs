// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Starting a system, and waiting for its end: what the script does that has started it.

use core::{ffi::c_int, ops::RangeInclusive};
use kernel::{
    prelude::*,
    str::BStr,
    sync::Arc, //
};

use super::{
    interrupted,
    services::{self, Place},
    values, workers,
};
use crate::{
    binding::{arguments::optional_milliseconds, sending::too_much},
    channel::{
        family::Family,
        service::{
            parcel::{Head, Kind, Parcel},
            system::{Config, Outcome, System, MAX_QUEUE, MAX_SERVICES, ROOT},
            Label,
        },
    },
    linux::context::MaySleep,
    lua::{self, Error, Kind as ValueKind, State},
    runtime::{
        message::Message,
        objects::{Class, Classed},
        parking::{wait as wait_for, Waited},
        permissions, userdata,
        vm::Vm,
    },
};

/// What the script has of the system that it has started.
struct Context(Arc<System>);

impl Classed for Context {
    const CLASS: &'static Class = &CONTEXT;
}

impl Drop for Context {
    fn drop(&mut self) {
        // However the caller has ended, the answer is dropped with the context. If a system kept
        // its answer, that could refer to another system with an answer, and so on: dropping the
        // first one would recurse without bound.
        self.0.outside().give_up();
    }
}

const CONTEXT: Class = Class {
    name: c"ltask.context",
    fill: |_, _| Ok(()),
};

/// The system of the context at 1.
pub(super) fn system_of(state: State) -> lua::Result<Arc<System>> {
    userdata::argument(state, 1, |context: &mut Context| context.0.clone())
}

/// The integer in the field `name` of the table at 1, rounded up to a power of two unless it is 0. The
/// table gets the result.
fn field(state: State, name: &CStr, range: RangeInclusive<usize>) -> lua::Result<usize> {
    let kind = state.get_field(1, name)?;
    let given = state.to_integer(-1);
    state.pop(1);
    let value = match (kind, given.and_then(|given| usize::try_from(given).ok())) {
        (ValueKind::Integer, Some(0)) if range.contains(&0) => 0,
        (ValueKind::Integer, Some(given)) if range.contains(&given) => given.next_power_of_two(),
        _ => {
            return Err(Error::message(fmt!(
                ".{} should be an integer from {} to {}",
                BStr::from_bytes(name.to_bytes()),
                range.start(),
                range.end(),
            )))
        }
    };
    // CAST: the largest range ends far below.
    state.push_integer(value as i64);
    state.set_field(1, name)?;
    Ok(value)
}

/// The message that has the root begin: `init` with the value at `index`.
fn begin(state: State, index: c_int) -> lua::Result<Message> {
    let guard = state.guard();
    state.push_bytes(b"init")?;
    state.push_value(index);
    let message = values::encode(state, state.top().saturating_sub(1));
    drop(guard);
    message
}

/// `core.start(config, init)`: starts a system below the script that calls, whose root is begun with
/// `init`. Returns what `wait` waits for. The numbers of `config` become those that hold.
pub(super) fn start(state: State) -> lua::Result {
    if state.kind(1) != ValueKind::Table {
        return Err(crate::binding::arguments::type_error(state, 1, "table"));
    }
    let mut directory = KVec::new();
    directory.extend_from_slice(Vm::directory(&state), GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
    let config = Config {
        queue: field(state, c"queue", 2..=MAX_QUEUE)?,
        services: field(state, c"max_service", 2..=MAX_SERVICES)?,
        external: field(state, c"external_queue", 0..=MAX_QUEUE)?,
        directory,
    };
    let place = Place {
        executor: workers::executor_of_system(state)?,
        worker: None,
    };
    let runtime = Vm::runtime_of(state);
    let message = runtime.memcg().charge(|| begin(state, 2))?;
    let family = Family::of(state)?;
    let system = runtime
        .memcg()
        .charge(|| System::new(config, family, runtime.account()))?;
    userdata::push(state, Context(system.clone()))?;
    let head = Head {
        from: 0,
        to: ROOT,
        number: 1,
        kind: Kind::System,
    };
    let held = permissions::of(state);
    let mut message = Some(message);
    let (family, label) = (system.family(), Label::new(b"root"));
    services::make(state, &system, ROOT, label, &held, place, |root| {
        let mut parcel = Parcel::new(head, None, None)?;
        let filled = parcel.as_mut().fill(family, |place| {
            *place = message.take().unwrap_or_default();
            Ok::<_, Error>(())
        })?;
        filled.ok_or_else(too_much)?;
        root.put(&mut Some(parcel.into()), None)?;
        Ok(())
    })?;
    Ok(1)
}

/// `core.wait(context [, ms])`: waits until a system has ended and all its services are gone. Returns
/// its code and, if it has not ended well, why; nothing, if `ms` milliseconds are over.
pub(super) fn wait(state: State, may: MaySleep<'_>) -> lua::Result {
    let system = system_of(state)?;
    let timeout = optional_milliseconds(state, 2)?;
    let own = Vm::runtime_of(state).into();
    let waited = wait_for(state, may, timeout, || {
        let outcome = system.outcome(&own)?;
        // The root wakes this runtime when it is gone, and its services are gone before it.
        let gone = system.root().is_none_or(|root| root.phase().is_over());
        Ok(outcome.filter(|_| gone))
    })?;
    match waited {
        Waited::Done(Outcome { code, text }) => {
            state.push_integer(code);
            match text {
                Some(failure) => state.push_bytes(&failure.message)?,
                None => state.push_nil(),
            }
            Ok(2)
        }
        Waited::TimedOut => Ok(0),
        Waited::Ended { .. } => Err(interrupted()),
    }
}
