// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Values that other parts have attached to a virtual machine: one of each type.
//!
//! A part that is built on runtimes keeps its data about each of them here. So the virtual machine
//! does not have to know that part. The values are dropped with the VM, after its state was closed.

use core::any::Any;
use kernel::prelude::*;

use super::Vm;
use crate::lua::State;

/// Values of different types.
pub(super) struct Attachments(KVec<KBox<dyn Any + Send>>);

impl Attachments {
    pub(super) const fn new() -> Self {
        Self(KVec::new())
    }

    fn find<T: 'static>(&self) -> Option<&T> {
        self.0.iter().find_map(|value| value.downcast_ref::<T>())
    }

    fn find_mut<T: 'static>(&mut self) -> Option<&mut T> {
        self.0
            .iter_mut()
            .find_map(|value| value.downcast_mut::<T>())
    }

    /// Keeps `value`, and returns the former value of the same type.
    fn replace<T: Send + 'static>(&mut self, value: T) -> Result<Option<T>> {
        let known = self.0.iter_mut();
        if let Some(known) = known.filter_map(|known| known.downcast_mut::<T>()).next() {
            return Ok(Some(core::mem::replace(known, value)));
        }
        let value: KBox<dyn Any + Send> = KBox::new(value, GFP_KERNEL_ACCOUNT)?;
        self.0.push(value, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        Ok(None)
    }
}

impl Vm {
    /// The `T` that is attached to the VM of `state`, if there is one.
    pub(crate) fn attachment<T: Clone + Send + 'static>(state: State) -> Option<T> {
        let attachments = Self::of(&state).attachments.try_borrow().ok()?;
        attachments.find::<T>().cloned()
    }

    /// Attaches `value` to the VM of `state`, in place of the former value of its type.
    pub(crate) fn attach<T: Send + 'static>(state: State, value: T) -> Result {
        let attachments = Self::of(&state).attachments.try_borrow_mut();
        let former = attachments.map_err(|_| EBUSY)?.replace(value);
        // Nothing of the VM is borrowed any more.
        drop(former?);
        Ok(())
    }

    /// Calls `with` with the `T` that is attached to the VM of `state`. If there is none, `make`
    /// makes one first. If `with` or `make` calls this function again, the inner call fails with
    /// `EBUSY`.
    pub(crate) fn with_attachment<T: Send + 'static, R>(
        state: State,
        make: impl FnOnce() -> Result<T>,
        with: impl FnOnce(&mut T) -> R,
    ) -> Result<R> {
        let mut attachments = Self::of(&state)
            .attachments
            .try_borrow_mut()
            .map_err(|_| EBUSY)?;
        if attachments.find::<T>().is_none() {
            attachments.replace(make()?)?;
        }
        attachments.find_mut().map(with).ok_or(ENOMEM)
    }

    /// The `T` that is attached to the VM of `state`; if there is none, one is made now.
    pub(crate) fn attachment_or<T: Clone + Send + 'static>(
        state: State,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if let Some(value) = Self::attachment(state) {
            return Ok(value);
        }
        let made = make()?;
        Self::attach(state, made.clone())?;
        Ok(made)
    }
}
