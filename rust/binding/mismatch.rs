// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Guards of functions that only runtimes of one context may call. A device, for example, calls its
//! script in a process later, and nobody may do that with a script for hooks.
//!
//! Such a guard comes first, so a script learns of the wrong context before anything else is checked:
//! `native!(new, (InProcess<Devices>, needs::Device), Process)`.

use core::marker::PhantomData;

use crate::{
    linux::context::{Context, Mismatch},
    lua::{Error, Guard, Result, State},
    runtime::vm::Vm,
};

/// Something that only runtimes of some contexts have.
pub(crate) trait Facility {
    /// Its name for scripts.
    const NAME: &'static str;
}

/// Fails unless `context`, that of the runtime in question, is the one that `F` needs.
pub(crate) fn check<F: Facility>(context: Context, needs: Context) -> Result<()> {
    if context == needs {
        return Ok(());
    }
    let name = F::NAME;
    Err(mismatch(Mismatch { name, needs }))
}

/// The error of a mismatch. Errors are large, so it has a frame of its own.
#[cold]
#[inline(never)]
fn mismatch(mismatch: Mismatch) -> Error {
    Error::message(format_args!("{mismatch}"))
}

/// The runtime that calls runs in process context.
pub(crate) struct InProcess<F>(PhantomData<F>);

impl<F: Facility> Guard for InProcess<F> {
    fn check(state: State) -> Result<()> {
        check::<F>(Vm::runtime_of(state).context(), Context::Process)
    }
}

/// Making a script an actor, which may make others.
pub(crate) struct Actors;

impl Facility for Actors {
    const NAME: &'static str = "actor";
}

/// Making devices.
pub(crate) struct Devices;

impl Facility for Devices {
    const NAME: &'static str = "device";
}

/// Running functions in runtimes and threads of their own.
pub(crate) struct Functions;

impl Facility for Functions {
    const NAME: &'static str = "llthreads2";
}

/// Starting systems of services.
pub(crate) struct Services;

impl Facility for Services {
    const NAME: &'static str = "ltask";
}

/// Running the functions of runtimes in threads.
pub(crate) struct Threads;

impl Facility for Threads {
    const NAME: &'static str = "thread";
}

/// Making workers.
pub(crate) struct Workers;

impl Facility for Workers {
    const NAME: &'static str = "worker";
}
