// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Userdata: how Lua code refers to objects of Rust. See `runtime/objects.rs`.

use core::ffi::c_int;
use kernel::prelude::*;

use super::{
    device::Registration,
    llthreads::Child,
    mtmsg::BufferReference, //
};
use crate::{
    channel::worker::WorkerHandle,
    lua::{self, Error, Free, Kind, State},
    native,
    runtime::{
        directory::Listing,
        handle::Handle,
        interruptible::Interruptible,
        objects::ObjectId,
        rcu_table::Walk,
        vm::Vm, //
    },
};

/// An object that Lua code can refer to.
pub(crate) enum Object {
    /// Something that can be shared with other runtimes.
    Handle(Handle),
    /// A walk through an RCU table.
    Walk(KBox<Walk>),
    /// A character device.
    Device(Registration),
    /// A thread of Lua that may be interrupted.
    Interruptible(Listing<Interruptible>),
    /// A buffer of messages.
    Buffer(BufferReference),
    /// A thread of `llthreads2`.
    Child(KBox<Child>),
    /// A worker of the runtime.
    Worker(WorkerHandle),
}

impl Object {
    /// What Lua code calls the type.
    fn type_name(&self) -> &'static str {
        match self {
            Self::Handle(Handle::Table(_)) => "rcu.table",
            Self::Handle(Handle::Runtime(_)) => "lunatik.runtime",
            Self::Handle(Handle::Thread(_)) => "lunatik.thread",
            Self::Walk(_) => "rcu.walk",
            Self::Device(_) => "device",
            Self::Interruptible(_) => "mtint.interruptible",
            Self::Buffer(_) => "mtmsg.buffer",
            Self::Child(_) => "llthreads2.thread",
            Self::Worker(_) => "worker.state",
        }
    }
}

/// A kind of userdata: a name for the metatable, and what fills it.
pub(super) struct Class {
    pub(super) name: &'static CStr,
    pub(super) fill: fn(State, c_int) -> lua::Result<()>,
}

/// The number in the userdata at `index`, if it is one of ours.
fn id(state: State, index: c_int) -> Option<ObjectId> {
    if state.kind(index) != Kind::Userdata {
        return None;
    }
    let (block, size) = state.userdata(index)?;
    if size != size_of::<ObjectId>() {
        return None;
    }
    // SAFETY: The block is that big, and Lua aligns it for every basic type. Any bytes are a
    // valid number: whoever made this userdata, it leads to an object or to none.
    Some(unsafe { block.cast::<ObjectId>().read() })
}

/// Calls `with` with the object at `index`, which must not call Lua.
pub(super) fn with<T>(
    state: State,
    index: c_int,
    with: impl FnOnce(&mut Object) -> Option<T>,
) -> Option<T> {
    let id = id(state, index)?;
    Vm::with_objects(state, |objects| objects.get_mut(id).and_then(with))
}

/// The name of the type of the object at `index`.
pub(super) fn type_name(state: State, index: c_int) -> Option<&'static str> {
    with(state, index, |object| Some(object.type_name()))
}

/// Pushes the metatable of `class`.
fn push_metatable(state: State, class: &Class) -> lua::Result<()> {
    let fresh = state.metatable(class.name)?;
    let metatable = state.top();
    let finalizer = state.get_field(metatable, c"__gc")?;
    state.pop(1);
    // A table that was begun when there was no memory to finish it has no finalizer yet.
    if fresh || finalizer == Kind::Nil {
        state.push_boolean(false);
        state.set_field(metatable, c"__metatable")?;
        (class.fill)(state, metatable)?;
        state.set_function(metatable, c"__gc", native!(collect, Free))?;
    }
    Ok(())
}

/// Has Lua collect its garbage, in the hope that objects go away with it.
pub(super) fn collect_garbage(state: State) -> lua::Result<()> {
    let guard = state.guard();
    state.push_globals();
    if state.get_field(-1, c"collectgarbage")? == Kind::Function {
        state.call(0, 0)?;
    }
    drop(guard);
    Ok(())
}

/// Calls `make`; where it fails for lack of room or memory, once more when Lua has collected its
/// garbage.
pub(super) fn make<T>(state: State, make: impl Fn() -> Result<T>) -> lua::Result<T> {
    match make() {
        Err(error) if error == ENOMEM || error == ENOSPC => {
            collect_garbage(state)?;
            make().map_err(|error| {
                if error == ENOSPC {
                    Error::message(fmt!("too many objects"))
                } else {
                    error.into()
                }
            })
        }
        result => Ok(result?),
    }
}

/// Pushes a userdata of `class` that refers to `object`.
pub(super) fn push(state: State, class: &Class, object: Object) -> lua::Result<()> {
    state.reserve(lua::MIN_STACK)?;
    let block = state
        .new_userdata(size_of::<ObjectId>())?
        .cast::<ObjectId>();
    let userdata = state.top();
    // SAFETY: The block is that big and aligned; this number leads to no object.
    unsafe { block.write(ObjectId::NULL) };
    push_metatable(state, class)?;
    state.set_metatable(userdata)?;
    if Vm::with_objects(state, |objects| objects.is_full()) {
        collect_garbage(state)?;
    }
    let id = Vm::with_objects(state, |objects| objects.insert(object)).map_err(|error| {
        if error == ENOSPC {
            Error::message(fmt!("too many objects"))
        } else {
            error.into()
        }
    })?;
    // SAFETY: As above; the userdata is still on the stack.
    unsafe { block.write(id) };
    Ok(())
}

/// `__gc`: gives the object up.
fn collect(state: State) -> lua::Result {
    let object = id(state, 1).and_then(|id| Vm::with_objects(state, |objects| objects.remove(id)));
    // May sleep and free, with nothing of the VM borrowed.
    drop(object);
    Ok(0)
}
