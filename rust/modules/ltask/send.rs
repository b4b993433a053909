// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Requests and answers.

use core::ffi::c_int;
use kernel::{
    list::ListArc,
    prelude::*,
    sync::Arc, //
};

use super::{super::blocking::inside, desk::Desk, interrupted, values};
use crate::{
    binding::{arguments, sending::too_much},
    channel::{
        queue::Sent,
        service::{
            parcel::{Creditor, Ending, Head, Kind, Parcel},
            system::{System, ROOT},
            Service,
        },
    },
    linux::context::MaySleep,
    lua::{self, Error, Kind as ValueKind, State},
    runtime::{
        message::Message,
        parking::{wait, Waited},
        permissions,
        vm::Vm,
    },
};

/// What became of a message. The numbers are those that scripts see.
#[derive(Clone, Copy)]
pub(super) enum Receipt {
    Done = 1,
    Dead = 2,
    Busy = 3,
}

/// The number of a service at `index`. No service has a number that is not in the range.
pub(super) fn address(state: State, index: c_int) -> lua::Result<u32> {
    Ok(u32::try_from(arguments::integer(state, index)?).unwrap_or(0))
}

/// The number of a session at `index`.
pub(super) fn number(state: State, index: c_int) -> lua::Result<u64> {
    // CAST: numbers of sessions are positive; others find none.
    Ok(arguments::integer(state, index)? as u64)
}

pub(super) fn kind(state: State, index: c_int) -> lua::Result<Kind> {
    Kind::from_raw(arguments::integer(state, index)?)
        .ok_or_else(|| Error::argument(index, fmt!("there is no such type of message")))
}

/// How long a sender waits for room in the queue of a service that works, in milliseconds.
///
/// A service that only sends would otherwise find a queue full that its receiver empties all the time.
/// The receiver may run on the same thread.
const PATIENCE_MS: u32 = 10;

/// Puts a message into the queue of `target`, if there is room or will be in a moment. The code of the
/// sender does not go on meanwhile.
fn put_soon(
    state: State,
    may: Option<MaySleep<'_>>,
    target: &Service,
    parcel: &mut Option<ListArc<Parcel>>,
) -> lua::Result<Receipt> {
    let receipt = |sent| match sent {
        Sent::Yes => Receipt::Done,
        Sent::Closed => Receipt::Dead,
        Sent::Full => Receipt::Busy,
    };
    let sent = target.put(parcel, None)?;
    let own = Vm::runtime_of(state);
    let Some(may) = may.filter(|_| matches!(sent, Sent::Full)) else {
        return Ok(receipt(sent));
    };
    if core::ptr::eq(&*own, &**target.runtime()) {
        return Ok(receipt(sent));
    }
    wait_for_room(state, may, target, parcel, receipt)
}

#[inline(never)]
fn wait_for_room(
    state: State,
    may: MaySleep<'_>,
    target: &Service,
    parcel: &mut Option<ListArc<Parcel>>,
    receipt: impl Fn(Sent) -> Receipt,
) -> lua::Result<Receipt> {
    let sender = Vm::runtime_of(state).into();
    let waited = wait(state, may, Some(PATIENCE_MS), || {
        match target.put(parcel, Some(&sender)) {
            Ok(Sent::Full) if target.runtime().parking().waits() => Ok(Some(Receipt::Busy)),
            Ok(Sent::Full) => Ok(None),
            Ok(sent) => Ok(Some(receipt(sent))),
            // Too many wait for room there.
            Err(error) if error == ENOBUFS => Ok(Some(Receipt::Busy)),
            Err(error) => Err(error.into()),
        }
    })?;
    match waited {
        Waited::Done(receipt) => Ok(receipt),
        Waited::TimedOut => Ok(Receipt::Busy),
        Waited::Ended { .. } => Err(interrupted()),
    }
}

/// Sends what `fill` makes a message of; `owed` gets the answer. Without `may`, waits for no room.
/// Returns the message if it was not sent.
pub(super) fn put_values(
    state: State,
    may: Option<MaySleep<'_>>,
    system: &System,
    head: Head,
    owed: Option<Creditor>,
    fill: impl FnOnce(&mut Message) -> lua::Result<()>,
) -> (lua::Result<Receipt>, Option<ListArc<Parcel>>) {
    let Some(target) = system.find(head.to) else {
        return (Ok(Receipt::Dead), None);
    };
    let mandate = (head.to == ROOT).then(|| permissions::of(state));
    let runtime = Vm::runtime_of(state);
    let parcel = runtime.memcg().charge(|| {
        let mut parcel = Parcel::new(head, owed, mandate)?;
        match parcel.as_mut().fill(system.family(), fill)? {
            Some(()) => Ok(ListArc::from(parcel)),
            None => Err(too_much()),
        }
    });
    let mut parcel = match parcel {
        Ok(parcel) => Some(parcel),
        Err(error) => return (Err(error), None),
    };
    // Who gets the message may print, too.
    runtime.send_output();
    let receipt = put_soon(state, may, &target, &mut parcel);
    (receipt, parcel)
}

