// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Workers: a runtime that runs one script for its parent, and the queues between the two.
//!
//! The parent has a [`WorkerHandle`], the worker's VM an `Arc` of the [`Worker`]. Each is dropped
//! with the VM that has it. So when one side ends, the other one sees the queues closed.
//!
//! Lock order: `Worker::ending` is a leaf.

use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full},
        Arc,
        SpinLock, //
    },
};

use super::{
    posting,
    queue::{Limits, Queue}, //
};
use crate::{
    linux::account::Charge,
    runtime::{
        execute,
        handle::Shareable,
        hooks::{Delivered, Destination, Origin},
        instance::{Failure, Keep, Runtime},
        message::Message, //
    },
};

/// The error that a worker has ended with.
pub(crate) struct Fault {
    /// The error value, unless that cannot travel or is a text.
    pub(crate) value: Option<Message>,
    /// The error as text.
    pub(crate) failure: Arc<Failure>,
}

struct Ending {
    /// The error that a `receive` has yet to raise.
    fault: Option<Fault>,
    /// Nobody can receive from the worker any more.
    handle_gone: bool,
    /// Keeps the parent until the script has ended.
    keep: Option<Keep>,
}

/// The data that a worker and its parent share.
#[pin_data]
pub(crate) struct Worker {
    runtime: Arc<Runtime>,
    /// From the parent to the worker.
    #[pin]
    inbox: Queue,
    /// From the worker to the parent.
    #[pin]
    outbox: Queue,
    _charge: Charge,
    over: Atomic<bool>,
    stopping: Atomic<bool>,
    #[pin]
    ending: SpinLock<Ending>,
}

impl Worker {
    /// Makes the queues between `runtime`, a worker in which nothing has run yet, and `parent`.
    /// They count against `parent`.
    pub(crate) fn new(
        runtime: Arc<Runtime>,
        parent: &Runtime,
        limits: Limits,
    ) -> Result<Arc<Self>> {
        let charge = Charge::new(parent.account(), size_of::<Self>() + 512)?;
        let to_worker = runtime.count_messages()?;
        let to_parent = parent.count_messages()?;
        let keep = Keep::new(&runtime);
        Arc::pin_init(
            pin_init!(Self {
                inbox <- Queue::counted(limits, to_worker),
                outbox <- Queue::counted(limits, to_parent),
                runtime,
                _charge: charge,
                over: Atomic::new(false),
                stopping: Atomic::new(false),
                ending <- new_spinlock!(Ending {
                    fault: None,
                    handle_gone: false,
                    keep: Some(keep),
                }, "lunatik::Worker::ending"),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// The worker's runtime.
    pub(crate) fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// From the parent to the worker.
    pub(crate) fn inbox(&self) -> &Queue {
        &self.inbox
    }

    /// From the worker to the parent.
    pub(crate) fn outbox(&self) -> &Queue {
        &self.outbox
    }

    /// Whether its script has ended, or will never begin.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Acquire)
    }

    /// Notes that the worker has to be stopped. Returns whether it was noted before.
    pub(crate) fn note_stop(&self) -> bool {
        self.stopping.xchg(true, Full)
    }

    /// The script has ended, with an error or without. Only the first call counts.
    ///
    /// An error that nobody can receive goes to the log.
    pub(crate) fn finish(&self, fault: Option<Fault>) {
        if self.over.xchg(true, Full) {
            return;
        }
        let mut ending = self.ending.lock();
        let unheard = if ending.handle_gone {
            fault
        } else {
            ending.fault = fault;
            None
        };
        let keep = ending.keep.take();
        drop(ending);
        // The `Keep` is dropped before the parent can see that the worker is dead: if seeing that
        // is the last thing that the parent does, it can then end.
        drop(keep);
        self.tell(unheard);
        self.inbox.close();
        // This comes last: a receiver that finds the outbox closed looks for the error.
        self.outbox.close_senders();
    }

    fn tell(&self, unheard: Option<Fault>) {
        if let Some(fault) = unheard {
            execute::log_failure(&self.runtime, &fault.failure);
        }
    }

    /// Takes the error that has yet to be raised.
    pub(crate) fn take_fault(&self) -> Option<Fault> {
        self.ending.lock().fault.take()
    }

    /// Puts an error that was taken and could not be raised back.
    pub(crate) fn put_fault_back(&self, fault: Fault) {
        let former = self.ending.lock().fault.replace(fault);
        // May free memory, so the lock is released first.
        drop(former);
    }
}

impl Destination for Worker {
    fn deliver(&self, message: Message, origin: &mut Origin<'_>) -> Delivered {
        posting::deliver(message, origin, |entry, sender| {
            self.inbox.put(entry, Some(sender))
        })
    }
}

/// A reference to a worker that can travel, and by which others than its parent send to it. What they send
/// goes where the parent's messages go, as long as there is the [`WorkerHandle`].
///
/// The queues of a worker can have its addresses: they are closed when the worker ends, and when its handle
/// goes. So no circle of references stays.
pub(crate) struct WorkerAddress(Arc<Worker>);

impl WorkerAddress {
    /// A new address of `worker`.
    pub(crate) fn new(worker: Arc<Worker>) -> Result<Arc<Self>> {
        Ok(Arc::new(Self(worker), GFP_KERNEL_ACCOUNT)?)
    }

    /// Where it leads.
    pub(crate) fn worker(&self) -> &Arc<Worker> {
        &self.0
    }
}

impl Shareable for WorkerAddress {
    fn identity(&self) -> *const () {
        Arc::as_ptr(&self.0).cast()
    }
}

/// The parent's end. Dropping it closes the queues; the worker runs on.
pub(crate) struct WorkerHandle(Arc<Worker>);

impl WorkerHandle {
    /// The only handle of `worker`.
    pub(crate) fn new(worker: Arc<Worker>) -> Self {
        Self(worker)
    }

    /// What it refers to.
    pub(crate) fn worker(&self) -> &Arc<Worker> {
        &self.0
    }
}

impl Drop for WorkerHandle {
    fn drop(&mut self) {
        let mut ending = self.0.ending.lock();
        ending.handle_gone = true;
        let unheard = ending.fault.take();
        drop(ending);
        self.0.tell(unheard);
        // In this order, so that a worker which learns that nothing comes any more cannot send any
        // more either.
        self.0.outbox.close();
        self.0.inbox.close_senders();
    }
}
