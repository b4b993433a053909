// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How messages of hooks get to their receivers: the attendant takes them out of the outbox and gives each
//! to its destination, in process context and in order.
//!
//! It waits for no receiver. A message for which a receiver has no room is kept, and is tried again when
//! there is room, and every millisecond. Those behind it wait.
//!
//! Lock order: `Hooked::courier`, then those of destinations.

use core::{any::Any, mem};
use kernel::{
    prelude::*,
    sync::Arc,
    time::{Delta, Instant}, //
};

use super::{
    super::{
        instance::{Entered, Runtime},
        message::Message,
        vm::Vm, //
    },
    attendant::SEND,
    outbox::Outbox,
    Hooked, //
};
use crate::linux::{cpu_owner::Refused, hook::Softirq, task};

/// How many messages the attendant delivers before it looks for other work.
const TURN: usize = 64;

/// The milliseconds after which a message is tried again.
const PAUSE_MS: i64 = 1;

/// The most that the attendant waits for a CPU at a time, in nanoseconds.
const WAIT: u64 = 1_000_000;

/// What messages of hooks are sent to.
pub(crate) trait Destination: Send + Sync {
    /// Gives `message`, which hooks of `origin` have sent, to its receiver. Waits for no room; sleeps for
    /// memory. If there may be room later, and the receiver can tell, it wakes the runtime of `origin` then.
    fn deliver(&self, message: Message, origin: &mut Origin<'_>) -> Delivered;
}

/// What has become of a message.
pub(crate) enum Delivered {
    /// Its receiver has it.
    Yes,
    /// There is no room now.
    Later(Message),
    /// Nobody will ever receive it, or there was no memory.
    Never,
}

/// The runtime whose hooks have sent a message.
pub(crate) struct Origin<'a> {
    runtime: &'a Arc<Runtime>,
    kept: &'a mut Option<KBox<dyn Any + Send>>,
}

impl Origin<'_> {
    /// The runtime.
    pub(crate) fn runtime(&self) -> &Arc<Runtime> {
        self.runtime
    }

    /// What destinations keep for the runtime while it is sealed: a value of one type for all of them.
    /// `make` makes it.
    pub(crate) fn kept<T: Clone + Send + 'static>(
        &mut self,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if let Some(kept) = self.kept.as_ref().and_then(|kept| kept.downcast_ref::<T>()) {
            return Ok(kept.clone());
        }
        let made = make()?;
        *self.kept = Some(KBox::new(made.clone(), GFP_KERNEL_ACCOUNT)?);
        Ok(made)
    }
}

/// A message that was taken out of the outbox.
struct Carried {
    to: Arc<dyn Destination>,
    message: Message,
}

/// What the attendant has for its deliveries.
#[derive(Default)]
pub(super) struct Courier {
    /// The message that comes next, if there was no room for it.
    carried: Option<Carried>,
    kept: Option<KBox<dyn Any + Send>>,
    /// Whether the runtime is not sealed any more.
    is_closed: bool,
}

impl Courier {
    /// Gives a message to its destination. Returns whether anybody receives it, or keeps it if there is no
    /// room.
    fn give(&mut self, runtime: &Arc<Runtime>, carried: Carried) -> Option<bool> {
        let Carried { to, message } = carried;
        let mut origin = Origin {
            runtime,
            kept: &mut self.kept,
        };
        let memcg = runtime.memcg();
        match memcg.charge(|| to.deliver(message, &mut origin)) {
            Delivered::Yes => Some(true),
            Delivered::Never => Some(false),
            Delivered::Later(message) => {
                self.carried = Some(Carried { to, message });
                None
            }
        }
    }
}

/// A copy of the oldest message of `length` bytes, which `take` takes out of the outbox. `None` if it does
/// not. Sleeps for memory.
fn carry(
    runtime: &Runtime,
    length: usize,
    take: impl FnOnce(&mut [u8]) -> Option<Arc<dyn Destination>>,
) -> Result<Option<Carried>> {
    let mut to = None;
    let memcg = runtime.memcg();
    let message =
        memcg.charge(|| Message::copied(runtime.account(), length, |into| to = take(into)))?;
    Ok(to.map(|to| Carried { to, message }))
}

