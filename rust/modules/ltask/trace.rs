// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Tracebacks of services that compute.

use core::ffi::c_int;
use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::{desk::Desk, interrupted, send::address};
use crate::{
    binding::arguments,
    channel::service::Service,
    linux::context::MaySleep,
    lua::{self, Error, State},
    runtime::{
        parking::{wait, Waited},
        tracing::Trace,
        vm::Vm, //
    },
};

/// The most services that are asked at a time.
const MAX_ASKED: c_int = 256;

/// A service that was asked for its traceback.
pub(super) struct Asked {
    service: Arc<Service>,
    trace: Arc<Trace>,
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.service.runtime().forget_traceback(&self.trace);
    }
}

/// Asks the services whose numbers are arguments from 2 on. `None` stands for one that is not
/// there.
fn ask(state: State, root: &Service) -> lua::Result<KVec<Option<Asked>>> {
    let mut all = KVec::new();
    for index in 2..=state.top() {
        let found = root.system().find(address(state, index)?);
        let asked = match found {
            Some(service) => {
                let trace = Trace::new(Vm::runtime_of(state).into())?;
                service.runtime().ask_for_traceback(&trace);
                Some(Asked { service, trace })
            }
            None => None,
        };
        all.push(asked, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
    }
    Ok(all)
}

/// `core.trace(ms, id, ...)`: in the root, returns for each service the traceback of the code that
/// it executes, or nil. Waits until all have answered, `ms` milliseconds at most: services that
/// execute no code do not answer.
pub(super) fn trace(state: State, may: MaySleep<'_>) -> lua::Result {
    let root = Desk::root(state)?;
    let timeout = arguments::optional_milliseconds(state, 1)?.unwrap_or(0);
    if state.top() > MAX_ASKED.saturating_add(1) {
        return Err(Error::message(fmt!(
            "at most {MAX_ASKED} services can be traced at a time"
        )));
    }
    if !state.head().waits_on() {
        let asked = Vm::runtime_of(state).memcg().charge(|| ask(state, &root))?;
        let former = Desk::with(state, |desk| core::mem::replace(&mut desk.traced, asked))?;
        drop(former);
    }
    let waited = wait(state, may, Some(timeout), || {
        let all_told = Desk::with(state, |desk| {
            let mut asked = desk.traced.iter().flatten();
            asked.all(|asked| asked.trace.is_told())
        })?;
        Ok(all_told.then_some(()))
    })?;
    let all = Desk::with(state, |desk| core::mem::take(&mut desk.traced))?;
    if let Waited::Ended { .. } = waited {
        return Err(interrupted());
    }
    let count = c_int::try_from(all.len()).unwrap_or(0);
    state.reserve(count.saturating_add(lua::MIN_STACK))?;
    for asked in all {
        let text = asked.map(|asked| asked.trace.take()).unwrap_or_default();
        match text.is_empty() {
            true => state.push_nil(),
            false => state.push_bytes(&text)?,
        }
    }
    Ok(count)
}
