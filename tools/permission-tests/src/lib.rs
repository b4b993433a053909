// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `rust/permission`, compiled for the host, over stand-ins for what it takes of the kernel crate.

// What the files below call `kernel` is this crate.
extern crate self as kernel;

#[path = "../../../rust/permission/glob.rs"]
pub mod glob;
#[path = "../../../rust/permission/name.rs"]
pub mod name;
#[path = "../../../rust/permission/set.rs"]
pub mod set;
#[path = "../../../rust/permission/show.rs"]
mod show;
#[path = "../../../rust/permission/spec.rs"]
pub mod spec;

/// Stands in for the kernel crate's module.
pub mod alloc {
    /// There is no memory.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct AllocError;

    /// How to allocate.
    #[derive(Clone, Copy, Debug)]
    pub struct Flags;

    impl core::ops::BitOr for Flags {
        type Output = Self;

        fn bitor(self, _: Self) -> Self {
            self
        }
    }
}

/// Stands in for the kernel crate's module.
pub mod prelude {
    use std::{cell::Cell, ops};

    use crate::alloc::{AllocError, Flags};

    /// The flags that the kernel code names.
    pub const GFP_KERNEL_ACCOUNT: Flags = Flags;

    /// As above.
    pub const __GFP_NOWARN: Flags = Flags;

    thread_local! {
        static ALLOCATIONS_LEFT: Cell<Option<u32>> = const { Cell::new(None) };
    }

    /// Lets allocations of this thread fail after `count` more, or never with `None`.
    pub fn fail_allocations(count: Option<u32>) {
        ALLOCATIONS_LEFT.set(count);
    }

    fn allocate() -> Result<(), AllocError> {
        match ALLOCATIONS_LEFT.get() {
            None => Ok(()),
            Some(0) => Err(AllocError),
            Some(left) => {
                ALLOCATIONS_LEFT.set(Some(left - 1));
                Ok(())
            }
        }
    }

    /// A vector whose growth may fail.
    #[derive(Debug, Default)]
    pub struct KVec<T>(Vec<T>);

    impl<T> KVec<T> {
        /// An empty one.
        pub const fn new() -> Self {
            Self(Vec::new())
        }

        /// Adds an element.
        pub fn push(&mut self, value: T, _flags: Flags) -> Result<(), AllocError> {
            allocate()?;
            self.0.push(value);
            Ok(())
        }
    }

    impl<T: Clone> KVec<T> {
        /// Adds elements.
        pub fn extend_from_slice(&mut self, values: &[T], _flags: Flags) -> Result<(), AllocError> {
            allocate()?;
            self.0.extend_from_slice(values);
            Ok(())
        }
    }

    impl<T> ops::Deref for KVec<T> {
        type Target = [T];

        fn deref(&self) -> &[T] {
            &self.0
        }
    }

    impl<T> ops::DerefMut for KVec<T> {
        fn deref_mut(&mut self) -> &mut [T] {
            &mut self.0
        }
    }
}