impl Hooked {
    /// Calls `with` with the VM while no hook executes it. It must not call Lua, nor take long. `None` if
    /// the runtime is not sealed. Waits for its turn.
    fn visit<T>(&self, with: impl FnOnce(&Vm) -> T) -> Option<T> {
        loop {
            task::cond_resched();
            // Interrupts are on: this is a work item.
            let context = Softirq::enter()?;
            let _held = match self.owner.take(&context, WAIT) {
                Ok(held) => held,
                Err(Refused::Contended) => continue,
                Err(Refused::Nested) => return None,
            };
            return Some(with(self.sealed_vm(&context).ok()?));
        }
    }

    /// Takes the oldest message out of the outbox, if there is one.
    fn next_message(&self, runtime: &Runtime) -> Result<Option<Carried>> {
        let length = self.visit(|vm| vm.outgoing().next_length()).flatten();
        let Some(length) = length else {
            return Ok(None);
        };
        carry(runtime, length, |into| {
            let take = |outbox: &mut Outbox<_>| outbox.take(into);
            self.visit(|vm| vm.outgoing().with(take))
                .flatten()
                .flatten()
        })
    }

    /// Delivers what hooks have sent. For the attendant.
    pub(super) fn deliver(&self, runtime: &Arc<Runtime>) {
        let mut courier = self.courier.lock();
        if courier.is_closed {
            return;
        }
        for _ in 0..TURN {
            let next = match courier.carried.take() {
                Some(carried) => Ok(Some(carried)),
                None => self.next_message(runtime),
            };
            let given = match next {
                Ok(Some(carried)) => courier.give(runtime, carried),
                Ok(None) => return,
                // The message stays in the outbox until there is memory.
                Err(_) => None,
            };
            if let Some(is_received) = given {
                self.sends.note_delivered(is_received);
                continue;
            }
            // SAFETY: The attendant has the ownership of the runtime until `deliver_rest()` is called, which
            // waits for the lock. Nobody else sets timers of sealed runtimes.
            unsafe {
                runtime.clear_timer();
                let at = Instant::now() + Delta::from_millis(PAUSE_MS);
                runtime.as_arc_borrow().set_timer(at);
            }
            return;
        }
        self.wants.add(SEND);
    }

    /// The runtime was woken: there may be room for the message that waits. In any context but NMI.
    pub(in super::super) fn go_on(this: &Arc<Self>) {
        if this.is_open() {
            this.as_arc_borrow().want(SEND);
        }
    }

    /// Delivers what is left, once: hooks do not execute the runtime any more. What finds no room is lost.
    pub(super) fn deliver_rest(&self, entered: &Entered<'_>) {
        let runtime = entered.to_arc();
        let outgoing = entered.vm().outgoing();
        let mut courier = self.courier.lock();
        courier.is_closed = true;
        // SAFETY: The caller has entered the runtime.
        unsafe { runtime.clear_timer() };
        loop {
            let next = match courier.carried.take() {
                Some(carried) => Ok(Some(carried)),
                None => match outgoing.next_length() {
                    Some(length) => carry(&runtime, length, |into| {
                        outgoing.with(|outbox| outbox.take(into)).flatten()
                    }),
                    None => break,
                },
            };
            let is_received = match next {
                Ok(Some(carried)) => courier.give(&runtime, carried),
                Ok(None) => break,
                Err(_) => {
                    // There is no memory for it.
                    drop(outgoing.with(|outbox| outbox.take(&mut [])));
                    None
                }
            };
            drop(courier.carried.take());
            self.sends.note_delivered(is_received == Some(true));
            task::cond_resched();
        }
        let kept = mem::take(&mut courier.kept);
        drop(courier);
        drop(kept);
        outgoing.close();
    }
}
