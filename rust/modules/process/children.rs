// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The processes that an actor supervises. Those that it has not detached end with it.

use kernel::{
    prelude::*,
    sync::Arc,
    time::{Delta, Instant, Monotonic},
};

use crate::{
    binding::arguments,
    channel::{process::link::Link, receipts::Receipts},
    linux::{account::Charge, context::MaySleep, process::Process},
    lua::{self, Error, State},
    runtime::{
        parking::{wait_ending, Ends, Waited},
        vm::Vm,
    },
};

/// The most processes that one actor supervises.
const MAX_CHILDREN: usize = 64;

/// How long a process may take until it is ready.
const PATIENCE: Delta = Delta::from_secs(5);

struct Child {
    link: Arc<Link>,
    /// When it must be ready.
    deadline: Instant<Monotonic>,
    /// Once it is ready.
    process: Option<Process>,
}

impl Child {
    fn has_ended(&self) -> bool {
        let process = self.process.as_ref();
        self.link.is_closed() && process.is_none_or(Process::has_ended)
    }
}

/// The processes that the actor of a VM supervises. Dropping it kills them.
pub(super) struct Children(Receipts<Child>);

impl Children {
    fn with<R>(state: State, with: impl FnOnce(&mut Self) -> R) -> lua::Result<R> {
        let make = || {
            Ok(Self(Receipts::new(Charge::to(
                Vm::runtime_of(state).account(),
            ))))
        };
        Ok(Vm::with_attachment(state, make, with)?)
    }

    /// One that has ended.
    fn ended(&self) -> Option<i64> {
        let mut all = self.0.iter();
        all.find(|(_, child)| child.has_ended())
            .map(|(number, _)| number)
    }

    /// Forgets those that have ended.
    fn forget_ended(state: State) -> lua::Result<()> {
        loop {
            let ended = Self::with(state, |children| {
                let number = children.ended()?;
                children.0.take(number)
            })?;
            if ended.is_none() {
                return Ok(());
            }
        }
    }

    /// Makes room for one more. Fails with `EAGAIN` if there are too many.
    pub(super) fn reserve(state: State) -> lua::Result<Result> {
        Self::forget_ended(state)?;
        Self::with(state, |children| {
            if children.0.count() >= MAX_CHILDREN {
                return Err(EAGAIN);
            }
            children.0.reserve().map(|_| ())
        })
    }

    /// Supervises the process of `link`, for which there is room. Returns its number.
    pub(super) fn add(state: State, link: &Arc<Link>) -> lua::Result<i64> {
        let child = Child {
            link: link.clone(),
            deadline: Instant::now() + PATIENCE,
            process: None,
        };
        let added = Self::with(state, |children| children.0.add(child))?;
        added.map_err(|child| {
            child.link.kill();
            ENOMEM.into()
        })
    }

    /// The link, the deadline and the process of a child.
    fn get(
        state: State,
        number: i64,
    ) -> lua::Result<Option<(Arc<Link>, Instant<Monotonic>, Option<Process>)>> {
        Self::with(state, |children| {
            let child = children.0.get(number)?;
            Some((child.link.clone(), child.deadline, child.process.clone()))
        })
    }

    fn remove(state: State, number: i64) -> lua::Result<bool> {
        let child = Self::with(state, |children| children.0.take(number))?;
        Ok(child.is_some())
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        self.0.take_all().for_each(|child| {
            child.link.kill();
            child.link.close();
        });
    }
}

/// `process.wait(number)`: waits until a process is ready, and returns its number in the system. If it does not get
/// ready, kills it, and returns nil and an error number.
pub(super) fn wait(state: State, may: MaySleep<'_>) -> lua::Result {
    let number = arguments::integer(state, 1)?;
    let Some((link, deadline, _)) = Children::get(state, number)? else {
        return Err(Error::message(fmt!("no process has this number")));
    };
    let own: Arc<_> = Vm::runtime_of(state).into();
    let attempt = || Ok(link.started(&own)?);
    let error = match wait_ending(state, may, Some(deadline), Ends::AtStop, attempt)? {
        Waited::Done(Ok(process)) => {
            state.push_integer(process.number().into());
            Children::with(state, |children| {
                if let Some(child) = children.0.get_mut(number) {
                    child.process = Some(process);
                }
            })?;
            return Ok(1);
        }
        Waited::Done(Err(error)) => error,
        Waited::TimedOut => ETIMEDOUT,
        Waited::Ended { .. } => EINTR,
    };
    link.kill();
    link.close();
    Children::remove(state, number)?;
    if error == EINTR {
        return Err(Error::message(fmt!("interrupted")));
    }
    state.push_nil();
    state.push_integer(error.to_errno().saturating_neg().into());
    Ok(2)
}

/// `process.kill(number, signal)`: sends a signal to a process. Returns 0 or an error number.
pub(super) fn kill(state: State) -> lua::Result {
    let number = arguments::integer(state, 1)?;
    let signal = i32::try_from(arguments::integer(state, 2)?).unwrap_or(-1);
    let child = Children::get(state, number)?;
    let process = child.and_then(|(_, _, process)| process);
    let sent = process
        .ok_or(ESRCH)
        .and_then(|process| process.signal(signal));
    let error = sent.map_or_else(|error| error.to_errno().saturating_neg(), |()| 0);
    state.push_integer(error.into());
    Ok(1)
}

/// `process.detach(number)`: the process outlives the actor. Returns whether the actor had supervised it.
pub(super) fn detach(state: State) -> lua::Result {
    let number = arguments::integer(state, 1)?;
    if let Some((link, ..)) = Children::get(state, number)? {
        link.set_detached();
    }
    let was_child = Children::remove(state, number)?;
    state.push_boolean(was_child);
    Ok(1)
}
