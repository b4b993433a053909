// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How a script that replaces another one takes over its name.

use core::cell::Cell;
use kernel::{prelude::*, sync::Arc};

use super::start::StartError;
use crate::{
    lua::{self, Error},
    runtime::{
        chain::Chain,
        instance::Runtime,
        reaper,
        registry::{self, RegisterError}, //
    },
};

/// Why a name was not taken. Smaller than a [`StartError`], because it is on the stack while the script runs.
#[derive(Clone, Copy)]
enum Lost {
    /// The script that has the name was not stopped.
    NotReplaced(kernel::error::Error),
    /// Another start took the name first.
    Overtaken,
    /// The kernel refuses, with this error.
    Errno(kernel::error::Error),
}

/// The claim of a new script on its name.
pub(crate) struct Claim<'a> {
    runtime: &'a Arc<Runtime>,
    chain: &'a Arc<Chain>,
    /// The grace of the script that has the name, if it is to be replaced.
    replace: Option<u32>,
    /// Why the name was not taken.
    lost: Cell<Option<Lost>>,
}

impl<'a> Claim<'a> {
    /// Creates the claim of `runtime`, which `chain` executes.
    ///
    /// With `replace`, the runtime must not be registered yet. The script that has its name then
    /// gets this many milliseconds to end by itself. With `None`, [`make`](Self::make) does
    /// nothing.
    pub(crate) fn new(
        runtime: &'a Arc<Runtime>,
        chain: &'a Arc<Chain>,
        replace: Option<u32>,
    ) -> Self {
        Self {
            runtime,
            chain,
            replace,
            lost: Cell::new(None),
        }
    }

    /// Stops the script that has the name, and registers the new one. Call it after the new one is
    /// compiled and before it runs, so that a script that does not compile replaces nothing.
    /// Sleeps.
    pub(crate) fn make(&self) -> lua::Result<()> {
        let Some(grace_ms) = self.replace else {
            return Ok(());
        };
        self.take_over(grace_ms).map_err(|lost| {
            self.lost.set(Some(lost));
            Error::message(fmt!("the script has no name"))
        })
    }

    /// The error of the start: that of [`make`](Self::make), if it failed.
    pub(crate) fn explain(&self, error: StartError) -> StartError {
        match self.lost.get() {
            None => error,
            Some(Lost::NotReplaced(error)) => StartError::NotReplaced(error),
            Some(Lost::Overtaken) => StartError::Overtaken,
            Some(Lost::Errno(error)) => StartError::Errno(error),
        }
    }

    /// Not inlined, so that its frame is gone when the script runs.
    #[inline(never)]
    fn take_over(&self, grace_ms: u32) -> Result<(), Lost> {
        if let Some(former) = registry::find(self.runtime.name()) {
            let stopped =
                former
                    .as_arc_borrow()
                    .stop_for(Some(self.chain), Some(self.runtime), grace_ms);
            stopped.map_err(|error| {
                // It was told to stop, and must end even though nobody waits for that any more.
                reaper::finish(former.clone());
                Lost::NotReplaced(error)
            })?;
        }
        registry::register(self.runtime).map_err(|error| match error {
            RegisterError::Taken => Lost::Overtaken,
            RegisterError::Errno(error) => Lost::Errno(error),
        })
    }
}
