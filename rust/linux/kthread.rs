// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Kernel threads that run a closure. All of them end before the module's code goes away.
//!
//! Lock order: [`THREADS`] is a leaf.
//!
//! C header: [`include/linux/kthread.h`](srctree/include/linux/kthread.h)

use core::ffi::c_void;
use kernel::{
    bindings,
    error::from_err_ptr,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{Acquire, Atomic, Release},
        Arc, //
    },
    task::Task, //
};

/// Threads alive at one time, in all.
const LIMIT: usize = 4096;

struct Entry {
    /// A reference of ours, given up by `kthread_stop_put()`.
    task: *mut bindings::task_struct,
    /// Set as the last act of the thread in this module.
    ended: Arc<Atomic<bool>>,
}

// SAFETY: Tasks are reference-counted and belong to no thread.
unsafe impl Send for Entry {}

kernel::sync::global_lock! {
    // SAFETY: The module's `init()` calls `init()` before anything else of the module runs.
    unsafe(uninit) static THREADS: Mutex<KVec<Entry>> = KVec::new();
}

/// Must be held by the module while threads may run; dropping it waits for all of them.
pub(crate) struct Threads(());

impl Threads {
    /// Prepares the list of threads.
    ///
    /// # Safety
    ///
    /// To be called once, at the start of the module's `init()`.
    pub(crate) unsafe fn new() -> Self {
        // SAFETY: As the caller promises.
        unsafe { THREADS.init() };
        Self(())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        loop {
            let Some(entry) = THREADS.lock().pop() else {
                break;
            };
            join(entry);
        }
        // Nothing drops a static: its room would stay behind when the module goes.
        let list = core::mem::take(&mut *THREADS.lock());
        drop(list);
    }
}

fn join(entry: Entry) {
    // SAFETY: The entry owned a reference to the task, which this call consumes.
    unsafe { bindings::kthread_stop_put(entry.task) };
}

/// Takes the ended threads off the list.
fn reap() {
    loop {
        let mut threads = THREADS.lock();
        let position = threads.iter().position(|e| e.ended.load(Acquire));
        let entry = position.and_then(|position| threads.remove(position).ok());
        drop(threads);
        match entry {
            // Has run its last line here, so this waits for its way out of the kernel at most.
            Some(entry) => join(entry),
            None => break,
        }
    }
}

struct Start<F> {
    body: F,
    ended: Arc<Atomic<bool>>,
}

unsafe extern "C" fn main<F: FnOnce()>(start: *mut c_void) -> c_int {
    // SAFETY: `spawn()` passed a box and gave it up.
    let start = unsafe { KBox::from_raw(start.cast::<Start<F>>()) };
    let Start { body, ended } = KBox::into_inner(start);
    body();
    ended.store(true, Release);
    drop(ended);
    0
}

/// Starts a kernel thread called `name` (cut to 15 bytes) that runs `body`.
///
/// The module is not unloaded before the thread has ended, so whatever it runs must end when all
/// runtimes are stopped.
pub(crate) fn spawn<F: FnOnce() + Send + 'static>(name: &CStr, body: F) -> Result<ARef<Task>> {
    reap();
    let ended = Arc::new(Atomic::new(false), GFP_KERNEL)?;
    let start = KBox::new(
        Start {
            body,
            ended: ended.clone(),
        },
        GFP_KERNEL,
    )?;

    // Locked until the thread is listed, so that unloading cannot miss it. The room is made first.
    let mut threads = THREADS.lock();
    if threads.len() >= LIMIT {
        return Err(EAGAIN);
    }
    threads.reserve(1, GFP_KERNEL | __GFP_NOWARN)?;
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
        // SAFETY: There is no thread, so the box is still ours.
        drop(unsafe { KBox::from_raw(start) });
    })?;
    // SAFETY: The thread does not run before it is woken, so the task is alive. The reference is
    // for the entry.
    unsafe { bindings::get_task_struct(task) };
    // The room was reserved above, so this cannot fail.
    let _ = threads.push_within_capacity(Entry { task, ended });
    // SAFETY: As above.
    let result = ARef::from(unsafe { &*task.cast::<Task>() });
    // SAFETY: As above; a thread once woken runs `main` even if it is told to stop at once, for
    // `kthread_stop()` is only called after this.
    unsafe { bindings::wake_up_process(task) };
    Ok(result)
}
