// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! All links that are not closed.

use kernel::{
    new_condvar, new_mutex,
    prelude::*,
    sync::{Arc, CondVar, CondVarTimeoutResult, Mutex},
    time::{msecs_to_jiffies, Jiffies},
};

use super::{link::Link, outbox::Poll};
use crate::linux::{
    global::{Global, Installed},
    process::Exits,
};

/// The most links at a time.
const LIMIT: usize = 1024;

#[pin_data]
struct List {
    #[pin]
    links: Mutex<KVVec<Arc<Link>>>,
    /// Those whose processes have the device open, closed or not.
    #[pin]
    open: Mutex<KVVec<Arc<Link>>>,
    /// Notified when one of them gives it up.
    #[pin]
    fewer: CondVar,
}

static LINKS: Global<List> = Global::new();

/// The possibility of links, held by the module. Dropping it closes all of them; nobody makes others then.
pub(crate) struct Links {
    list: Arc<List>,
    _installed: Installed<List>,
    // After the list: closing a link ends its watch.
    _exits: Exits,
}

impl Links {
    /// No links.
    ///
    /// # Safety
    ///
    /// There is no other one.
    pub(crate) unsafe fn new() -> Result<Self> {
        let list = Arc::pin_init(
            pin_init!(List {
                links <- new_mutex!(KVVec::new(), "lunatik::process::List::links"),
                open <- new_mutex!(KVVec::new(), "lunatik::process::List::open"),
                fewer <- new_condvar!("lunatik::process::List::fewer"),
            }),
            GFP_KERNEL,
        )?;
        Ok(Self {
            // SAFETY: By this function's contract there is no other one. All watches belong to links, which `drop()`
            // closes.
            _exits: unsafe { Exits::new(sweep) },
            _installed: LINKS.set(list.clone())?,
            list,
        })
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        let links = core::mem::replace(&mut *self.list.links.lock(), KVVec::new());
        for link in links {
            link.kill();
            link.close();
        }
    }
}

/// Lists a link. Fails with `EAGAIN` if there are too many, or with `ENOMEM`.
pub(super) fn add(link: &Arc<Link>) -> Result {
    let list = LINKS.get().ok_or(ENODEV)?;
    let mut links = list.links.lock();
    if links.len() >= LIMIT {
        return Err(EAGAIN);
    }
    links.push(link.clone(), GFP_KERNEL | __GFP_NOWARN)?;
    Ok(())
}

/// Takes a link out of a list.
fn take(links: &mut KVVec<Arc<Link>>, link: &Link) -> Option<Arc<Link>> {
    let place = links
        .iter()
        .position(|other| core::ptr::eq(&**other, link))?;
    links.remove(place).ok()
}

/// Takes a link out of the list.
pub(super) fn remove(link: &Link) {
    let Some(list) = LINKS.get() else {
        return;
    };
    let removed = take(&mut list.links.lock(), link);
    drop(removed);
}

/// The first link that `is_wanted`.
fn find(is_wanted: impl Fn(&Link) -> bool) -> Option<Arc<Link>> {
    let list = LINKS.get()?;
    let links = list.links.lock();
    let found = links.iter().find(|link| is_wanted(link)).cloned();
    drop(links);
    found
}

/// Attaches the calling process to the link with this token; `poll` is what those wait for who poll its file. Fails
/// with `EPERM` if the token is not that of a process which the kernel has started, and which is this one.
pub(crate) fn attach(token: &[u8], poll: &Arc<Poll>) -> Result<Attached> {
    let list = LINKS.get().ok_or(ENODEV)?;
    let link = find(|link| link.attach(token, poll)).ok_or(EPERM)?;
    let attached = Attached { link };
    let mut open = list.open.lock();
    let listed = open.push(attached.link.clone(), GFP_KERNEL | __GFP_NOWARN);
    drop(open);
    if listed.is_err() {
        attached.end();
        return Err(ENOMEM);
    }
    Ok(attached)
}

/// The file of an attached process.
pub(crate) struct Attached {
    link: Arc<Link>,
}

impl Attached {
    /// The link.
    pub(crate) fn link(&self) -> &Arc<Link> {
        &self.link
    }
}

impl Attached {
    /// The file is closed, and with it the link. Sleeps.
    pub(crate) fn end(&self) {
        self.link.close();
        if let Some(list) = LINKS.get() {
            let removed = take(&mut list.open.lock(), &self.link);
            drop(removed);
            list.fewer.notify_all();
        }
    }
}

/// Closes the links of processes that have ended.
extern "C" fn sweep() {
    while let Some(link) = find(Link::has_ended) {
        link.close();
    }
}

/// Gives up the links of all detached processes. Waits until no process has the device open whose link was given up,
/// at most `grace_ms` milliseconds. Those that are left are killed then. Returns how many other processes have the
/// device open.
pub(crate) fn release(grace_ms: u32) -> usize {
    let Some(list) = LINKS.get() else {
        return 0;
    };
    while let Some(link) = find(Link::is_detached) {
        link.close();
    }
    if !wait(&list, msecs_to_jiffies(grace_ms)) {
        let open = list.open.lock();
        for link in open.iter().filter(|link| link.is_closed()) {
            link.kill();
        }
        drop(open);
        wait(&list, msecs_to_jiffies(grace_ms));
    }
    let count = list.open.lock().len();
    count
}

/// Waits until no process has the device open whose link was given up.
fn wait(list: &List, mut left: Jiffies) -> bool {
    let mut open = list.open.lock();
    while open.iter().any(|link| link.is_closed()) {
        match list.fewer.wait_interruptible_timeout(&mut open, left) {
            CondVarTimeoutResult::Woken { jiffies } => left = jiffies,
            CondVarTimeoutResult::Timeout | CondVarTimeoutResult::Signal { .. } => return false,
        }
    }
    true
}
