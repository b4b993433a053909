// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The object that a hook function was called for, such as a packet. The kernel lends the object for
//! one call.

use core::{any::TypeId, cell::Cell, ptr};

use super::Vm;
use crate::lua::State;

/// An object that was lent: its type, and where it is.
struct Lent {
    kind: TypeId,
    object: *const (),
}

/// The object of the hook function that runs, if one does.
///
/// # Invariants
///
/// The pointer is null, or what it points to lives until the cell is set again. So does the object, which has
/// the type of that id.
pub(super) struct Subject(Cell<*const Lent>);

impl Subject {
    pub(super) const fn none() -> Self {
        // INVARIANT: It is null.
        Self(Cell::new(ptr::null()))
    }

    fn get(&self) -> Option<&Lent> {
        // SAFETY: By the type invariant. The users return before the cell is set again.
        unsafe { self.0.get().as_ref() }
    }
}

/// Sets the former subject again when dropped.
struct Former<'a>(&'a Subject, *const Lent);

impl Drop for Former<'_> {
    fn drop(&mut self) {
        // INVARIANT: What was there before lives longer than what was lent after it.
        self.0 .0.set(self.1);
    }
}

impl Vm {
    /// Lends `subject` to the functions that the code of the VM calls while `call` runs.
    pub(crate) fn lend<T: 'static, R>(&self, subject: &T, call: impl FnOnce() -> R) -> R {
        let lent = Lent {
            kind: TypeId::of::<T>(),
            object: ptr::from_ref(subject).cast(),
        };
        // INVARIANT: Both live until this function returns, and `Former` takes the pointer back before that.
        let former = self.subject.0.replace(&lent);
        let _former = Former(&self.subject, former);
        call()
    }

    /// As [`lend`](Self::lend), to the code of the VM of `state`.
    pub(crate) fn lend_to<T: 'static, R>(state: State, subject: &T, call: impl FnOnce() -> R) -> R {
        Self::of(&state).lend(subject, call)
    }

    /// Whether the code of `state` runs for a hook, to which a subject was lent.
    pub(in super::super) fn is_in_hook(state: State) -> bool {
        Self::of(&state).subject.get().is_some()
    }

    /// Calls `with` with the subject that was lent to the code of `state`. `None` if there is none, or
    /// it is no `T`.
    #[inline]
    pub(crate) fn with_subject<T: 'static, R>(
        state: State,
        with: impl FnOnce(&T) -> R,
    ) -> Option<R> {
        let lent = Self::of(&state).subject.get()?;
        // SAFETY: By the type invariant. `lend()` returns only after the code that runs in it, and so
        // after this call.
        (lent.kind == TypeId::of::<T>()).then(|| with(unsafe { &*lent.object.cast::<T>() }))
    }
}
