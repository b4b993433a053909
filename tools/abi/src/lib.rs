// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The message codec, the `/dev/lunatik` protocol and that of the processes of user-space actors, for user space.
//!
//! The source is the kernel module's own, so the two cannot disagree.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

// `path` on an inline module names a folder, in which the files are then found as in the kernel crate.
#[path = "../../../rust"]
mod kernel {
    pub mod codec;

    pub mod control {
        pub mod abi;
    }

    // What is not for user space needs the rest of the folder.
    #[allow(dead_code)]
    pub mod permission {
        pub mod name;
        pub mod spec;
    }

    pub mod wire;
}

pub use kernel::codec;
pub use kernel::control::abi;
pub use kernel::permission::{name, spec};
pub use kernel::wire;

impl codec::Sink for alloc::vec::Vec<u8> {
    type Error = core::convert::Infallible;

    fn put(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}
