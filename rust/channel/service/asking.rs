// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How the root of a system is asked to end it.

use kernel::{
    list::ListArc,
    new_spinlock,
    prelude::*,
    sync::{Arc, SpinLock},
};

use super::{parcel::Parcel, system::ROOT, Service};
use crate::runtime::instance::Asked;

/// What the root is told, as long as it is there: a signal of nobody. Made first, so that asking needs
/// no memory.
#[pin_data]
pub(super) struct Asking {
    #[pin]
    signal: SpinLock<Option<(Arc<Service>, ListArc<Parcel>)>>,
}

impl Asking {
    /// For `root`, until [`forget`](Self::forget) is called.
    pub(super) fn new(root: Arc<Service>) -> Result<Arc<Self>> {
        let signal = Parcel::signal(0, ROOT)?;
        Arc::pin_init(
            pin_init!(Self {
                signal <- new_spinlock!(Some((root, signal)), "lunatik::Asking"),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// The root has ended.
    pub(super) fn forget(&self) {
        let former = self.signal.lock().take();
        drop(former);
    }
}

impl Asked for Asking {
    fn ask(&self) {
        let signal = self.signal.lock().take();
        if let Some((root, signal)) = signal {
            root.deliver(signal);
        }
    }
}
