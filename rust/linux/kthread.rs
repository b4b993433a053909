// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Kernel threads that run a closure. All of them end before the module's code goes away.
//!
//! Lock order: `List::threads` is a leaf.
//!
//! C header: [`include/linux/kthread.h`](srctree/include/linux/kthread.h)

use core::ffi::c_void;
use kernel::{
    bindings,
    error::from_err_ptr,
    new_mutex,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{Acquire, Atomic, Release},
        Arc,
        Mutex, //
    },
    task::Task, //
};

use super::global::{Global, Installed};

/// The most threads alive at a time.
const LIMIT: usize = 4096;

struct Entry {
    /// A reference that the entry owns, and `kthread_stop_put()` drops.
    task: *mut bindings::task_struct,
    /// Set by the thread as its last action in this module.
    ended: Arc<Atomic<bool>>,
}

// SAFETY: Tasks are reference-counted and belong to no thread.
unsafe impl Send for Entry {}

/// Threads that have not been waited for.
struct Started {
    entries: KVec<Entry>,
    /// Whether the module's code is about to go away, so that none may be started any more.
    over: bool,
}

#[pin_data]
struct List {
    #[pin]
    threads: Mutex<Started>,
}

static THREADS: Global<List> = Global::new();

/// The possibility of threads, held by the module. Dropping it waits for all of them, and for those
/// that they start meanwhile.
pub(crate) struct Threads {
    list: Arc<List>,
    _installed: Installed<List>,
}

impl Threads {
    /// Prepares the list of threads. Fails with `EBUSY` if there is one.
    pub(crate) fn new() -> Result<Self> {
        let list = Arc::pin_init(
            pin_init!(List {
                threads <- new_mutex!(Started {
                    entries: KVec::new(),
                    over: false,
                }, "lunatik::kthread::List"),
            }),
            GFP_KERNEL,
        )?;
        Ok(Self {
            _installed: THREADS.set(list.clone())?,
            list,
        })
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        loop {
            let mut threads = self.list.threads.lock();
            let entry = threads.entries.pop();
            threads.over = entry.is_none();
            drop(threads);
            match entry {
                Some(entry) => join(entry),
                None => break,
            }
        }
    }
}

fn join(entry: Entry) {
    // SAFETY: The entry owned a reference to the task, which this call consumes.
    unsafe { bindings::kthread_stop_put(entry.task) };
}

/// Removes ended threads from the list.
fn reap(list: &List) {
    loop {
        let mut threads = list.threads.lock();
        let entries = &mut threads.entries;
        let position = entries.iter().position(|e| e.ended.load(Acquire));
        let entry = position.and_then(|position| entries.remove(position).ok());
        drop(threads);
        match entry {
            // The thread has run its last line in this module, so this waits at most for its exit
            // in the kernel.
            Some(entry) => join(entry),
            None => break,
        }
    }
}

struct Start<F> {
    body: F,
    ended: Arc<Atomic<bool>>,
}

/// # Safety
///
/// `start` must be a `Start<F>` in a `KBox` that was given up for this call.
unsafe extern "C" fn main<F: FnOnce()>(start: *mut c_void) -> c_int {
    // SAFETY: `spawn()` gave such a box up, and the kernel calls this once.
    let start = unsafe { KBox::from_raw(start.cast::<Start<F>>()) };
    let Start { body, ended } = KBox::into_inner(start);
    body();
    ended.store(true, Release);
    drop(ended);
    0
}

/// Starts a kernel thread called `name` (cut off at 15 bytes) that runs `body`.
///
/// The module is not unloaded before the thread has ended, so `body` must end when all runtimes are
/// stopped. Sleeps. Fails with `ENODEV` when the module is being unloaded.
pub(crate) fn spawn<F: FnOnce() + Send + 'static>(name: &CStr, body: F) -> Result<ARef<Task>> {
    let list = THREADS.get().ok_or(ENODEV)?;
    reap(&list);
    let ended = Arc::new(Atomic::new(false), GFP_KERNEL)?;
    let start = KBox::new(
        Start {
            body,
            ended: ended.clone(),
        },
        GFP_KERNEL,
    )?;

    // The list stays locked until the thread is listed, so that unloading cannot miss the thread.
    // The room in the list is reserved first.
    let mut threads = list.threads.lock();
    if threads.over {
        return Err(ENODEV);
    }
    if threads.entries.len() >= LIMIT {
        return Err(EAGAIN);
    }
    threads.entries.reserve(1, GFP_KERNEL | __GFP_NOWARN)?;
    let start = KBox::into_raw(start);
    // SAFETY: The format takes one string, which lives through the call; `main::<F>` owns `start`
    // from the moment that the thread runs.
    let task = from_err_ptr(unsafe {
        bindings::kthread_create_on_node(
            Some(main::<F>),
            start.cast(),
            bindings::NUMA_NO_NODE,
            c"%s".as_char_ptr(),
            name.as_char_ptr(),
        )
    })
    .inspect_err(|_| {
        // SAFETY: There is no thread, so this function still owns the box.
        drop(unsafe { KBox::from_raw(start) });
    })?;
    // SAFETY: The thread does not run before it is woken, so the task is alive. The entry will own
    // the reference.
    unsafe { bindings::get_task_struct(task) };
    // The room was reserved above, so this cannot fail.
    let _ = threads.entries.push_within_capacity(Entry { task, ended });
    // SAFETY: As above.
    let result = ARef::from(unsafe { &*task.cast::<Task>() });
    // SAFETY: As above. Once woken, the thread runs `main` even if it is told to stop at once,
    // because `kthread_stop()` is called only after this.
    unsafe { bindings::wake_up_process(task) };
    Ok(result)
}
