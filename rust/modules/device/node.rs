// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The nodes of the devices: one range of device numbers, one number for each device.
//!
//! Lock order: `Nodes::devices` is a leaf.

use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{Relaxed, Release},
        Arc,
        Mutex, //
    },
};

use super::{
    file::Driver,
    watch::{self, Watch},
    Device, //
};
use crate::linux::{
    chardev::{self, DeviceNode, DeviceRange},
    global::{Global, Installed}, //
};

/// Devices at one time, in all.
pub(crate) const MAX_DEVICES: u32 = 1024;

/// The name of the range in `/proc/devices`, and of the class in `/sys/class`.
const NAME: &CStr = c"lunatik_device";

/// A device that has a number.
struct Numbered {
    device: Arc<Device>,
    /// Its node, from when it is made until it is removed.
    node: Option<DeviceNode>,
}

/// What all devices share.
#[pin_data]
pub(super) struct Nodes {
    range: Arc<DeviceRange>,
    /// The devices, by minor number.
    #[pin]
    devices: Mutex<KVec<Option<Numbered>>>,
    #[pin]
    pub(super) watch: Watch,
}

static NODES: Global<Nodes> = Global::new();

/// The data that all devices share. It exists while devices can exist.
pub(super) fn nodes() -> Result<Arc<Nodes>> {
    NODES.get().ok_or(ENODEV)
}

/// While this exists, devices can be made. The module drops it when all runtimes are gone.
pub(crate) struct DeviceNodes {
    nodes: Arc<Nodes>,
    _installed: Installed<Nodes>,
}

impl DeviceNodes {
    /// Prepares for devices. Fails with `EBUSY` if that was done already.
    pub(crate) fn new() -> Result<Self> {
        let nodes = Arc::pin_init(
            try_pin_init!(Nodes {
                range: DeviceRange::register::<Driver>(NAME, MAX_DEVICES)?,
                devices <- new_mutex!(KVec::new(), "lunatik::device::Nodes"),
                watch <- Watch::new(),
            }? Error),
            GFP_KERNEL,
        )?;
        Ok(Self {
            _installed: NODES.set(nodes.clone())?,
            nodes,
        })
    }
}

impl Drop for DeviceNodes {
    fn drop(&mut self) {
        self.nodes.watch.end();
    }
}

impl Nodes {
    /// Gives `device` a number of its own. Fails with `EEXIST` if another one has its name.
    fn take_number(&self, device: &Arc<Device>) -> Result<u32> {
        let mut devices = self.devices.lock();
        let same = |other: &Option<Numbered>| {
            other
                .as_ref()
                .is_some_and(|other| *other.device.name == *device.name)
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
            *slot = Some(Numbered {
                device: device.clone(),
                node: None,
            });
        }
        Ok(number)
    }

    /// Makes the node of the device with this number, unless `/dev` already has one with that name.
    fn make_node(&self, minor: u32, name: &CStr, mode: u32) -> Result {
        if chardev::node_exists(name) {
            return Err(EEXIST);
        }
        let node = DeviceNode::add(&self.range, minor, name, mode)?;
        self.exchange_node(minor, Some(node));
        Ok(())
    }

    /// Replaces the node of the device with this number by `node`, and returns the former node.
    fn exchange_node(&self, minor: u32, node: Option<DeviceNode>) -> Option<DeviceNode> {
        let mut devices = self.devices.lock();
        match devices.as_mut_slice().get_mut(minor as usize) {
            Some(Some(numbered)) => core::mem::replace(&mut numbered.node, node),
            _ => node,
        }
    }

    /// Frees a number.
    fn free_number(&self, minor: u32) {
        let mut devices = self.devices.lock();
        let device = devices
            .as_mut_slice()
            .get_mut(minor as usize)
            .and_then(Option::take);
        drop(devices);
        // Drops a reference, perhaps the last one, so the lock is released first.
        drop(device);
    }
}

/// The device with this minor number.
pub(super) fn find(minor: u32) -> Result<Arc<Device>> {
    let nodes = nodes()?;
    let devices = nodes.devices.lock();
    match devices.get(minor as usize) {
        Some(Some(numbered)) => Ok(numbered.device.clone()),
        _ => Err(ENODEV),
    }
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
    let made = nodes.make_node(minor, &name, device.mode);
    if made.is_err() {
        device.stopped.store(true, Release);
        nodes.free_number(minor);
    }
    made
}

/// Removes the node of the device with this number. Sleeps.
pub(super) fn remove(minor: u32) {
    if let Ok(nodes) = nodes() {
        // The node is removed before its number is free for another device, and outside the lock.
        drop(nodes.exchange_node(minor, None));
        nodes.free_number(minor);
    }
}
