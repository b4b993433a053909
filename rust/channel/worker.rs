// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Workers: a runtime that runs one script for its parent, and the queues between the two.
//!
//! The parent has a [`WorkerHandle`], the worker's VM an `Arc` of the [`Worker`]. Both go with the
//! VM that has them, so whichever ends first, the other one sees the queues closed.
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

use super::queue::{Limits, Queue};
use crate::{
    linux::account::Charge,
    runtime::{
        execute,
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
    /// What is still to be raised by a `receive`.
    fault: Option<Fault>,
    /// Nobody can receive from the worker any more.
    handle_gone: bool,
    /// Keeps the parent until the script has ended.
    keep: Option<Keep>,
}

/// What a worker and its parent have in common.
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
    /// Makes the queues between `runtime`, a worker in which nothing has run yet, and `parent`,
    /// against which they count.
    pub(crate) fn new(
        runtime: Arc<Runtime>,
        parent: &Runtime,
        limits: Limits,
    ) -> Result<Arc<Self>> {
        let charge = Charge::new(parent.account(), size_of::<Self>() + 512)?;
        let keep = Keep::new(&runtime);
        Arc::pin_init(
            pin_init!(Self {
                inbox <- Queue::new(limits),
                outbox <- Queue::new(limits),
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

    /// Whether its script has ended, or never will begin.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Acquire)
    }

    /// Notes that the worker is to be stopped. Returns whether it was noted before.
    pub(crate) fn note_stop(&self) -> bool {
        self.stopping.xchg(true, Full)
    }

    /// The script has ended, with an error or well. Only the first call counts.
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
        // Before the parent finds the worker dead: if that is the last that it does, it ends then.
        drop(keep);
        self.tell(unheard);
        self.inbox.close();
        // Last: who finds the outbox closed looks for the error.
        self.outbox.close_senders();
    }

    fn tell(&self, unheard: Option<Fault>) {
        if let Some(fault) = unheard {
            execute::log_failure(&self.runtime, &fault.failure);
        }
    }

    /// Takes the error that is still to be raised.
    pub(crate) fn take_fault(&self) -> Option<Fault> {
        self.ending.lock().fault.take()
    }

    /// Puts an error back that was taken and could not be raised.
    pub(crate) fn put_fault_back(&self, fault: Fault) {
        let former = self.ending.lock().fault.replace(fault);
        // Frees memory perhaps, so after unlocking.
        drop(former);
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
        // In this order: who is told that nothing comes can send nothing any more.
        self.0.outbox.close();
        self.0.inbox.close_senders();
    }
}
