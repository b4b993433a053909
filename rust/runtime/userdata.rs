// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Userdata: how Lua code refers to objects of Rust. See `objects.rs`.

use core::ffi::c_int;
use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::{
    handle::{Handle, Shareable},
    objects::{Class, Classed, Object, ObjectId, Objects},
    vm::Vm, //
};
use crate::{
    linux::context::Context,
    lua::{self, Anywhere, Error, Free, Kind, State},
    native, //
};

/// The number in the userdata at `index`, if the userdata can be one of this module's. Any number
/// is safe to use: it leads to an object or to none.
fn id(state: State, index: c_int) -> Option<ObjectId> {
    state.userdata(index)
}

/// Calls `with` with the `T` at `index`, if there is one. It must neither call Lua nor drop an
/// object.
pub(crate) fn with<T: Object, R>(
    state: State,
    index: c_int,
    with: impl FnOnce(&mut T) -> R,
) -> Option<R> {
    let id = id(state, index)?;
    Vm::with_objects(state, |objects| {
        objects.get_mut(id)?.downcast_mut::<T>().map(with)
    })
    .flatten()
}

/// As [`with`]. If there is no `T`, this fails with the error of a wrong argument.
pub(crate) fn argument<T: Object + Classed, R>(
    state: State,
    index: c_int,
    with: impl FnOnce(&mut T) -> R,
) -> lua::Result<R> {
    self::with(state, index, with).ok_or_else(|| wrong_type(state, index, T::CLASS))
}

/// The name of the type of the object at `index`, if there is one.
pub(crate) fn type_name(state: State, index: c_int) -> Option<&'static str> {
    let id = id(state, index)?;
    Vm::with_objects(state, |objects| {
        objects.get_mut(id).map(|object| name(object.class()))
    })
    .flatten()
}

