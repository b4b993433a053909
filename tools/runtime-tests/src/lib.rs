// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Pure parts of runtimes, compiled for the host, over stand-ins for what they take of the kernel
//! crate.

#![cfg(test)]

// What the files below call `kernel` is this crate.
extern crate self as kernel;

#[path = "../../../rust/runtime/instance/life.rs"]
mod life;
mod life_tests;
#[path = "../../../rust/runtime/instance/phase.rs"]
#[expect(dead_code, reason = "the names are for users of the module")]
mod phase;

mod bucket_tests;
#[path = "../../../rust/runtime/percpu/buckets.rs"]
mod buckets;

#[path = "../../../rust/runtime/sort.rs"]
mod sort;
mod sort_tests;

use lunatik_abi::codec;

#[path = "../../../rust/runtime/hooks/outbox.rs"]
mod outbox;
mod outbox_tests;

/// Stands in for the kernel crate's module.
pub mod prelude {
    /// Memory that the kernel crate allocates.
    pub type KVec<T> = Vec<T>;
}

/// Stands in for the kernel crate's module.
pub mod sync {
    /// Stands in for the kernel crate's module.
    pub mod atomic {
        use std::sync::atomic::{AtomicU32, Ordering};

        /// No order with other accesses.
        #[derive(Clone, Copy, Debug)]
        pub struct Relaxed;

        /// A value that several threads change.
        #[derive(Debug)]
        pub struct Atomic<T>(AtomicU32, std::marker::PhantomData<T>);

        impl Atomic<u32> {
            /// With this value.
            pub const fn new(value: u32) -> Self {
                Self(AtomicU32::new(value), std::marker::PhantomData)
            }

            /// The value.
            pub fn load(&self, _: Relaxed) -> u32 {
                self.0.load(Ordering::Relaxed)
            }

            /// Changes the value from `old` to `new`; fails with what it is instead.
            pub fn cmpxchg(&self, old: u32, new: u32, _: Relaxed) -> Result<u32, u32> {
                self.0
                    .compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed)
            }
        }
    }
}
