// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The events of an actor: messages, letters that come back, timers, and its stop.

use kernel::{prelude::*, sync::Arc};

use super::{super::timing, desk::Desk};
use crate::{
    binding::arguments,
    channel::{
        actor::letter::{Delivery, Letter, Returned},
        mailbox::{Mailbox, Received},
    },
    linux::context::MaySleep,
    lua::{self, Error, State},
    runtime::{
        parking::{wait_ending, Ends, Waited},
        timers::{wait_with_timers_ending, Next, Timer, Timers},
        vm::Vm,
        waiting::WaitsFor,
    },
};

/// What `recv` returns first. The numbers are those that Lua code sees.
const RETURNED: i64 = 1;
const MESSAGE: i64 = 2;
const NO_SENDERS: i64 = 3;
const TIMER: i64 = 4;
const STOP: i64 = 5;

enum Event {
    Returned(Returned),
    Message(Delivery),
    NoSenders,
    Stop,
    /// There is none, and the caller does not wait.
    Nothing,
}

/// Pushes a message that was taken from `mailbox`, and tells its sender that it was received. After an error
/// it is in front of the mailbox again.
fn push_message(state: State, mailbox: &Mailbox<Letter>, delivery: Delivery) -> lua::Result {
    let top = state.top();
    state.push_integer(MESSAGE);
    match delivery.with_message(|message| message.push(state)) {
        Some(Ok(_)) => {
            delivery.received();
            Ok(2)
        }
        Some(Err(error)) => {
            mailbox.put_back(delivery.into_letter());
            Err(error)
        }
        None => {
            state.set_top(top);
            Ok(0)
        }
    }
}

fn push_timer(state: State, timer: Timer) -> lua::Result {
    state.push_integer(TIMER);
    // CAST: numbers are given from 1 on.
    state.push_integer(timer.number as i64);
    Ok(2)
}

/// `core.recv(wants, poll)`: waits for an event, and returns its kind and what belongs to it: RETURNED, a
/// receipt, whether the message was received, and its tag; MESSAGE and the value, or NO_SENDERS, if `wants` is true;
/// TIMER and its number; once STOP, when the actor was told to stop. With `poll`, it does not wait, and
/// returns nothing if there is no event.
pub(super) fn recv(state: State, may: MaySleep<'_>) -> lua::Result {
    let wants = state.to_boolean(1);
    let poll = state.to_boolean(2);
    let own: Arc<_> = Vm::runtime_of(state).into();
    let (mailbox, returns, group, knows_stop, has_timers, is_next) = Desk::with(state, |desk| {
        let is_next = core::mem::replace(&mut desk.timer_is_next, false);
        let returns = (desk.pending.count() > 0).then(|| desk.returns.clone());
        let (mailbox, group) = (desk.mailbox().clone(), desk.group.clone());
        let (knows_stop, has_timers) = (desk.knows_stop, desk.has_timers);
        (mailbox, returns, group, knows_stop, has_timers, is_next)
    })?;
    // Neither many messages nor many timers keep the others waiting.
    if is_next && has_timers {
        if let Some(timer) = Timers::take(state)? {
            return push_timer(state, timer);
        }
    }
    // After the stop, handlers of the fibers may wait until the grace is over.
    let has_timers = has_timers && Timers::count(state)? > 0;
    own.set_waits_for(
        WaitsFor::NOTHING
            .and_if(wants, WaitsFor::MESSAGE)
            .and_if(returns.is_some(), WaitsFor::RECEIVER)
            .and_if(has_timers, WaitsFor::TIMER),
    );
    // The stop comes before anything that other actors cause because they stop. They are told after the script.
    let stops = || !knows_stop && (own.stop_requested() || group.script().stop_requested());
    let mut late = match knows_stop {
        true => Desk::with(state, |desk| desk.late.take())?,
        false => None,
    };
    let attempt = || {
        if stops() {
            return Ok(Some(Event::Stop));
        }
        if let Some(returned) = late.take() {
            return Ok(Some(Event::Returned(returned)));
        }
        if let Some(returns) = &returns {
            if let Some(returned) = returns.take(&own)? {
                if !stops() {
                    return Ok(Some(Event::Returned(returned)));
                }
                Desk::with(state, |desk| desk.late = Some(returned))?;
                return Ok(Some(Event::Stop));
            }
        }
        if wants {
            match mailbox.take(&own)? {
                Received::Message(letter) => {
                    return Ok(Some(Event::Message(Delivery::new(letter))));
                }
                Received::NoSenders if stops() => return Ok(Some(Event::Stop)),
                Received::NoSenders => return Ok(Some(Event::NoSenders)),
                Received::Nothing | Received::Closed => (),
            }
        }
        Ok(poll.then_some(Event::Nothing))
    };
    let next = match has_timers {
        true => wait_with_timers_ending(state, may, Ends::WhenKilled, attempt)?,
        false => match wait_ending(state, may, None, Ends::WhenKilled, attempt)? {
            Waited::Done(event) => Next::Done(event),
            Waited::TimedOut | Waited::Ended { .. } => Next::Ended,
        },
    };
    let event = match next {
        Next::Done(event) => event,
        Next::Due(timer) => return push_timer(state, timer),
        Next::Ended => return Err(Error::message(fmt!("interrupted"))),
    };
    if has_timers {
        Desk::with(state, |desk| desk.timer_is_next = true)?;
    }
    match event {
        Event::Returned(Returned {
            receipt,
            tag,
            received,
        }) => {
            let pending = Desk::with(state, |desk| desk.pending.take(receipt))?;
            drop(pending);
            state.push_integer(RETURNED);
            state.push_integer(receipt);
            state.push_boolean(received);
            state.push_integer(tag);
            Ok(4)
        }
        Event::Message(delivery) => push_message(state, &mailbox, delivery),
        Event::NoSenders => {
            state.push_integer(NO_SENDERS);
            Ok(1)
        }
        Event::Stop => {
            Desk::with(state, |desk| desk.knows_stop = true)?;
            if core::ptr::eq(&*own, &**group.script()) {
                // Who has stopped the script may not have told its actors.
                own.stop_actors();
            } else if !own.stop_requested() {
                // It has learnt it from the script. If its program ends now, that is a stop and no failure.
                own.request_stop();
            }
            state.push_integer(STOP);
            Ok(1)
        }
        Event::Nothing if has_timers => match Timers::take(state)? {
            Some(timer) => push_timer(state, timer),
            None => Ok(0),
        },
        Event::Nothing => Ok(0),
    }
}