fn name(class: &'static Class) -> &'static str {
    class.name.to_str().unwrap_or("userdata")
}

/// The error of an argument that is no object of `class`.
#[cold]
fn wrong_type(state: State, index: c_int, class: &'static Class) -> Error {
    let got = type_name(state, index).unwrap_or_else(|| state.kind(index).name());
    Error::argument(index, fmt!("{} expected, got {got}", name(class)))
}

/// The handle at `index`, if there is one.
pub(crate) fn handle(state: State, index: c_int) -> Option<Handle> {
    with(state, index, |handle: &mut Handle| handle.clone())
}

/// The object that the handle at `index` refers to, if that is a `T`.
pub(crate) fn shared<T: Shareable + Classed>(state: State, index: c_int) -> lua::Result<Arc<T>> {
    handle(state, index)
        .and_then(|handle| handle.into_inner().ok())
        .ok_or_else(|| wrong_type(state, index, T::CLASS))
}

/// Calls `with` with the object that the handle at `index` refers to, if that is a `T`; otherwise this
/// fails as [`shared`] does. It takes no reference, which would write to memory that all users of the
/// object share. `with` must neither call Lua nor drop an object.
pub(crate) fn with_shared<T: Shareable + Classed, R>(
    state: State,
    index: c_int,
    with: impl FnOnce(&T) -> R,
) -> lua::Result<R> {
    self::with(state, index, |handle: &mut Handle| {
        handle.borrow::<T>().map(with)
    })
    .flatten()
    .ok_or_else(|| wrong_type(state, index, T::CLASS))
}

/// `__eq` of handles: whether two userdata refer to the same object.
fn equal(state: State) -> lua::Result {
    let same = match (handle(state, 1), handle(state, 2)) {
        (Some(a), Some(b)) => a.is_same(&b),
        _ => false,
    };
    state.push_boolean(same);
    Ok(1)
}

/// Fills the metatable of a class of handles with the methods that all such classes have.
pub(crate) fn fill_shared(state: State, metatable: c_int) -> lua::Result<()> {
    Ok(state.set_function(metatable, c"__eq", native!(equal, Free, Anywhere))?)
}

/// Pushes the metatable of `class`. Only for modules that complete it.
pub(crate) fn push_metatable(state: State, class: &Class) -> lua::Result<()> {
    let fresh = state.metatable(class.name)?;
    let metatable = state.top();
    let finalizer = state.get_field(metatable, c"__gc")?;
    state.pop(1);
    // If memory ran out while the table was being filled, it has no finalizer yet.
    if fresh || finalizer == Kind::Nil {
        state.push_boolean(false);
        state.set_field(metatable, c"__metatable")?;
        (class.fill)(state, metatable)?;
        state.set_function(metatable, c"__gc", native!(collect, Free, Anywhere))?;
    }
    Ok(())
}

/// Makes Lua collect its garbage, which may free objects.
pub(crate) fn collect_garbage(state: State) -> lua::Result<()> {
    let guard = state.guard();
    state.push_globals();
    if state.get_field(-1, c"collectgarbage")? == Kind::Function {
        state.call(0, 0)?;
    }
    drop(guard);
    Ok(())
}

/// Calls `make`. If it fails for lack of room or memory, Lua collects its garbage, and `make` is
/// called once more.
pub(crate) fn make<T>(state: State, make: impl Fn() -> Result<T>) -> lua::Result<T> {
    match make() {
        Err(error) if error == ENOMEM || error == ENOSPC => {
            collect_garbage(state)?;
            make().map_err(no_room)
        }
        result => Ok(result?),
    }
}

/// Pushes a userdata that refers to `object`.
///
/// In code that must not sleep, only a handle may be pushed to which somebody else has another reference, so
/// that dropping it frees nothing. In a context of class hardirq this fails.
pub(crate) fn push<T: Object>(state: State, object: T) -> lua::Result<()> {
    let context = state.context();
    if context == Context::Hardirq {
        return Err(Error::Atomic);
    }
    state.reserve(lua::MIN_STACK)?;
    let object: KBox<dyn Object> = KBox::new(object, context.allocation())?;
    state.new_userdata(ObjectId::NULL)?;
    let userdata = state.top();
    push_metatable(state, object.class())?;
    state.set_metatable(userdata)?;
    if Vm::with_objects(state, |objects| objects.is_full()) == Some(true) {
        collect_garbage(state)?;
    }
    let insert = |objects: &mut Objects| objects.insert(object, context);
    let Some(inserted) = Vm::with_objects(state, insert) else {
        return Err(EBUSY.into());
    };
    let id = inserted.map_err(|(error, object)| {
        // Nothing of the VM is borrowed any more.
        drop(object);
        no_room(error)
    })?;
    state.set_userdata(userdata, id);
    Ok(())
}

/// Pushes a userdata that refers to what `handle` does, a clone of a value of an RCU table.
///
/// In a hook the userdata refers to it until the hook has returned, and then to nothing. So code that
/// fetches an object for each packet leaves nothing to be finalized.
pub(crate) fn push_fetched(state: State, handle: Handle) -> lua::Result<()> {
    if state.context() == Context::Softirq && Vm::is_in_hook(state) {
        lend(state, handle)
    } else {
        push(state, handle)
    }
}

fn lend(state: State, handle: Handle) -> lua::Result<()> {
    state.reserve(lua::MIN_STACK)?;
    state.new_userdata(ObjectId::NULL)?;
    let userdata = state.top();
    push_metatable(state, handle.class())?;
    state.set_metatable_of_lent();
    // One that is fetched again takes no room again.
    let is_same = |object: &dyn Object| {
        object
            .downcast_ref::<Handle>()
            .is_some_and(|lent| lent.is_same(&handle))
    };
    let lent = Vm::with_objects(state, |objects| objects.find_lent(is_same)).flatten();
    if let Some(id) = lent {
        state.set_userdata(userdata, id);
        return Ok(());
    }
    let object: KBox<dyn Object> = KBox::new(handle, Context::Softirq.allocation())?;
    let Some(inserted) = Vm::with_objects(state, |objects| objects.lend(object)) else {
        return Err(EBUSY.into());
    };
    let id = inserted.map_err(|(error, object)| {
        // Nothing of the VM is borrowed any more.
        drop(object);
        no_room(error)
    })?;
    state.set_userdata(userdata, id);
    Ok(())
}

/// The error of an object that could not be made.
fn no_room(error: kernel::error::Error) -> Error {
    if error == ENOSPC {
        Error::message(fmt!("too many objects"))
    } else {
        error.into()
    }
}

/// Drops the `T` at `index`, if there is one. The userdata refers to nothing from then on.
pub(crate) fn drop_shared<T: Shareable + Classed>(state: State, index: c_int) -> lua::Result<()> {
    shared::<T>(state, index)?;
    let object = id(state, index)
        .and_then(|id| Vm::with_objects(state, |objects| objects.remove(id)))
        .flatten();
    // Nothing of the VM is borrowed.
    drop(object);
    Ok(())
}

/// Drops each handle of the VM to a `T`: their userdata refer to nothing from then on.
pub(crate) fn drop_all_shared<T: Shareable>(state: State) {
    let is_wanted = |object: &dyn Object| {
        object
            .downcast_ref::<Handle>()
            .is_some_and(Handle::refers_to::<T>)
    };
    let mut from = 0;
    loop {
        let found = Vm::with_objects(state, |objects| {
            let (id, next) = objects.find(from, is_wanted)?;
            Some((objects.remove(id), next))
        });
        let Some(Some((object, next))) = found else {
            return;
        };
        // Nothing of the VM is borrowed.
        drop(object);
        from = next;
    }
}

/// Whether the userdata at `index` is of `class`, also if it refers to nothing any more.
pub(crate) fn is_of(state: State, index: c_int, class: &Class) -> lua::Result<bool> {
    let guard = state.guard();
    let index = state.absolute(index);
    let mut is_of = false;
    if state.kind(index) == Kind::Userdata && state.push_metatable(index) {
        push_metatable(state, class)?;
        is_of = state.identity(-1) == state.identity(-2);
    }
    drop(guard);
    Ok(is_of)
}

/// `__gc`: drops the object.
fn collect(state: State) -> lua::Result {
    if !state.context().may_sleep() {
        // The attendant of the hooks drops it.
        if let Some(id) = id(state, 1) {
            Vm::with_objects(state, |objects| objects.doom(id));
        }
        return Ok(0);
    }
    let object = id(state, 1)
        .and_then(|id| Vm::with_objects(state, |objects| objects.remove(id)))
        .flatten();
    // This may sleep and free memory; nothing of the VM is borrowed.
    drop(object);
    Ok(0)
}
