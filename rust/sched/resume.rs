// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Resumes runtimes: the body of a runtime is a coroutine that other runtimes resume.

use kernel::str::BStr;
use kernel::{
    prelude::*,
    sync::{
        Arc,
        ArcBorrow, //
    },
};

use crate::{
    linux::context::MaySleep,
    lua::{self, Error, Reference, State},
    runtime::{
        chain::Chain,
        execute::{enter_failure, or_no_memory, to_failure},
        hooks,
        instance::{Entered, Failure, Runtime},
        message::Message,
        vm::Vm, //
    },
};

/// The library function that makes a coroutine from a body: `lua/lib/internal/resume.lua`.
const DRIVER: &CStr = c"internal.resume";

/// The driver of a VM, which makes coroutines from the VM's body and resumes them.
#[derive(Clone, Copy)]
struct Driver(Reference);

/// Resumes the body of `runtime` with `arguments`, for the code of `caller`. Returns the values
/// that the body yields or returns.
pub(crate) fn resume(
    runtime: ArcBorrow<'_, Runtime>,
    chain: &Arc<Chain>,
    caller: &Runtime,
    arguments: &Message,
) -> Result<Message, Arc<Failure>> {
    if let Some(hooked) = runtime.hooked().filter(|hooked| hooked.is_sealed()) {
        return hooks::resume(hooked, &runtime, arguments);
    }
    let entered = runtime
        .enter(MaySleep::of_thread(), chain, Some(caller))
        .map_err(|error| or_no_memory(enter_failure(runtime.name(), error)))?;
    let state = entered.state();
    let base = state.top();
    let result = resume_body(&entered, arguments).map_err(|error| {
        let failure = or_no_memory(to_failure(state, error));
        if entered.is_over_limit() {
            entered.set_failure(Some(failure.clone()));
        }
        failure
    });
    state.set_top(base);
    result
}

fn resume_body(entered: &Entered<'_>, arguments: &Message) -> lua::Result<Message> {
    let state = entered.state();
    let vm = entered.vm();
    let base = state.top();
    let Some(body) = vm.body() else {
        let name = BStr::from_bytes(entered.name());
        return Err(Error::message(fmt!(
            "{name} has left no function to resume"
        )));
    };
    state.reserve(lua::MIN_STACK)?;
    push_driver(state)?;
    state.push_kept(body);
    let count = arguments.push(state)?;
    state.call(count.saturating_add(1), -1)?;
    Message::encode(state, base + 1, state.top())
}

/// Pushes the driver of this VM. It is made on first use.
fn push_driver(state: State) -> lua::Result<()> {
    if let Some(Driver(driver)) = Vm::attachment(state) {
        state.push_kept(driver);
        return Ok(());
    }
    state.push_library(DRIVER)?;
    state.call(0, 1)?;
    state.push_value(-1);
    let driver = state.keep()?;
    Ok(Vm::attach(state, Driver(driver))?)
}
