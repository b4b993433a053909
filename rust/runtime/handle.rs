// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What runtimes can share by reference.

use kernel::sync::Arc;

use super::{
    instance::{Kind, Runtime}, //
    rcu_table::RcuTable,
};
use crate::sched::thread::Thread;

/// A reference to something shareable.
#[derive(Clone)]
pub(crate) enum Handle {
    /// An RCU table.
    Table(Arc<RcuTable>),
    /// A runtime.
    Runtime(RuntimeHandle),
    /// A kernel thread that runs a runtime.
    Thread(ThreadHandle),
}

impl Handle {
    /// Whether both refer to the same thing.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Table(a), Self::Table(b)) => Arc::ptr_eq(a, b),
            (Self::Runtime(a), Self::Runtime(b)) => Arc::ptr_eq(a.runtime(), b.runtime()),
            (Self::Thread(a), Self::Thread(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// A thread travels as it is: it ends by itself or by `stop`, not with its last handle.
pub(crate) type ThreadHandle = Arc<Thread>;

/// A reference to a runtime that keeps it running.
///
/// A child runtime, which has no name to be stopped by, is told to stop with its last handle.
pub(crate) struct RuntimeHandle(Arc<Runtime>);

impl RuntimeHandle {
    /// Makes a handle.
    pub(crate) fn new(runtime: Arc<Runtime>) -> Self {
        runtime.add_handle();
        Self(runtime)
    }

    /// What it refers to.
    pub(crate) fn runtime(&self) -> &Arc<Runtime> {
        &self.0
    }
}

impl Clone for RuntimeHandle {
    fn clone(&self) -> Self {
        Self::new(self.0.clone())
    }
}

impl Drop for RuntimeHandle {
    fn drop(&mut self) {
        if self.0.remove_handle() && self.0.kind() == Kind::Child {
            self.0.request_stop();
            super::reaper::finish(self.0.clone());
        }
    }
}
