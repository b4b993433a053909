// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Making actors.

use kernel::{prelude::*, sync::Arc};

use super::{
    super::{lunatik::start_error, worker::executor},
    channel,
    desk::Desk,
    program::Body,
};
use crate::{
    binding::{arguments::show, room::with_room},
    channel::{actor::group::Group, family::Family},
    linux::segment::NoRoom,
    lua::{self, Error, State},
    runtime::{
        children::{MAX_ALL, MAX_CHILDREN},
        executor::{self, Executor},
        instance::{KeepOfActor, Kind, Options},
        permissions, program,
        vm::Vm,
    },
    sched::{
        pool::Pool,
        start::{self, StartError, Unstarted},
    },
};

/// What an actor is called whose file is at `path`: the path below the folder of scripts, without the suffix.
fn name(path: &[u8]) -> &[u8] {
    let below = path.strip_prefix(program::DIRECTORY.as_bytes());
    let name = below
        .and_then(|path| path.strip_prefix(b"/"))
        .unwrap_or(path);
    name.strip_suffix(b".lua").unwrap_or(name)
}

/// Says why an actor could not be made.
#[cold]
fn failed(state: State, name: &[u8], error: StartError) -> Error {
    match error {
        StartError::Errno(error) if error == EMFILE => Error::message(fmt!(
            "{} could not be started: the script has {MAX_CHILDREN} actors already",
            show(name)
        )),
        StartError::Errno(error) if error == ENFILE => Error::message(fmt!(
            "{} could not be started: there are {MAX_ALL} workers, services and actors already",
            show(name)
        )),
        StartError::Errno(error) if error == ESHUTDOWN => Error::message(fmt!(
            "{} could not be started: the script of its actors has ended",
            show(name)
        )),
        error => start_error(state, name, error),
    }
}

/// A pool for one context. Its memory counts against the script.
fn new_pool(state: State, group: &Group, is_single: bool) -> lua::Result<Arc<dyn Executor>> {
    let account = group.script().account().clone();
    let made = with_room(state, |_| Pool::for_context(is_single, &account));
    let pool: Arc<dyn Executor> = made.unwrap_or_else(|NoRoom| Err(ENOMEM))?;
    Ok(pool)
}

/// `system.spawn(inherits, is_single, is_master)`: makes an actor that runs the text that `source` has found,
/// and returns a channel to it. It runs in the context of the caller, or in a new one of one thread, which
/// with `is_single` never gets a second one. With `is_master`, the caller hands that role over.
pub(super) fn spawn(state: State) -> lua::Result {
    let inherits = state.to_boolean(1);
    let is_single = state.to_boolean(2);
    let is_master = state.to_boolean(3);
    let (group, source) = Desk::with(state, |desk| (desk.group.clone(), desk.source.clone()))?;
    let source = source.ok_or_else(|| Error::message(fmt!("no module was found")))?;
    let caller = Vm::runtime_of(state);
    let memcg = caller.memcg();
    let context = match inherits {
        true => executor(state),
        false => new_pool(state, &group, is_single)?,
    };
    let script = group.script();
    let name = name(source.path().to_bytes());
    let permissions = memcg.charge(|| permissions::of(state).inherited())?;
    let options = Options::below(script, name, Kind::Actor, permissions);
    let runtime = with_room(state, |_| start::create(options))
        .unwrap_or_else(|NoRoom| Err(StartError::NoStack))
        .map_err(|error| failed(state, name, error))?;
    let unstarted = Unstarted::new(&runtime);
    memcg.charge(|| runtime.show_below(&caller))?;
    runtime.set_stops_with_parent();
    let inbox = memcg.charge(|| Desk::new_inbox(&runtime))?;
    channel::push(state, inbox.mailbox())?;
    let keep = KeepOfActor::new(&runtime);
    let body = Body::new(inbox, group.clone(), source.clone(), keep);
    let body = memcg.charge(|| KBox::new(body, GFP_KERNEL_ACCOUNT))?;
    caller.send_output();
    executor::start(context, runtime.clone(), body)?;
    unstarted.started();
    if is_master {
        group.hand_over(&caller, &runtime);
    }
    Ok(1)
}

/// `system.open(entry)`: makes the script an actor, whose file is at `entry`; that is nil, if there is none. The
/// script is the master of the actors that it makes. Has no effect in an actor.
pub(super) fn open(state: State) -> lua::Result {
    if Desk::exists(state) {
        return Ok(0);
    }
    let runtime: Arc<_> = Vm::runtime_of(state).into();
    let copy = |bytes: &[u8]| {
        let mut copy = KVec::new();
        copy.extend_from_slice(bytes, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        Ok::<_, kernel::error::Error>(copy)
    };
    let family = Family::of(state)?;
    let inbox = runtime.memcg().charge(|| {
        let root = copy(Vm::directory(&state))?;
        let entry = copy(state.to_bytes(1).unwrap_or_default())?;
        let group = Group::new(runtime.clone(), family, root, entry)?;
        Ok::<_, Error>((Desk::new_inbox(&runtime)?, group))
    });
    let (inbox, group) = inbox?;
    Desk::set_up(state, inbox, group)?;
    Ok(0)
}

/// `system.add_threads(count)`: adds threads to the context of the actor. Returns 0, or an error number.
pub(super) fn add_threads(state: State) -> lua::Result {
    let count = state.to_integer(1).unwrap_or(0);
    let count = u32::try_from(count.max(0)).unwrap_or(u32::MAX);
    let context = executor(state);
    if context.number() == 0 {
        // All scripts share that one, and it has a thread on each CPU.
        state.push_integer(0);
        return Ok(1);
    }
    let grown = with_room(state, |_| context.grow(count)).unwrap_or(Err(ENOMEM));
    let number = grown.map_or_else(|error| error.to_errno().saturating_neg(), |()| 0);
    state.push_integer(number.into());
    Ok(1)
}

/// `system.is_master()`: whether the actor is the master.
pub(super) fn is_master(state: State) -> lua::Result {
    let group = Desk::with(state, |desk| desk.group.clone())?;
    state.push_boolean(group.is_master(&Vm::runtime_of(state)));
    Ok(1)
}