/// `system.join()`: waits until the script has no actors. A stop does not end the wait before its grace is over.
pub(super) fn join(state: State, may: MaySleep<'_>) -> lua::Result {
    let own = Vm::runtime_of(state);
    let attempt = || Ok((!own.has_actors()).then_some(()));
    match wait_ending(state, may, None, Ends::WhenKilled, attempt)? {
        Waited::Done(()) | Waited::TimedOut => Ok(0),
        Waited::Ended { .. } => Err(Error::message(fmt!("interrupted"))),
    }
}

/// `core.take()`: takes a message that is there. Returns MESSAGE and the value; NO_SENDERS, if nobody can
/// send one; nothing, if none is there.
pub(super) fn take(state: State) -> lua::Result {
    let mailbox = Desk::with(state, |desk| desk.mailbox().clone())?;
    let own: Arc<_> = Vm::runtime_of(state).into();
    match mailbox.take(&own)? {
        Received::Message(letter) => push_message(state, &mailbox, Delivery::new(letter)),
        Received::NoSenders if !Desk::with(state, |desk| desk.is_to_learn_of_stop(&own))? => {
            state.push_integer(NO_SENDERS);
            Ok(1)
        }
        // If it is to stop, it waits, and is told.
        Received::NoSenders | Received::Nothing | Received::Closed => Ok(0),
    }
}

/// `core.close_inbox()`: nobody receives any more. Those who wait for a receiver are told at once.
pub(super) fn close_inbox(state: State) -> lua::Result {
    Desk::close_inbox(state)?;
    Ok(0)
}

/// `core.timer(ns)`: `recv` returns TIMER after `ns` nanoseconds, never earlier. Returns when that will be,
/// and the number of the timer.
pub(super) fn timer(state: State) -> lua::Result {
    let after = arguments::integer(state, 1)?.max(0);
    let pushed = timing::set(state, after, "an actor")?;
    Desk::with(state, |desk| desk.has_timers = true)?;
    Ok(pushed)
}