/// Sends the values from `first` on; `owed` gets the answer.
fn put(
    state: State,
    may: MaySleep<'_>,
    service: &Arc<Service>,
    head: Head,
    first: c_int,
    owed: Option<Creditor>,
) -> lua::Result<Receipt> {
    let fill = |message: &mut Message| values::fill(state, first, message);
    let (receipt, _) = put_values(state, Some(may), service.system(), head, owed, fill);
    receipt
}

/// The head of a message of `service` whose receiver, number and kind are the arguments from `first` on.
pub(super) fn head(state: State, service: &Service, first: c_int) -> lua::Result<Head> {
    Ok(Head {
        from: service.id(),
        to: address(state, first)?,
        number: number(state, first + 1)?,
        kind: kind(state, first + 2)?,
    })
}

/// The error of who sends an answer to another service otherwise than by answering.
pub(super) fn not_to_others() -> Error {
    Error::argument(3, fmt!("this type of message cannot be sent to others"))
}

/// `core.request(session, to, number, kind, ...)`: asks a service for code of a session, which is going to
/// block; nil, if it does not block yet. The service answers with a message of that number, in any
/// case. Returns what became of the request: 1 if it was sent, 2 if there is no such service, 3 if
/// its queue is full; and what `can_block` returns.
pub(super) fn request(state: State, may: MaySleep<'_>) -> lua::Result {
    let service = Desk::service(state)?;
    let head = head(state, &service, 2)?;
    if !head.kind.is_request() {
        return Err(Error::argument(
            4,
            fmt!("this type of message asks for nothing"),
        ));
    }
    let inside = match state.kind(1) {
        ValueKind::Nil => false,
        _ => inside(state, 1)?,
    };
    let owed = Some(Creditor::Service(service.clone()));
    let receipt = put(state, may, &service, head, 5, owed)?;
    state.push_integer(receipt as i64);
    state.push_boolean(inside);
    Ok(2)
}

/// `core.send(to, number, kind, ...)`: sends a message that nobody answers. Returns what became of
/// it, as `request`. Answers can be sent to oneself only.
pub(super) fn send(state: State, may: MaySleep<'_>) -> lua::Result {
    let service = Desk::service(state)?;
    let head = head(state, &service, 1)?;
    if !head.kind.is_request() && head.to != head.from {
        return Err(not_to_others());
    }
    let receipt = put(state, may, &service, head, 4, None)?;
    state.push_integer(receipt as i64);
    Ok(1)
}

/// `core.reply(receipt, kind, ...)`: answers a request. Returns false if it was answered before.
/// After an error, the request can still be answered.
pub(super) fn reply(state: State) -> lua::Result {
    let receipt = arguments::integer(state, 1)?;
    let kind = kind(state, 2)?;
    if !matches!(kind, Kind::Response | Kind::Error) {
        return Err(Error::argument(
            2,
            fmt!("this type of message answers nothing"),
        ));
    }
    let paid = pay(state, receipt, kind, 3)?;
    state.push_boolean(paid);
    Ok(1)
}

/// Pays a debt with the values from `first` on. Returns whether there was one. After an error, it is
/// still there.
fn pay(state: State, receipt: i64, kind: Kind, first: c_int) -> lua::Result<bool> {
    let Some((mut debt, service)) = Desk::with(state, |desk| {
        Some((desk.debts.take(receipt)?, desk.service_ref().clone()))
    })?
    else {
        return Ok(false);
    };
    let runtime = Vm::runtime_of(state);
    let filled = runtime.memcg().charge(|| {
        debt.fill(service.system().family(), |message| {
            values::fill(state, first, message)
        })
    });
    let error = match filled {
        Ok(Some(())) => {
            runtime.send_output();
            debt.pay(kind);
            return Ok(true);
        }
        Ok(None) => too_much(),
        Err(error) => error,
    };
    Desk::with(state, |desk| desk.debts.put_back(receipt, debt))?;
    Err(error)
}

/// `core.answer(to, number, kind, ...)`: answers a request that was received and not answered yet,
/// found by its sender and number. Returns 1, or 2 if there is no such request.
pub(super) fn answer(state: State) -> lua::Result {
    let (to, number, kind) = (address(state, 1)?, number(state, 2)?, kind(state, 3)?);
    if !matches!(kind, Kind::Response | Kind::Error) {
        return Err(Error::argument(
            3,
            fmt!("this type of message answers nothing"),
        ));
    }
    let found = Desk::with(state, |desk| desk.debts.find(to, number))?;
    let paid = match found {
        Some(receipt) => pay(state, receipt, kind, 4)?,
        None => false,
    };
    let receipt = if paid { Receipt::Done } else { Receipt::Dead };
    state.push_integer(receipt as i64);
    Ok(1)
}

/// `core.answer_all()`: answers everything that was received and not answered with the error
/// "Service has been quit.".
pub(super) fn answer_all(state: State) -> lua::Result {
    let debts = Desk::with(state, |desk| desk.debts.take_all())?;
    debts.fail_all(&Ending::Quitting);
    Ok(0)
}
