// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The traceback of code that runs, for another runtime: see [`Trace`].
//!
//! The code itself makes the traceback, when it next attends (`lua/port/attention.c`), because
//! nobody else can read its calls. Code that waits, or that works for long in one C function, does
//! not attend.
//!
//! Lock order: `Trace::told` is a leaf.

use core::ptr;
use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{Atomic, Full, Relaxed},
        Arc,
        SpinLock, //
    },
};

use super::instance::Runtime;
use crate::linux::account::{kmalloc_size, Charge};

/// The most bytes of a traceback.
const MAX_TEXT: usize = 4 << 10;

struct Told {
    is_told: bool,
    /// Has room for `MAX_TEXT` bytes.
    text: KVVec<u8>,
}

/// A request for the traceback of code that runs, and the traceback.
#[pin_data]
pub(crate) struct Trace {
    asker: Arc<Runtime>,
    #[pin]
    told: SpinLock<Told>,
    _charge: Charge,
}

impl Trace {
    /// A request of `asker`, which is woken when there is an answer. All memory for that is made
    /// now, and counts against the asker.
    pub(crate) fn new(asker: Arc<Runtime>) -> Result<Arc<Self>> {
        let charge = Charge::new(asker.account(), kmalloc_size(MAX_TEXT))?;
        let text = KVVec::with_capacity(MAX_TEXT, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        Arc::pin_init(
            pin_init!(Self {
                asker,
                told <- new_spinlock!(Told { is_told: false, text }, "lunatik::Trace::told"),
                _charge: charge,
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Answers with the beginning of `text`.
    pub(super) fn tell(&self, text: &[u8]) {
        let mut told = self.told.lock();
        // There is room, so this allocates nothing.
        let _ = told.text.extend_from_slice(
            text.get(..MAX_TEXT).unwrap_or(text),
            GFP_NOWAIT | __GFP_NOWARN,
        );
        told.is_told = true;
        drop(told);
        self.asker.wake();
    }

    /// Whether there is an answer.
    pub(crate) fn is_told(&self) -> bool {
        self.told.lock().is_told
    }

    /// Takes the traceback. It is empty if there is none.
    pub(crate) fn take(&self) -> KVVec<u8> {
        core::mem::take(&mut self.told.lock().text)
    }
}

/// The place of a VM for a request.
///
/// # Invariants
///
/// The pointer is null or comes from [`Arc::into_raw`]. The reference belongs to whoever takes the
/// pointer out.
pub(super) struct Tracing(Atomic<*mut Trace>);

impl Tracing {
    /// Nobody asks.
    pub(super) const fn none() -> Self {
        // INVARIANT: It is null.
        Self(Atomic::new(ptr::null_mut()))
    }

    /// Whether somebody asks.
    pub(super) fn is_asked(&self) -> bool {
        !self.0.load(Relaxed).is_null()
    }

    fn replace(&self, trace: Option<Arc<Trace>>) -> Option<Arc<Trace>> {
        let raw = trace.map_or(ptr::null(), Arc::into_raw).cast_mut();
        // INVARIANT: It is null, or was just made by `into_raw()`.
        let former = self.0.xchg(raw, Full);
        // SAFETY: By the type invariant; the exchange has taken it out.
        (!former.is_null()).then(|| unsafe { Arc::from_raw(former) })
    }

    /// Asks. Returns the former request, which is not answered any more.
    #[must_use]
    pub(super) fn ask(&self, trace: Arc<Trace>) -> Option<Arc<Trace>> {
        self.replace(Some(trace))
    }

    /// Takes the request back if it is still there.
    #[must_use]
    pub(super) fn forget(&self, trace: &Arc<Trace>) -> Option<Arc<Trace>> {
        let raw = Arc::as_ptr(trace).cast_mut();
        // INVARIANT: It is null.
        let taken = self.0.cmpxchg(raw, ptr::null_mut(), Full);
        // SAFETY: By the type invariant; the exchange has taken it out.
        taken.ok().map(|former| unsafe { Arc::from_raw(former) })
    }

    /// Answers, if somebody asks.
    pub(super) fn answer(&self, text: &[u8]) {
        if let Some(trace) = self.replace(None) {
            trace.tell(text);
        }
    }
}

impl Drop for Tracing {
    fn drop(&mut self) {
        self.answer(b"");
    }
}
