// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The contexts of a pool. A pool can get more while its runtimes run, and never has fewer again.
//!
//! Readers take no lock: a context gets its number when it is ready, and stays as long as the pool.
//!
//! Lock order: `Contexts::growth` is held while the pool grows, which allocates memory. The list of
//! drainers is locked within it.

use core::{ops::Range, pin::Pin, ptr};
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Release},
        Arc,
        Mutex,
        SetOnce, //
    },
};

use super::{context::Context, drainer::Drainer, Shared, MAX_CONTEXTS, MAX_DRAINERS};
use crate::linux::{
    account::{kmalloc_size, Charge},
    cpu, //
};

/// The drainers of a new context: one drains the queue, the other is there for it when the first one
/// blocks.
const DRAINERS: usize = 2;

/// The contexts of a pool.
///
/// # Invariants
///
/// - The first `count` places have contexts, each with the number of its place. The others are empty.
/// - Only the holder of the lock `growth` fills places and changes `count`.
#[pin_data]
pub(super) struct Contexts {
    all: [SetOnce<Pin<KBox<Context>>>; MAX_CONTEXTS as usize],
    count: Atomic<u32>,
    /// The CPU of the first context, below `cpus`. The others follow in the order of the CPUs.
    first_cpu: u32,
    /// How many CPUs there were when the pool was made; at least 1.
    cpus: u32,
    /// The memory of the pool, as far as it counts against an account.
    #[pin]
    growth: Mutex<Charge>,
}

impl Contexts {
    /// No contexts. The first one will be on the CPU `first_cpu`, modulo their number. The contexts
    /// that are added later count against the account of `charge`.
    pub(super) fn new(first_cpu: u32, charge: Charge) -> impl PinInit<Self> {
        let cpus = cpu::online();
        // INVARIANT: All places are empty.
        pin_init!(Self {
            all: [const { SetOnce::new() }; MAX_CONTEXTS as usize],
            count: Atomic::new(0),
            first_cpu: first_cpu.checked_rem(cpus).unwrap_or(0),
            cpus,
            growth <- new_mutex!(charge, "lunatik::pool::Contexts::growth"),
        })
    }

    /// How many there are. May be called in any context.
    pub(super) fn count(&self) -> u32 {
        self.count.load(Acquire)
    }

    /// The context with this number. May be called in any context.
    pub(super) fn get(&self, number: u32) -> Option<&Context> {
        if number >= self.count() {
            return None;
        }
        Some(self.all.get(number as usize)?.as_ref()?)
    }

    /// All of them. May be called in any context.
    pub(super) fn iter(&self) -> Iter<'_> {
        Iter {
            contexts: self,
            next: 0,
        }
    }

    /// The CPU of the context with this number.
    fn cpu(&self, number: u32) -> u32 {
        let cpu = self.first_cpu.saturating_add(number);
        cpu.checked_rem(self.cpus).unwrap_or(0)
    }

    /// The number of the context that code on the CPU `cpu` uses: the first one on that CPU, or
    /// another one if there is none. May be called in any context.
    pub(super) fn nearest(&self, cpu: u32) -> u32 {
        // OVERFLOW: `first_cpu` is below `cpus`, by the invariant of the field.
        let distance = cpu.saturating_add(self.cpus - self.first_cpu);
        let distance = distance.checked_rem(self.cpus).unwrap_or(0);
        distance.checked_rem(self.count()).unwrap_or(0)
    }
}

/// The contexts that there are, in their order. A type of its own, because the names of functions of the usual
/// adapters become too long for the kernel's tools.
pub(super) struct Iter<'a> {
    contexts: &'a Contexts,
    next: u32,
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Context;

    fn next(&mut self) -> Option<&'a Context> {
        let context = self.contexts.get(self.next)?;
        self.next = self.next.saturating_add(1);
        Some(context)
    }
}

/// A context that nobody uses yet, and its drainers.
struct Made {
    // The drainers refer to the context, but were never queued. So the order of the drops does not
    // matter.
    context: Pin<KBox<Context>>,
    drainers: [Arc<Drainer>; DRAINERS],
}

impl Made {
    fn new(shared: &'static Shared, number: u32) -> Result<Self> {
        let cpu = shared.contexts.cpu(number);
        let context = KBox::pin_init(Context::new(number, cpu), GFP_KERNEL | __GFP_NOWARN)?;
        // SAFETY: The context lives as long as the pool, or as this value. In the second case
        // nobody but the drainers, which then do nothing, has the reference.
        let known: &'static Context = unsafe { &*ptr::from_ref(&*context) };
        Ok(Self {
            context,
            drainers: [Drainer::new(shared, known)?, Drainer::new(shared, known)?],
        })
    }
}

impl Shared {
    /// Adds `threads` contexts, or none if this fails. May sleep.
    ///
    /// Fails with `EAGAIN` if there would be more than [`MAX_CONTEXTS`] or too many drainers, and
    /// with `ENOMEM`.
    pub(super) fn grow(&'static self, threads: u32) -> Result {
        let each = kmalloc_size(size_of::<Drainer>())
            .saturating_mul(DRAINERS)
            .saturating_add(kmalloc_size(size_of::<Context>()));
        let mut charge = self.contexts.growth.lock();
        let count = self.contexts.count();
        let wanted = count.checked_add(threads);
        let wanted = wanted
            .filter(|wanted| *wanted <= MAX_CONTEXTS)
            .ok_or(EAGAIN)?;
        let former = charge.bytes();
        charge.set(former.saturating_add(each.saturating_mul(threads as usize)))?;
        let added = self.add_contexts(count..wanted);
        if added.is_err() {
            charge.set_anyway(former);
        }
        added
    }

    /// Adds the contexts with these numbers, or none. The caller must have locked `growth`.
    fn add_contexts(&'static self, numbers: Range<u32>) -> Result {
        let first = numbers.start as usize;
        let mut made = KVec::with_capacity(numbers.len(), GFP_KERNEL | __GFP_NOWARN)?;
        for number in numbers {
            made.push(Made::new(self, number)?, GFP_KERNEL | __GFP_NOWARN)?;
        }
        self.keep_drainers(&made)?;
        for Made { context, drainers } in made {
            for drainer in &drainers {
                // SAFETY: The pool has a reference until it is destroyed.
                context.add_idle(unsafe { &*Arc::as_ptr(drainer) });
            }
            let number = context.number;
            if let Some(place) = self.contexts.all.get(number as usize) {
                place.populate(context);
            }
            // INVARIANT: The numbers begin with the former count, so the place was empty, and all
            // places before it have contexts.
            self.contexts.count.store(number.saturating_add(1), Release);
        }
        // Runtimes that wait may have a thread now.
        if self.backlog() > 0 {
            for context in self.contexts.iter().skip(first) {
                context.kick(self);
            }
        }
        Ok(())
    }

    /// Adds the drainers to those that live as long as the pool, or none if this fails.
    fn keep_drainers(&self, made: &[Made]) -> Result {
        let mut drainers = self.drainers.lock();
        let former = drainers.len();
        if former.saturating_add(made.len().saturating_mul(DRAINERS)) > MAX_DRAINERS {
            return Err(EAGAIN);
        }
        for drainer in made.iter().flat_map(|made| &made.drainers) {
            let kept = drainers.push(drainer.clone(), GFP_KERNEL | __GFP_NOWARN);
            if kept.is_err() {
                // The caller has references, too, so this frees nothing.
                drainers.truncate(former);
                return Err(ENOMEM);
            }
        }
        Ok(())
    }
}
