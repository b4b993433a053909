// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The contexts in which kernel code runs, and the operations that each allows.

use core::{fmt, marker::PhantomData};
use kernel::{
    alloc::{flags::*, Flags},
    types::NotThreadSafe, //
};

use crate::sys::{kernel_helpers, lua};

/// The context in which the code of a runtime runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Context {
    /// A thread, which may sleep.
    #[default]
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

    /// Its name for Lua and for people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Softirq => "softirq",
            Self::Hardirq => "hardirq",
        }
    }

    /// The context with this name.
    pub(crate) fn from_name(name: &[u8]) -> Option<Self> {
        [Self::Process, Self::Softirq, Self::Hardirq]
            .into_iter()
            .find(|context| context.name().as_bytes() == name)
    }

    /// Why no runtime can have this context in this kernel: a sentence for the user. `None` if one can.
    pub(crate) fn obstacle(self) -> Option<&'static str> {
        // There, bottom halves and most interrupt handlers run in threads that may be preempted, and
        // what hooks exclude is no longer excluded.
        let in_threads = cfg!(CONFIG_PREEMPT_RT);
        match self {
            Self::Process => None,
            Self::Softirq => {
                in_threads.then_some("softirq runtimes need a kernel without PREEMPT_RT")
            }
            Self::Hardirq if in_threads => {
                Some("hardirq runtimes need a kernel without PREEMPT_RT")
            }
            Self::Hardirq => Some("hardirq runtimes are not supported yet: use softirq"),
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

    /// As [`allocation`](Self::allocation), for memory that is charged to the memory cgroup of a runtime
    /// also in atomic context, where there is no process to charge it to. For allocations within
    /// [`MemoryCgroup::charge`](super::memcg::MemoryCgroup::charge).
    pub(crate) fn charged_allocation(self) -> Flags {
        // What the one has that the other has not is `__GFP_ACCOUNT`.
        self.allocation() | (GFP_KERNEL_ACCOUNT & !GFP_KERNEL)
    }
}

/// A function needs a runtime of another context than the one that it was called in, or called for.
/// Its text is for the user.
#[derive(Clone, Copy)]
pub(crate) struct Mismatch {
    /// The function's name for scripts, or that of its module.
    pub(crate) name: &'static str,
    /// The context that it needs.
    pub(crate) needs: Context,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needs = self.needs.name();
        write!(f, "runtime context mismatch: {} needs {needs}", self.name)
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
