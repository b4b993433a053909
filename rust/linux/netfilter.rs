// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Hooks of netfilter.

pub(crate) mod names;
pub(crate) mod verdict;

use core::{
    cell::UnsafeCell,
    ffi::{c_uint, c_void},
    ptr, //
};
use kernel::{bindings::sk_buff, error::to_result, new_mutex, prelude::*, sync::Mutex};

pub(crate) use self::verdict::Verdict;
use super::net_namespace::NetNamespace;
use crate::sys::kernel_helpers as sys;

/// Where a hook is attached, and for which packets.
#[derive(Clone, PartialEq)]
pub(crate) struct Place {
    /// `NFPROTO_*`.
    pub(crate) family: u32,
    /// The number of the hook point in that family.
    pub(crate) number: u32,
    /// Hooks of one point are called in ascending order.
    pub(crate) priority: i32,
    /// The device, for points that belong to one.
    pub(crate) device: Device,
    /// Only packets with this mark call the hook.
    pub(crate) mark: Option<u32>,
}

/// A network device.
#[derive(Clone, PartialEq)]
pub(crate) enum Device {
    /// None.
    None,
    /// By its name, with zeros behind it.
    Named([u8; 16]),
    /// By its index.
    Index(i32),
}

impl Place {
    fn to_raw(&self) -> sys::lunatik_net_hook_place {
        let (device, device_index) = match self.device {
            Device::None => ([0; 16], 0),
            Device::Named(name) => (name, 0),
            Device::Index(index) => ([0; 16], index),
        };
        sys::lunatik_net_hook_place {
            family: self.family,
            number: self.number,
            priority: self.priority,
            device,
            device_index,
            has_mark: self.mark.is_some(),
            mark: self.mark.unwrap_or(0),
        }
    }

    /// Fails with `EINVAL` if there is no such place, with `EOPNOTSUPP` if this kernel was built without it,
    /// and with `ENODEV` without the device. Sleeps.
    pub(crate) fn check(&self, net: &NetNamespace) -> Result {
        // SAFETY: The namespace and the place live until the function returns.
        to_result(unsafe { sys::lunatik_net_hook_check(net.as_raw(), &self.to_raw()) })
    }
}

/// Whether the kernel has netfilter.
pub(crate) fn exists() -> bool {
    // SAFETY: The function returns a constant.
    unsafe { sys::lunatik_netfilter_exists() }
}

/// Decides about packets.
pub(crate) trait Filter: Send + Sync {
    /// The verdict on a packet: `NF_ACCEPT` and the like. Called with RCU held, in a softirq or a task;
    /// must not sleep.
    ///
    /// # Safety
    ///
    /// Both pointers must be those that the kernel has passed to the hook, which is running.
    unsafe fn filter(&self, skb: *mut sk_buff, state: *const c_void) -> u32;
}

/// A hook, attached or not.
///
/// # Invariants
///
/// `hook` is attached if `is_attached` holds. Its argument points to `filter` then.
#[pin_data(PinnedDrop)]
pub(crate) struct NetHook {
    filter: KBox<dyn Filter>,
    net: NetNamespace,
    place: Place,
    hook: UnsafeCell<sys::lunatik_net_hook>,
    #[pin]
    is_attached: Mutex<bool>,
}

// SAFETY: `hook` is only touched with the mutex held, or by the kernel.
unsafe impl Send for NetHook {}
// SAFETY: As above.
unsafe impl Sync for NetHook {}

impl NetHook {
    /// A hook that is not attached yet. Sleeps.
    pub(crate) fn new(
        filter: KBox<dyn Filter>,
        net: NetNamespace,
        place: Place,
    ) -> Result<Pin<KBox<Self>>> {
        KBox::pin_init(
            pin_init!(Self {
                filter,
                net,
                place,
                hook: UnsafeCell::new(sys::lunatik_net_hook { space: [0; 24] }),
                // INVARIANT: It is not attached.
                is_attached <- new_mutex!(false, "lunatik::NetHook"),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Attaches it. Sleeps.
    pub(crate) fn attach(self: Pin<&Self>) -> Result {
        let mut is_attached = self.is_attached.lock();
        if *is_attached {
            return Ok(());
        }
        let argument = ptr::from_ref(&self.filter).cast_mut().cast::<c_void>();
        // SAFETY: The mutex is held. The hook and the filter do not move, because this is pinned, and both
        // live until a grace period after `detach()`, which `drop()` ensures. So does the namespace.
        to_result(unsafe {
            sys::lunatik_net_hook_attach(
                self.hook.get(),
                self.net.as_raw(),
                &self.place.to_raw(),
                argument,
            )
        })?;
        *is_attached = true;
        Ok(())
    }

    /// Takes it off; nothing if it is not attached. Calls that have begun may still run, until a grace
    /// period is over. Sleeps.
    pub(crate) fn detach(&self) {
        let mut is_attached = self.is_attached.lock();
        if core::mem::take(&mut *is_attached) {
            // SAFETY: The mutex is held, and it is attached.
            unsafe { sys::lunatik_net_hook_detach(self.hook.get()) };
        }
    }
}

#[pinned_drop]
impl PinnedDrop for NetHook {
    fn drop(self: Pin<&mut Self>) {
        // Who has attached it has detached it and waited for a grace period. This is for a caller that has
        // not.
        if *self.is_attached.lock() {
            self.detach();
            kernel::sync::rcu::synchronize_rcu();
        }
    }
}

/// # Safety
///
/// Only the hook of a [`NetHook`] may call this, with its argument.
#[no_mangle]
unsafe extern "C" fn lunatik_net_hook_run(
    argument: *mut c_void,
    skb: *mut sk_buff,
    state: *const c_void,
) -> c_uint {
    // SAFETY: `attach()` has set the argument, and the filter lives for a grace period after the hook was
    // taken off; the kernel holds RCU.
    let filter = unsafe { &*argument.cast::<KBox<dyn Filter>>() };
    // SAFETY: They come from the kernel.
    unsafe { filter.filter(skb, state) }
}
