// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The contexts in which kernel code runs, and the operations that each allows.

use core::marker::PhantomData;
use kernel::{
    alloc::{flags::*, Flags},
    types::NotThreadSafe, //
};

use crate::sys::{kernel_helpers, lua};

/// The context in which the code of a runtime runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Context {
    /// A thread, which may sleep.
    Process,
    /// Bottom halves are off.
    Softirq,
    /// Interrupts are off, or may be.
    Hardirq,
}

impl Context {
    /// The context with this number in C.
    pub(crate) fn from_raw(raw: u8) -> Self {
        match u32::from(raw) {
            lua::LUNATIK_CONTEXT_PROCESS => Self::Process,
            lua::LUNATIK_CONTEXT_SOFTIRQ => Self::Softirq,
            _ => Self::Hardirq,
        }
    }

    /// The number by which C calls it.
    pub(crate) fn to_raw(self) -> u8 {
        // CAST: The numbers are small.
        match self {
            Self::Process => lua::LUNATIK_CONTEXT_PROCESS as u8,
            Self::Softirq => lua::LUNATIK_CONTEXT_SOFTIRQ as u8,
            Self::Hardirq => lua::LUNATIK_CONTEXT_HARDIRQ as u8,
        }
    }

    /// Whether code may sleep there.
    pub(crate) fn may_sleep(self) -> bool {
        self == Self::Process
    }

    /// The flags with which memory is allocated there for a script. The script gets an error if
    /// there is no memory.
    pub(crate) fn allocation(self) -> Flags {
        match self {
            Self::Process => GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
            Self::Softirq | Self::Hardirq => GFP_NOWAIT | __GFP_NOWARN,
        }
    }
}

/// A proof that the calling code may sleep, valid for `'a`.
///
/// A function that sleeps takes one. A function that may be called from atomic context has none, so
/// it does not compile if it calls a function that sleeps.
#[derive(Clone, Copy)]
pub(crate) struct MaySleep<'a>(PhantomData<&'a ()>, NotThreadSafe);

impl MaySleep<'_> {
    /// The proof for code that the kernel calls in process context: a file operation, the function
    /// of a kthread, a work item, the module's `init()`. A kernel with `DEBUG_ATOMIC_SLEEP` checks
    /// it.
    #[track_caller]
    pub(crate) fn of_thread() -> Self {
        // SAFETY: The function takes no pointer. It warns if the caller must not sleep.
        unsafe { kernel_helpers::lunatik_might_sleep() };
        Self(PhantomData, NotThreadSafe)
    }
}

/// Bottom halves of the CPU are off while this exists: code of this thread must not sleep.
pub(crate) struct BottomHalvesOff(NotThreadSafe);

impl BottomHalvesOff {
    /// Turns them off.
    pub(crate) fn new(_may: MaySleep<'_>) -> Self {
        // SAFETY: Interrupts are on, because the caller may sleep. `drop()` undoes this on the same
        // thread.
        unsafe { kernel_helpers::lunatik_bh_disable() };
        Self(NotThreadSafe)
    }
}

impl Drop for BottomHalvesOff {
    fn drop(&mut self) {
        // SAFETY: `new()` has turned them off on this thread, with interrupts on.
        unsafe { kernel_helpers::lunatik_bh_enable() };
    }
}
