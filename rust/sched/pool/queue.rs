// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The queues in which runtimes wait for a thread. They are linked through the runtimes themselves,
//! so adding one needs no memory.

use core::ptr;
use kernel::sync::{
    atomic::{Acquire, Atomic, Full, Relaxed},
    Arc, //
};

use crate::runtime::instance::Runtime;

/// The link of `runtime`.
///
/// # Safety
///
/// The runtime must be alive.
unsafe fn link<'a>(runtime: *mut Runtime) -> &'a Atomic<*mut Runtime> {
    // SAFETY: As the caller promises.
    unsafe { &(*runtime).pooled().link().0 }
}

/// A list to which any code adds runtimes, in any context and without a lock.
///
/// # Invariants
///
/// The list that begins at the pointer consists of runtimes whose references belong to it.
pub(super) struct Inbox(Atomic<*mut Runtime>);

impl Inbox {
    pub(super) const fn new() -> Self {
        Self(Atomic::new(ptr::null_mut()))
    }

    /// Adds a runtime that is in no queue.
    pub(super) fn push(&self, runtime: Arc<Runtime>) {
        let runtime = Arc::into_raw(runtime).cast_mut();
        let mut head = self.0.load(Relaxed);
        loop {
            // SAFETY: The reference keeps it alive, and nobody else uses its link before the
            // exchange.
            unsafe { link(runtime) }.store(head, Relaxed);
            // INVARIANT: The reference now belongs to the list.
            match self.0.cmpxchg(head, runtime, Full) {
                Ok(_) => return,
                Err(other) => head = other,
            }
        }
    }

    /// Takes all runtimes, the oldest first.
    fn take(&self) -> Fifo {
        let mut fifo = Fifo::new();
        if self.0.load(Relaxed).is_null() {
            return fifo;
        }
        // INVARIANT: The list is empty.
        let mut runtime = self.0.xchg(ptr::null_mut(), Acquire);
        fifo.last = runtime;
        while !runtime.is_null() {
            // SAFETY: This function owns the list now, and with it the references that keep its
            // members alive.
            let next = unsafe { link(runtime) }.load(Relaxed);
            // SAFETY: As above.
            unsafe { link(runtime) }.store(fifo.first, Relaxed);
            fifo.first = runtime;
            runtime = next;
        }
        fifo
    }
}

/// A queue that a lock protects.
///
/// # Invariants
///
/// `first` and `last` are null, or the ends of a list of runtimes whose references belong to it.
pub(super) struct Fifo {
    first: *mut Runtime,
    last: *mut Runtime,
}

// SAFETY: It holds references, which may be sent.
unsafe impl Send for Fifo {}

impl Fifo {
    pub(super) const fn new() -> Self {
        Self {
            first: ptr::null_mut(),
            last: ptr::null_mut(),
        }
    }

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    /// Adds a runtime that is in no queue.
    pub(super) fn push(&mut self, runtime: Arc<Runtime>) {
        let runtime = Arc::into_raw(runtime).cast_mut();
        // SAFETY: The reference keeps it alive, and nobody else uses its link.
        unsafe { link(runtime) }.store(ptr::null_mut(), Relaxed);
        if self.last.is_null() {
            self.first = runtime;
        } else {
            // SAFETY: By the type invariants.
            unsafe { link(self.last) }.store(runtime, Relaxed);
        }
        self.last = runtime;
    }

    /// Takes the oldest runtime.
    pub(super) fn pop(&mut self) -> Option<Arc<Runtime>> {
        let runtime = self.first;
        if runtime.is_null() {
            return None;
        }
        // SAFETY: By the type invariants.
        self.first = unsafe { link(runtime) }.load(Relaxed);
        if self.first.is_null() {
            self.last = ptr::null_mut();
        }
        // SAFETY: The reference belonged to the list, and the runtime is no longer in the list.
        Some(unsafe { Arc::from_raw(runtime) })
    }

    /// Appends the runtimes in `inbox`.
    pub(super) fn append(&mut self, inbox: &Inbox) {
        let more = inbox.take();
        if more.first.is_null() {
            return;
        }
        if self.last.is_null() {
            self.first = more.first;
        } else {
            // SAFETY: By the type invariants.
            unsafe { link(self.last) }.store(more.first, Relaxed);
        }
        self.last = more.last;
    }
}

/// Runtimes that any worker may execute, and runtimes that are bound to the worker of the queue.
pub(super) struct Pair {
    pub(super) free: Fifo,
    pub(super) bound: Fifo,
    /// Whether a bound runtime goes first.
    bound_first: bool,
}

impl Pair {
    pub(super) const fn new() -> Self {
        Self {
            free: Fifo::new(),
            bound: Fifo::new(),
            bound_first: false,
        }
    }

    /// Takes the next runtime. Those of the two lists take turns.
    pub(super) fn pop(&mut self) -> Option<Arc<Runtime>> {
        if self.bound.is_empty() {
            return self.free.pop();
        }
        if self.bound_first || self.free.is_empty() {
            self.bound_first = false;
            return self.bound.pop();
        }
        self.bound_first = true;
        self.free.pop()
    }
}
