// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A lock whose holder is a CPU, for code that cannot be migrated and must not wait for long.
//!
//! A spinlock would not do: a CPU that already holds this lock has to find out, and a CPU that waits gives
//! up when the holder has used its time.

use core::marker::PhantomData;
use kernel::{
    processor::cpu_relax,
    sync::atomic::{Acquire, Atomic, Relaxed, Release}, //
};

use super::{
    cpu,
    hook::{self, Softirq}, //
};

/// No CPU holds the lock.
const FREE: u32 = 0;

/// How often a waiting CPU looks at the lock between two looks at the clock.
const LOOKS: u32 = 64;

/// The lock.
pub(crate) struct CpuOwner(Atomic<u32>);

/// Why a CPU did not get the lock.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Refused {
    /// It holds the lock already.
    Nested,
    /// Another CPU has held it all the time.
    Contended,
}

/// The lock is held. Dropping this releases it.
pub(crate) struct Held<'a>(&'a CpuOwner, PhantomData<&'a Softirq>);

impl CpuOwner {
    /// A lock that nobody holds.
    pub(crate) const fn new() -> Self {
        Self(Atomic::new(FREE))
    }

    /// Takes the lock for this CPU; waits `wait_ns` nanoseconds at most.
    #[inline]
    pub(crate) fn take<'a>(
        &'a self,
        _context: &'a Softirq,
        wait_ns: u64,
    ) -> Result<Held<'a>, Refused> {
        let own = cpu::current().wrapping_add(1);
        match self.0.cmpxchg(FREE, own, Acquire) {
            Ok(_) => Ok(Held(self, PhantomData)),
            Err(holder) if holder == own => Err(Refused::Nested),
            Err(_) => self.wait(own, wait_ns),
        }
    }

    #[cold]
    fn wait<'a>(&'a self, own: u32, wait_ns: u64) -> Result<Held<'a>, Refused> {
        let begun = hook::clock();
        loop {
            for _ in 0..LOOKS {
                if self.0.load(Relaxed) == FREE && self.0.cmpxchg(FREE, own, Acquire).is_ok() {
                    return Ok(Held(self, PhantomData));
                }
                cpu_relax();
            }
            if hook::clock().saturating_sub(begun) >= wait_ns {
                return Err(Refused::Contended);
            }
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0 .0.store(FREE, Release);
    }
}
