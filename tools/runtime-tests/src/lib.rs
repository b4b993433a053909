// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Parts of `rust/runtime/`, compiled for the host, over stand-ins for what they take of the kernel crate: the life of
//! a runtime, sorting, what the failures of hooks lead to, and the stacks of profiles.

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

#[path = "../../../rust/runtime/hooks/place.rs"]
mod place;
mod place_tests;

#[path = "../../../rust/runtime/hooks/trouble.rs"]
#[expect(
    dead_code,
    reason = "whether a time is taken is for the entry of hooks"
)]
mod trouble;
mod trouble_tests;

#[path = "../../../rust/runtime/sort.rs"]
mod sort;
mod sort_tests;

#[path = "../../../rust/runtime/profile/stacks.rs"]
mod stacks;
mod stacks_tests;

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
        use std::{
            cell::UnsafeCell,
            sync::atomic::{AtomicU32, AtomicU64, Ordering},
        };

        /// No order with other accesses.
        #[derive(Clone, Copy, Debug)]
        pub struct Relaxed;

        /// A value that several threads change.
        pub struct Atomic<T>(UnsafeCell<T>);

        // SAFETY: The functions below access the value only atomically.
        unsafe impl<T: Send> Sync for Atomic<T> {}

        impl<T> Atomic<T> {
            /// With this value.
            pub const fn new(value: T) -> Self {
                Self(UnsafeCell::new(value))
            }
        }

        impl Atomic<u32> {
            fn atomic(&self) -> &AtomicU32 {
                // SAFETY: The value is aligned, lives as long as the result, and is accessed only by this.
                unsafe { AtomicU32::from_ptr(self.0.get()) }
            }

            /// The value.
            pub fn load(&self, _: Relaxed) -> u32 {
                self.atomic().load(Ordering::Relaxed)
            }

            /// Changes the value from `old` to `new`; fails with what it is instead.
            pub fn cmpxchg(&self, old: u32, new: u32, _: Relaxed) -> Result<u32, u32> {
                self.atomic()
                    .compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed)
            }
        }

        impl Atomic<u64> {
            fn atomic(&self) -> &AtomicU64 {
                // SAFETY: As above. The host aligns `u64` as atomic ones.
                unsafe { AtomicU64::from_ptr(self.0.get()) }
            }

            /// The value.
            pub fn load(&self, _: Relaxed) -> u64 {
                self.atomic().load(Ordering::Relaxed)
            }

            /// Changes the value.
            pub fn store(&self, value: u64, _: Relaxed) {
                self.atomic().store(value, Ordering::Relaxed);
            }
        }
    }
}
