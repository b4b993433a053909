// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Grace periods.

use kernel::{bindings, task::might_sleep};

/// Waits until all readers that exist now have ended, at the cost of interrupting all CPUs. Sleeps.
pub(crate) fn synchronize_rcu_expedited() {
    might_sleep();
    // SAFETY: The function takes no pointer, and sleeping is allowed, as was checked.
    unsafe { bindings::synchronize_rcu_expedited() };
}
