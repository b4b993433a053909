// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The nodes of the devices: one range of numbers, of which each device has one.
//!
//! Not `misc_register()`: its `open` runs under a mutex that all miscellaneous devices of the
//! machine share, and a callback may take as long as it likes.
//!
//! Lock order: `Nodes::devices` is a leaf.

use core::ffi::c_void;
use kernel::{
    bindings,
    error::{
        from_err_ptr,
        to_result, //
    },
    new_mutex,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Relaxed, Release},
        Arc,
        Mutex, //
    },
    types::Opaque,
};

use super::{
    file,
    watch::{self, Watch},
    Device, //
};
use crate::sys::kernel_helpers as sys;

/// Devices at one time, in all.
pub(crate) const MAX_DEVICES: u32 = 1024;

/// The name of the range in `/proc/devices`, and of the class in `/sys/class`.
const NAME: &CStr = c"lunatik_device";

/// What a device number is made of.
const MINOR_BITS: u32 = 20;

/// What all devices share.
#[pin_data(PinnedDrop)]
pub(super) struct Nodes {
    #[pin]
    operations: Opaque<bindings::file_operations>,
    /// 0 until the range is registered.
    major: Atomic<u32>,
    /// Null until the class is made.
    class: Atomic<*mut bindings::class>,
    /// The devices, by minor number.
    #[pin]
    devices: Mutex<KVec<Option<Arc<Device>>>>,
    #[pin]
    pub(super) watch: Watch,
}

// SAFETY: The kernel locks what the pointers lead to itself.
unsafe impl Send for Nodes {}
// SAFETY: As above.
unsafe impl Sync for Nodes {}

/// Owned by [`DeviceNodes`]; set while that lives.
static NODES: Atomic<*const Nodes> = Atomic::new(core::ptr::null());

/// What all devices share; there is one while devices can be.
pub(super) fn nodes() -> Result<Arc<Nodes>> {
    let nodes = NODES.load(Acquire);
    if nodes.is_null() {
        return Err(ENODEV);
    }
    // SAFETY: `DeviceNodes` owns a reference, and outlives all runtimes and open files.
    Ok(unsafe { kernel::sync::ArcBorrow::from_raw(nodes) }.into())
}

/// The possibility of devices. The module drops it when all runtimes are gone.
pub(crate) struct DeviceNodes(Arc<Nodes>);

impl DeviceNodes {
    /// Prepares for devices. To be called once.
    pub(crate) fn new(module: &'static ThisModule) -> Result<Self> {
        let nodes = Arc::pin_init(
            try_pin_init!(Nodes {
                operations <- Opaque::ffi_init(move |slot: *mut bindings::file_operations| {
                    // SAFETY: The slot is valid for writes.
                    unsafe { slot.write(file::operations(module)) }
                }),
                major: Atomic::new(0),
                class: Atomic::new(core::ptr::null_mut()),
                devices <- new_mutex!(KVec::new(), "lunatik::device::Nodes"),
                watch <- Watch::new(),
            }? Error),
            GFP_KERNEL,
        )?;
        // SAFETY: The operations live until `Nodes` is dropped, which gives the range back.
        let major = unsafe {
            bindings::__register_chrdev(
                0,
                0,
                MAX_DEVICES,
                NAME.as_char_ptr(),
                nodes.operations.get(),
            )
        };
        to_result(major.min(0))?;
        nodes.major.store(major as u32, Relaxed);
        // SAFETY: The name is a string that lives as long as the module.
        let class = from_err_ptr(unsafe { bindings::class_create(NAME.as_char_ptr()) })?;
        // SAFETY: The class was just made, and has no devices yet.
        unsafe { (*class).devnode = Some(devnode) };
        nodes.class.store(class, Relaxed);
        NODES.store(Arc::into_raw(nodes.clone()), Release);
        Ok(Self(nodes))
    }
}

impl Drop for DeviceNodes {
    fn drop(&mut self) {
        self.0.watch.end();
        let nodes = NODES.xchg(core::ptr::null(), Full);
        if !nodes.is_null() {
            // SAFETY: `new()` gave this reference up, and no runtime or file is left to use it.
            drop(unsafe { Arc::from_raw(nodes) });
        }
    }
}

#[pinned_drop]
impl PinnedDrop for Nodes {
    fn drop(self: Pin<&mut Self>) {
        let class = self.class.load(Relaxed);
        if !class.is_null() {
            // SAFETY: `DeviceNodes::new()` made it, and all devices are gone.
            unsafe { bindings::class_destroy(class) };
        }
        let major = self.major.load(Relaxed);
        if major != 0 {
            // SAFETY: `DeviceNodes::new()` registered the range.
            unsafe { bindings::__unregister_chrdev(major, 0, MAX_DEVICES, NAME.as_char_ptr()) };
        }
    }
}

