// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the root does: it makes services, and ends the system.

use kernel::{
    prelude::*,
    str::BStr,
    sync::Arc, //
};

use super::{
    super::{lunatik::start_error, worker::executor},
    desk::Desk,
    program::Body,
    workers,
};
use crate::{
    binding::{
        arguments::{self, show},
        room::with_room,
    },
    channel::service::{system::System, Label, Service},
    linux::segment::NoRoom,
    lua::{self, Error, Kind as ValueKind, State, Text},
    runtime::{
        children::{MAX_ALL, MAX_CHILDREN},
        execute,
        executor::{self, Executor},
        instance::{Keep, Kind, Options, Runtime},
        objects::{Class, Classed},
        permissions::{self, Held},
        userdata,
        vm::Vm,
    },
    sched::start::{self, StartError, Unstarted},
};

/// What the code may do that has asked the root for something. Lua code can only pass it on.
struct Mandate(Arc<Held>);

impl Classed for Mandate {
    const CLASS: &'static Class = &MANDATE;
}

const MANDATE: Class = Class {
    name: c"ltask.mandate",
    fill: |_, _| Ok(()),
};

/// What executes a service: an executor, and the only one of its workers that does, if it is bound.
pub(super) struct Place {
    pub(super) executor: Arc<dyn Executor>,
    pub(super) worker: Option<u32>,
}

/// Makes and starts the service `id`. It has the permissions of `held` and the limits of the runtime
/// of `state`, below which it appears.
pub(super) fn make(
    state: State,
    system: &Arc<System>,
    id: u32,
    label: Label,
    held: &Arc<Held>,
    place: Place,
    prepare: impl FnOnce(&Arc<Service>) -> lua::Result<()>,
) -> lua::Result<()> {
    let parent: Arc<Runtime> = Vm::runtime_of(state).into();
    let memcg = parent.memcg();
    let name = Text::new(fmt!("{}:{id}", BStr::from_bytes(label.as_bytes())));
    let permissions = memcg.charge(|| held.inherited())?;
    let options = Options::below(&parent, name.as_bytes(), Kind::Service, permissions);
    let runtime = with_room(state, |_| start::create(options))
        .unwrap_or_else(|NoRoom| Err(StartError::NoStack))
        .map_err(|error| failed(state, name.as_bytes(), error))?;
    let unstarted = Unstarted::new(&runtime);
    let body = memcg.charge(|| {
        let service = Service::new(id, label, system, runtime.clone())?;
        let keep = service.is_root().then(|| Keep::new(&runtime));
        // Dropping it closes the service.
        let body = KBox::new(Body::new(service.clone(), keep), GFP_KERNEL_ACCOUNT)?;
        prepare(&service)?;
        system.add(&service).map_err(|error| {
            if error == ESHUTDOWN {
                Error::message(fmt!("the services are ending"))
            } else {
                error.into()
            }
        })?;
        Ok::<_, Error>(body)
    })?;
    parent.send_output();
    runtime.pooled().bind(place.worker);
    executor::start(place.executor, runtime, body)?;
    unstarted.started();
    Ok(())
}

/// Says why a service could not be made.
#[cold]
fn failed(state: State, name: &[u8], error: StartError) -> Error {
    match error {
        StartError::Errno(error) if error == EMFILE => Error::message(fmt!(
            "{} could not be started: there are {MAX_CHILDREN} services already",
            show(name)
        )),
        StartError::Errno(error) if error == ENFILE => Error::message(fmt!(
            "{} could not be started: there are {MAX_ALL} workers and services already",
            show(name)
        )),
        error => start_error(state, name, error),
    }
}

/// `core.mandate()`: in the root, what the code may do that has sent the last message, for
/// `new_service`; nil, if no code has.
pub(super) fn mandate(state: State) -> lua::Result {
    Desk::root(state)?;
    match Desk::with(state, |desk| desk.mandate.clone())? {
        Some(held) => userdata::push(state, Mandate(held))?,
        None => state.push_nil(),
    }
    Ok(1)
}

/// `core.new_service(label [, mandate [, worker]])`: in the root, makes a service, which may do what
/// `mandate` says, without one what the root may. It is bound to `worker`. Returns its number.
pub(super) fn new_service(state: State) -> lua::Result {
    let root = Desk::root(state)?;
    let label = Label::new(arguments::string(state, 1)?);
    let held = match state.kind(2) {
        ValueKind::None | ValueKind::Nil | ValueKind::Boolean => permissions::of(state),
        _ => userdata::argument(state, 2, |mandate: &mut Mandate| mandate.0.clone())?,
    };
    let executor = executor(state);
    let place = Place {
        worker: workers::worker(state, 3, &*executor)?,
        executor,
    };
    let system = root.system();
    let id = system
        .new_id()
        .map_err(|_| Error::message(fmt!("there are too many services already")))?;
    make(state, system, id, label, &held, place, |_| Ok(()))?;
    state.push_integer(id.into());
    Ok(1)
}

/// `core.services()`: a list of the numbers of all services.
pub(super) fn services(state: State) -> lua::Result {
    let service = Desk::service(state)?;
    state.new_table(0, 0)?;
    let (mut id, mut count) = (0, 0_i64);
    while let Some(next) = service.system().next(id) {
        id = next;
        count = count.saturating_add(1);
        state.push_integer(count);
        state.push_integer(id.into());
        state.raw_set(-3)?;
    }
    Ok(1)
}

/// `core.set_exit_code(code [, text])`: in the root, how the system ends.
pub(super) fn set_exit_code(state: State) -> lua::Result {
    let root = Desk::root(state)?;
    let code = arguments::integer(state, 1)?;
    let text = match state.to_bytes(2) {
        Some(text) => Some(execute::failure_of(text)?),
        None => None,
    };
    root.system().set_outcome(code, text);
    Ok(0)
}
