// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Systems: services that find each other by number.

use core::mem;
use kernel::{
    new_spinlock,
    prelude::*,
    rbtree::{RBTree, RBTreeNodeReservation},
    sync::{atomic::Atomic, Arc, SetOnce, SpinLock},
};

use super::{asking::Asking, log::Log, outside::Outside, parcel::Ending, Service};
use crate::{
    channel::family::Family,
    linux::{account::Account, clock},
    runtime::{
        instance::{Failure, Runtime},
        waiters::{Noted, Spare, Waiters},
    },
};

/// The number of the root, which makes and ends all other services.
pub(crate) const ROOT: u32 = 1;

/// The most services of one system.
pub(crate) const MAX_SERVICES: usize = 65_536;

/// The longest queue of a service.
pub(crate) const MAX_QUEUE: usize = 65_536;

/// What a system is started with.
pub(crate) struct Config {
    /// The places of a queue; one of them is always free.
    pub(crate) queue: usize,
    /// The most services.
    pub(crate) services: usize,
    /// The most messages from outside that no service has received; 0 for none at all.
    pub(crate) external: usize,
    /// Where `require` of services looks first: the folder of the script that has started the system.
    pub(crate) directory: KVec<u8>,
}

/// How a system has ended.
#[derive(Clone)]
pub(crate) struct Outcome {
    /// 0 if it has ended well.
    pub(crate) code: i64,
    /// Why not.
    pub(crate) text: Option<Arc<Failure>>,
}

struct Inner {
    services: RBTree<u32, Arc<Service>>,
    count: usize,
    /// The number that was given last.
    last: u32,
    /// The root has ended: no service can be added.
    ended: bool,
    outcome: Outcome,
    /// Who waits for the end.
    waiting: Waiters,
}

/// A system of services.
#[pin_data]
pub(crate) struct System {
    config: Config,
    family: Arc<Family>,
    /// When it was started, on the wall clock and on the monotonic one, in nanoseconds.
    started: (i64, i64),
    root: SetOnce<Arc<Runtime>>,
    asking: SetOnce<Arc<Asking>>,
    /// How many services have an event.
    events: Atomic<u32>,
    #[pin]
    log: Log,
    #[pin]
    outside: Outside,
    #[pin]
    inner: SpinLock<Inner>,
}

impl System {
    /// A system without services, whose messages count against `family`.
    pub(crate) fn new(
        config: Config,
        family: Arc<Family>,
        account: &Arc<Account>,
    ) -> Result<Arc<Self>> {
        let external = config.external;
        Arc::pin_init(
            pin_init!(Self {
                config,
                family,
                started: (clock::real(), clock::monotonic()),
                root: SetOnce::new(),
                asking: SetOnce::new(),
                events: Atomic::new(0),
                log <- Log::new(account),
                outside <- Outside::new(external),
                inner <- new_spinlock!(Inner {
                    services: RBTree::new(),
                    count: 0,
                    last: ROOT,
                    ended: false,
                    outcome: Outcome { code: 0, text: None },
                    waiting: Waiters::default(),
                }, "lunatik::System"),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// How many requests a queue takes.
    pub(super) fn queue_length(&self) -> usize {
        self.config.queue.saturating_sub(1)
    }

    /// Where `require` of services looks first.
    pub(crate) fn directory(&self) -> &[u8] {
        &self.config.directory
    }

    /// What its messages count against.
    pub(crate) fn family(&self) -> &Arc<Family> {
        &self.family
    }

    /// When it was started: on the wall clock and on the monotonic one, in nanoseconds.
    pub(crate) fn started(&self) -> (i64, i64) {
        self.started
    }

    /// How many services have an event.
    pub(super) fn events(&self) -> &Atomic<u32> {
        &self.events
    }

    /// What services have logged.
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    /// What the script has to do with the services that has started the system.
    pub(crate) fn outside(&self) -> &Outside {
        &self.outside
    }

    /// The runtime of the root, once it is made.
    pub(crate) fn root(&self) -> Option<&Arc<Runtime>> {
        self.root.as_ref()
    }

    /// Gives a service a number that none of the system has had, for [`add`](Self::add). Fails with
    /// `EMFILE` if there are too many services.
    pub(crate) fn new_id(&self) -> Result<u32> {
        let mut inner = self.inner.lock();
        if inner.count >= self.config.services {
            return Err(EMFILE);
        }
        inner.last = inner.last.checked_add(1).ok_or(EMFILE)?;
        Ok(inner.last)
    }

    /// Lets others find the service. Fails with `ESHUTDOWN` if the root has ended, or with `ENOMEM`.
    pub(crate) fn add(&self, service: &Arc<Service>) -> Result {
        if service.is_root() {
            let asking = Asking::new(service.clone())?;
            self.asking.populate(asking.clone());
            service.runtime().set_asked(asking);
            self.root.populate(service.runtime().clone());
        }
        let node = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        let node = node.into_node(service.id(), service.clone());
        let mut inner = self.inner.lock();
        if inner.ended {
            drop(inner);
            drop(node);
            return Err(ESHUTDOWN);
        }
        let former = inner.services.insert(node);
        inner.count = inner.count.saturating_add(1);
        drop(inner);
        drop(former);
        Ok(())
    }

    /// Lets nobody find the service any more.
    pub(super) fn remove(&self, service: &Service) {
        let mut inner = self.inner.lock();
        let removed = inner.services.remove_node(&service.id());
        if removed.is_some() {
            inner.count = inner.count.saturating_sub(1);
        }
        drop(inner);
        drop(removed);
    }

    /// The service with this number.
    pub(crate) fn find(&self, id: u32) -> Option<Arc<Service>> {
        self.inner.lock().services.get(&id).cloned()
    }

    /// The number of the first service after `id`.
    pub(crate) fn next(&self, id: u32) -> Option<u32> {
        let inner = self.inner.lock();
        let cursor = inner.services.cursor_lower_bound(&id.checked_add(1)?)?;
        Some(*cursor.current().0)
    }

    /// Notes with which code the system ends.
    pub(crate) fn set_outcome(&self, code: i64, text: Option<Arc<Failure>>) {
        let mut inner = self.inner.lock();
        let former = mem::replace(&mut inner.outcome, Outcome { code, text });
        drop(inner);
        drop(former);
    }

    /// The root has ended.
    pub(super) fn end(&self, ending: &Ending) {
        if let Some(asking) = self.asking.as_ref() {
            asking.forget();
        }
        let mut inner = self.inner.lock();
        inner.ended = true;
        let former = match ending {
            Ending::Failed(failure) => Some(mem::replace(
                &mut inner.outcome,
                Outcome {
                    code: 1,
                    text: Some(failure.clone()),
                },
            )),
            _ => None,
        };
        let waiting = inner.waiting.take();
        drop(inner);
        drop(former);
        waiting.wake();
    }

    /// How it has ended, if it has. If not, `waiter` is woken then.
    pub(crate) fn outcome(&self, waiter: &Arc<Runtime>) -> Result<Option<Outcome>> {
        let mut spare = Spare::default();
        loop {
            let mut inner = self.inner.lock();
            if inner.ended {
                return Ok(Some(inner.outcome.clone()));
            }
            match inner.waiting.note(waiter, &mut spare) {
                Noted::Yes => return Ok(None),
                Noted::NeedsRoom(count) => {
                    drop(inner);
                    spare.grow(count)?;
                }
                Noted::TooMany => return Err(ENOBUFS),
            }
        }
    }
}
