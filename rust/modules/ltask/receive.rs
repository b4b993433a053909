// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What a service receives: messages and its timers.

use kernel::{
    prelude::*,
    sync::UniqueArc, //
};

use super::{super::timing, desk::Desk, interrupted};
use crate::{
    binding::arguments,
    channel::service::{
        debt::Debt,
        parcel::{Ending, Kind, Parcel, Payload},
        Received,
    },
    linux::context::MaySleep,
    lua::{self, Error, State},
    runtime::timers::{wait_with_timers, Next, Timer, Timers},
};

/// Nanoseconds in a hundredth of a second.
pub(super) const CENTISECOND: i64 = 10_000_000;

/// Pushes the sender, the number, the type and the receipt of a message.
fn push_head(state: State, from: u32, number: u64, kind: Kind, receipt: i64) {
    state.push_integer(from.into());
    // CAST: as `send.rs` has got it.
    state.push_integer(number as i64);
    state.push_integer(kind as i64);
    state.push_integer(receipt);
}

/// Pushes what is told instead of values when a service answers no more.
pub(super) fn push_ending(state: State, from: u32, ending: &Ending) -> lua::Result {
    match ending {
        Ending::Dead => {
            let text = lua::Text::new(fmt!("{{service:{from}}} is dead"));
            state.push_bytes(text.as_bytes())?;
        }
        Ending::Quitting => state.push_bytes(b"Service has been quit.")?,
        Ending::Quit => {
            let text = lua::Text::new(fmt!("Service {from} has been quit."));
            state.push_bytes(text.as_bytes())?;
        }
        Ending::Failed(failure) => state.push_bytes(&failure.message)?,
        Ending::NoMemory => state.push_memory_error(),
    }
    Ok(1)
}

/// Pushes a message that was received, and returns the number of values. Returns `None` if there was
/// no memory for it and nobody here waits for it.
fn push(state: State, parcel: Pin<UniqueArc<Parcel>>) -> lua::Result<Option<i32>> {
    let top = state.top();
    let head = parcel.head();
    push_head(state, head.from, head.number, head.kind, 0);
    let pushed = match parcel.payload() {
        Payload::Nothing => Ok(0),
        Payload::Values(message) => message.push(state),
        Payload::Ended(ending) => push_ending(state, head.from, ending),
    };
    let debt = Debt::of(parcel);
    let count = match pushed {
        Ok(count) => count,
        Err(_) if head.kind.is_request() => {
            state.set_top(top);
            debt.fail(Ending::NoMemory);
            return Ok(None);
        }
        Err(_) => {
            // A session waits for this answer.
            state.set_top(top);
            push_head(state, head.from, head.number, Kind::Error, 0);
            state.push_memory_error();
            return Ok(Some(5));
        }
    };
    if debt.is_owed() {
        let receipt = Desk::with(state, |desk| desk.debts.add(debt))?;
        state.push_integer(receipt);
        state.replace(top.saturating_add(4));
    }
    Ok(Some(count.saturating_add(4)))
}

/// The timer that is due, if one has its turn. So neither many messages nor many timers keep the others
/// waiting.
fn due(state: State) -> lua::Result<Option<Timer>> {
    let is_next = Desk::with(state, |desk| {
        core::mem::replace(&mut desk.timer_is_next, false) && desk.has_timers
    })?;
    if is_next {
        Ok(Timers::take(state)?)
    } else {
        Ok(None)
    }
}

fn push_timer(state: State, timer: Timer) -> lua::Result {
    push_head(state, 0, timer.number, Kind::Timer, 0);
    Ok(4)
}

/// `core.recv()`: waits for a message or a timer. Returns the sender, the number, the type, the
/// receipt that answers a request, 0 if nobody waits for an answer, and the values.
///
/// `core.recv(true)` does not wait in a service that has an event: if there is nothing, it returns a
/// message of type IDLE.
pub(super) fn recv(state: State, may: MaySleep<'_>) -> lua::Result {
    let service = Desk::service(state)?;
    let idles = state.to_boolean(1) && service.has_event();
    if let Some(timer) = due(state)? {
        return push_timer(state, timer);
    }
    loop {
        Desk::with(state, |desk| desk.debts.reserve())??;
        let next = wait_with_timers(state, may, || {
            Ok(match service.receive()? {
                Received::Nothing if !idles => None,
                received => Some(received),
            })
        })?;
        match next {
            Next::Done(Received::Message(mut parcel)) => {
                let mandate = parcel.as_mut().take_mandate();
                let former = Desk::with(state, |desk| {
                    desk.timer_is_next = true;
                    core::mem::replace(&mut desk.mandate, mandate)
                })?;
                drop(former);
                if let Some(count) = push(state, parcel)? {
                    return Ok(count);
                }
            }
            Next::Done(Received::Nothing) => {
                if let Some(timer) = Timers::take(state)? {
                    return push_timer(state, timer);
                }
                push_head(state, 0, 0, Kind::Idle, 0);
                return Ok(4);
            }
            Next::Due(timer) => return push_timer(state, timer),
            Next::Done(_) | Next::Ended => return Err(interrupted()),
        }
    }
}

/// `core.timer(ti)`: `recv` returns after `ti` hundredths of a second, never earlier, with the number
/// of the timer. Returns when that will be, in nanoseconds, and the number.
pub(super) fn timer(state: State) -> lua::Result {
    let after = arguments::integer(state, 1)?;
    if !(0..=i64::from(i32::MAX)).contains(&after) {
        return Err(Error::message(fmt!("Invalid timer {after}")));
    }
    let pushed = timing::set(state, after.saturating_mul(CENTISECOND), "a service")?;
    Desk::with(state, |desk| desk.has_timers = true)?;
    Ok(pushed)
}
