// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Objects that runtimes share by reference.

use core::{any::TypeId, ptr};
use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::{
    instance::{Kind, Runtime},
    objects::{Class, Object},
    reaper, //
};

/// Something that several runtimes can refer to, and that a message or an RCU table can carry.
///
/// A type also implements [`Classed`](super::objects::Classed): its [`Class`] says what Lua code
/// can do with the object.
pub(crate) trait Shareable: Object + Sync {
    /// An address that is the same for all references to one object.
    fn identity(&self) -> *const () {
        ptr::from_ref(self).cast()
    }
}

/// A reference to a shareable object. It can be cloned in any context.
#[derive(Clone)]
pub(crate) struct Handle(Arc<dyn Shareable>);

impl Handle {
    /// Makes a handle.
    pub(crate) fn new<T: Shareable>(shared: Arc<T>) -> Self {
        Self(shared)
    }

    /// Whether both refer to the same object.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        ptr::eq(self.0.identity(), other.0.identity())
    }

    /// Whether it refers to a `T`.
    pub(crate) fn refers_to<T: Shareable>(&self) -> bool {
        (*self.0).type_of() == TypeId::of::<T>()
    }

    /// The object that it refers to, if that is a `T`.
    pub(crate) fn get<T: Shareable>(&self) -> Option<Arc<T>> {
        self.clone().into_inner().ok()
    }

    /// As [`get`](Self::get), without a reference of its own.
    pub(crate) fn borrow<T: Shareable>(&self) -> Option<&T> {
        // SAFETY: The object is a `T`: `Typed` has one implementation. It lives as long as the reference.
        self.refers_to::<T>()
            .then(|| unsafe { &*Arc::as_ptr(&self.0).cast::<T>() })
    }

    /// As [`get`](Self::get), but takes no further reference. Gives itself back if the object is no
    /// `T`.
    pub(crate) fn into_inner<T: Shareable>(self) -> Result<Arc<T>, Self> {
        if !self.refers_to::<T>() {
            return Err(self);
        }
        // SAFETY: The reference was made by `into_raw()` from an `Arc` of a `T`, as was just
        // checked.
        Ok(unsafe { Arc::from_raw(Arc::into_raw(self.0).cast::<T>()) })
    }
}

impl Object for Handle {
    fn class(&self) -> &'static Class {
        self.0.class()
    }
}

/// A reference to a runtime that keeps it running.
///
/// A child runtime has no name by which it could be stopped. So it is told to stop when its last
/// handle is dropped.
pub(crate) struct RuntimeHandle(Arc<Runtime>);

impl RuntimeHandle {
    /// Makes a handle.
    pub(crate) fn new(runtime: Arc<Runtime>) -> Result<Arc<Self>> {
        runtime.add_handle();
        // If this fails, the dropped value takes the handle back.
        Ok(Arc::new(Self(runtime), GFP_KERNEL_ACCOUNT)?)
    }

    /// The runtime that it refers to.
    pub(crate) fn runtime(&self) -> &Arc<Runtime> {
        &self.0
    }
}

impl Shareable for RuntimeHandle {
    fn identity(&self) -> *const () {
        Arc::as_ptr(&self.0).cast()
    }
}

impl Drop for RuntimeHandle {
    fn drop(&mut self) {
        if self.0.remove_handle() && self.0.kind() == Kind::Child {
            self.0.request_stop();
            reaper::finish(self.0.clone());
        }
    }
}
