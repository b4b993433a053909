// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A range of device numbers, and nodes in `/dev` for some of them.
//!
//! This does not use `misc_register()`: there `open` runs under a mutex that all miscellaneous
//! devices of the machine share, and a driver may take as long as it likes.
//!
//! C header: [`include/linux/device/class.h`](srctree/include/linux/device/class.h)

use core::{
    ffi::c_void,
    ptr::{self, NonNull}, //
};

use kernel::{
    bindings,
    error::{from_err_ptr, to_result},
    ffi::c_char,
    prelude::*,
    sync::Arc, //
};

use super::{
    CharDevice,
    Operations,
    MINOR_BITS, //
};
use crate::sys::kernel_helpers as sys;

/// Numbers of devices: one major number, and the minor ones from 0.
///
/// # Invariants
///
/// The range is registered.
struct Numbers {
    major: u32,
    count: u32,
    name: &'static CStr,
}

impl Numbers {
    fn register<D: CharDevice>(name: &'static CStr, count: u32) -> Result<Self> {
        // SAFETY: The name and the operations live as long as the module.
        let major = unsafe {
            bindings::__register_chrdev(0, 0, count, name.as_char_ptr(), Operations::<D>::table())
        };
        to_result(major.min(0))?;
        // INVARIANT: The function returned the major number that it chose, not an error.
        Ok(Self {
            major: major.unsigned_abs(),
            count,
            name,
        })
    }
}

impl Drop for Numbers {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the range is registered.
        unsafe {
            bindings::__unregister_chrdev(self.major, 0, self.count, self.name.as_char_ptr())
        };
    }
}

/// A class of devices.
///
/// # Invariants
///
/// The class is ours and registered.
struct Class(NonNull<bindings::class>);

impl Class {
    fn create(name: &'static CStr) -> Result<Self> {
        // SAFETY: The name lives as long as the module.
        let class = from_err_ptr(unsafe { bindings::class_create(name.as_char_ptr()) })?;
        // SAFETY: The class was just made, and has no devices yet, so nobody reads this field.
        unsafe { (*class).devnode = Some(devnode) };
        // INVARIANT: It was just made for us.
        NonNull::new(class).map(Self).ok_or(ENOMEM)
    }
}

impl Drop for Class {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the class is ours; `DeviceNode`s keep it.
        unsafe { bindings::class_destroy(self.0.as_ptr()) };
    }
}

/// Returns the permissions of a device's node.
///
/// # Safety
///
/// `device` must be one that [`DeviceNode::add`] made, and `mode` null or valid for a write.
unsafe extern "C" fn devnode(
    device: *const bindings::device,
    mode: *mut bindings::umode_t,
) -> *mut c_char {
    if !mode.is_null() {
        // SAFETY: The driver core keeps the device during the call.
        let bits = unsafe { (*device).driver_data }.addr();
        // SAFETY: The driver core gives a place for the result. The data of the device are the bits
        // themselves.
        unsafe { *mode = bits as bindings::umode_t };
    }
    // If no name were given here, each `!` in the device's name would become a `/`. SAFETY: The
    // driver core keeps the device, and its name, during the call.
    unsafe { bindings::kstrdup(bindings::dev_name(device), bindings::GFP_KERNEL) }
}

/// A range of device numbers whose devices have one driver, and their class in `/sys/class`.
pub(crate) struct DeviceRange {
    // Goes before the numbers.
    class: Class,
    numbers: Numbers,
}

// SAFETY: The kernel locks the class and the range itself, and any thread may unregister them.
unsafe impl Send for DeviceRange {}
// SAFETY: As above.
unsafe impl Sync for DeviceRange {}

impl DeviceRange {
    /// Registers a range of `count` numbers for `D`, and a class; both are called `name`.
    pub(crate) fn register<D: CharDevice>(name: &'static CStr, count: u32) -> Result<Arc<Self>> {
        let numbers = Numbers::register::<D>(name, count)?;
        let class = Class::create(name)?;
        Ok(Arc::new(Self { class, numbers }, GFP_KERNEL)?)
    }
}

/// A device with its node. Dropping it removes both, and sleeps.
///
/// # Invariants
///
/// The device is registered, and nobody else unregisters it.
pub(crate) struct DeviceNode {
    device: NonNull<bindings::device>,
    // The class outlives its devices.
    _range: Arc<DeviceRange>,
}

// SAFETY: The driver core locks devices itself, and lets any thread unregister them.
unsafe impl Send for DeviceNode {}
// SAFETY: Nothing can be done with a shared reference.
unsafe impl Sync for DeviceNode {}

impl DeviceNode {
    /// Makes `/dev/NAME` for the number `minor` of `range`, with these permission bits. Sleeps.
    pub(crate) fn add(
        range: &Arc<DeviceRange>,
        minor: u32,
        name: &CStr,
        mode: u32,
    ) -> Result<Self> {
        if minor >= range.numbers.count {
            return Err(EINVAL);
        }
        // With the file type no mode is 0, which would mean "the default".
        let mode = bindings::S_IFCHR | mode;
        // SAFETY: `range` keeps the class, and the format takes one string. Nobody follows the data
        // of the device as a pointer, see `devnode()`.
        let device = from_err_ptr(unsafe {
            bindings::device_create(
                range.class.0.as_ptr(),
                ptr::null_mut(),
                (range.numbers.major << MINOR_BITS) | minor,
                ptr::without_provenance_mut::<c_void>(mode as usize),
                c"%s".as_char_ptr(),
                name.as_char_ptr(),
            )
        })?;
        // INVARIANT: The function registered the device for us.
        Ok(Self {
            device: NonNull::new(device).ok_or(ENODEV)?,
            _range: range.clone(),
        })
    }
}

impl Drop for DeviceNode {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the device is registered, and ours to unregister. That
        // drops the reference which it was made with.
        unsafe { bindings::device_unregister(self.device.as_ptr()) };
    }
}

/// Whether there is a node of this name in `/dev`. Sleeps.
pub(crate) fn node_exists(name: &CStr) -> bool {
    // SAFETY: The name ends with a zero and outlives the call.
    unsafe { sys::lunatik_dev_node_exists(name.as_char_ptr()) }
}