/// Says which permissions the node of a device has.
///
/// # Safety
///
/// Called by the driver core for a device of our class.
unsafe extern "C" fn devnode(
    device: *const bindings::device,
    mode: *mut bindings::umode_t,
) -> *mut kernel::ffi::c_char {
    if !mode.is_null() {
        // SAFETY: The device is valid; its data are the bits themselves, see `add()`.
        let bits = unsafe { (*device).driver_data }.addr();
        // SAFETY: Not null, so it is valid for a write.
        unsafe { *mode = bits as bindings::umode_t };
    }
    // Without a name of ours, each `!` in it would become a `/`.
    // SAFETY: The device is valid, and its name is a string.
    unsafe { bindings::kstrdup(bindings::dev_name(device), bindings::GFP_KERNEL) }
}

impl Nodes {
    fn number(&self, minor: u32) -> bindings::dev_t {
        (self.major.load(Relaxed) << MINOR_BITS) | minor
    }

    /// Gives `device` a number of its own. Fails with `EEXIST` if another one has its name.
    fn take_number(&self, device: &Arc<Device>) -> Result<u32> {
        let mut devices = self.devices.lock();
        let same = |other: &Option<Arc<Device>>| {
            other
                .as_ref()
                .is_some_and(|other| *other.name == *device.name)
        };
        if devices.iter().any(same) {
            return Err(EEXIST);
        }
        let minor = match devices.iter().position(Option::is_none) {
            Some(free) => free,
            None if devices.len() < MAX_DEVICES as usize => {
                devices.push(None, GFP_KERNEL | __GFP_NOWARN)?;
                devices.len() - 1
            }
            None => return Err(ENOSPC),
        };
        let number = minor as u32;
        device.minor.store(number, Relaxed);
        if let Some(slot) = devices.as_mut_slice().get_mut(minor) {
            *slot = Some(device.clone());
        }
        Ok(number)
    }

    /// Frees a number.
    fn free_number(&self, minor: u32) {
        let mut devices = self.devices.lock();
        let device = devices
            .as_mut_slice()
            .get_mut(minor as usize)
            .and_then(Option::take);
        drop(devices);
        // Drops a reference, perhaps the last, so after unlocking.
        drop(device);
    }
}

/// The device with this minor number.
pub(super) fn find(minor: u32) -> Result<Arc<Device>> {
    let nodes = nodes()?;
    let devices = nodes.devices.lock();
    devices
        .get(minor as usize)
        .and_then(Option::clone)
        .ok_or(ENODEV)
}

/// Makes the node of `device`. Sleeps.
pub(super) fn add(device: &Arc<Device>) -> Result {
    let nodes = nodes()?;
    watch::start(&nodes)?;
    let name = kernel::str::CString::try_from_fmt(fmt!(
        "{}",
        kernel::str::BStr::from_bytes(&device.name)
    ))?;
    let minor = nodes.take_number(device)?;
    device.stopped.store(false, Release);
    // SAFETY: The name is a string.
    let exists = unsafe { sys::lunatik_dev_node_exists(name.as_char_ptr()) };
    let made = if exists {
        Err(EEXIST)
    } else {
        // The file type makes sure that no mode is 0, which would mean "the default".
        let mode = bindings::S_IFCHR | device.mode;
        // SAFETY: The class lives as long as `nodes`, and the format takes one string. The data
        // are not a pointer that anybody follows.
        from_err_ptr(unsafe {
            bindings::device_create(
                nodes.class.load(Relaxed),
                core::ptr::null_mut(),
                nodes.number(minor),
                core::ptr::without_provenance_mut::<c_void>(mode as usize),
                c"%s".as_char_ptr(),
                name.as_char_ptr(),
            )
        })
        .map(|_| ())
    };
    if made.is_err() {
        device.stopped.store(true, Release);
        nodes.free_number(minor);
    }
    made
}

/// Removes the node of the device with this number. Sleeps.
pub(super) fn remove(minor: u32) {
    if let Ok(nodes) = nodes() {
        // SAFETY: The class lives as long as `nodes`, and `add()` made the device.
        unsafe { bindings::device_destroy(nodes.class.load(Relaxed), nodes.number(minor)) };
        nodes.free_number(minor);
    }
}
