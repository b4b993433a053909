// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Miscellaneous devices: single devices, with a node of a fixed name.
//!
//! C header: [`include/linux/miscdevice.h`](srctree/include/linux/miscdevice.h)

use core::{
    marker::PhantomData,
    pin::Pin, //
};

use kernel::{
    bindings,
    error::to_result,
    ffi::c_int,
    prelude::*,
    types::Opaque, //
};

use super::{CharDevice, Operations};

/// A registered device of the driver `D`. Dropping it removes the node.
///
/// # Invariants
///
/// `misc` is registered, pinned, and has the operations of `D`.
#[pin_data(PinnedDrop)]
pub(crate) struct MiscDevice<D: CharDevice> {
    #[pin]
    misc: Opaque<bindings::miscdevice>,
    _driver: PhantomData<fn() -> D>,
}

// SAFETY: The kernel lets any thread deregister a device.
unsafe impl<D: CharDevice> Send for MiscDevice<D> {}
// SAFETY: Nothing can be done with a shared reference.
unsafe impl<D: CharDevice> Sync for MiscDevice<D> {}

impl<D: CharDevice> MiscDevice<D> {
    /// Makes `/dev/NAME` with these permission bits.
    pub(crate) fn register(name: &'static CStr, mode: u16) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            misc <- Opaque::try_ffi_init(move |slot: *mut bindings::miscdevice| {
                let misc = bindings::miscdevice {
                    minor: bindings::MISC_DYNAMIC_MINOR as c_int,
                    name: name.as_char_ptr(),
                    fops: Operations::<D>::table(),
                    mode,
                    ..pin_init::zeroed()
                };
                // SAFETY: The initializer gives a slot that is valid for writes.
                unsafe { slot.write(misc) };
                // SAFETY: The slot was just filled in; its name and operations live as long as the
                // module. It is pinned, and its drop deregisters it.
                // INVARIANT: It is registered if this succeeds.
                to_result(unsafe { bindings::misc_register(slot) })
            }),
            _driver: PhantomData,
        })
    }
}

#[pinned_drop]
impl<D: CharDevice> PinnedDrop for MiscDevice<D> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant it is registered.
        unsafe { bindings::misc_deregister(self.misc.get()) };
    }
}
