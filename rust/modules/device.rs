// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua module `device`: character devices whose driver is a Lua table.

mod callback;
mod caller;
mod file;
mod node;
mod watch;

use core::ffi::c_int;
use kernel::{
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Relaxed},
        Arc, //
    },
};

use super::{
    arguments::{show, type_error},
    needs,
    object::{self, Class, Object}, //
};
use crate::{
    linux::account::Charge,
    lua::{self, Error, Free, Kind, Reference, State},
    native,
    permission::Permission,
    runtime::{
        instance::Runtime,
        vm::Vm, //
    },
};

pub(crate) use node::DeviceNodes;

/// Bytes that a device takes, with what the driver core and devtmpfs have of it.
const OBJECTS: usize = 8 << 10;

/// The longest name of a device.
const MAX_NAME: usize = 63;

/// Permission bits of a device whose driver names none.
const DEFAULT_MODE: i64 = 0o600;

const DEVICE: Class = Class {
    name: c"device",
    fill: |state, metatable| {
        state.set_function(metatable, c"__close", native!(stop, Free))?;
        state.new_table(0, 1)?;
        state.set_function(-1, c"stop", native!(stop, Free))?;
        Ok(state.set_field(metatable, c"__index")?)
    },
};

/// A character device.
pub(crate) struct Device {
    name: KVec<u8>,
    mode: u32,
    minor: Atomic<u32>,
    /// Whether there is no node any more.
    stopped: Atomic<bool>,
    runtime: Arc<Runtime>,
    /// The table of the driver.
    driver: Reference,
    _charge: Charge,
}

/// What the VM of the driver owns; dropping it removes the node.
pub(crate) struct Registration {
    device: Arc<Device>,
    /// Keeps the userdata, and so this, until the device is stopped.
    userdata: Option<Reference>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.device.unregister();
    }
}

impl Device {
    /// Whether there is no node any more.
    fn is_stopped(&self) -> bool {
        self.stopped.load(Acquire)
    }

    /// Removes the node. Returns whether there was one. Sleeps.
    fn unregister(&self) -> bool {
        if self.stopped.xchg(true, Full) {
            return false;
        }
        node::remove(self.minor.load(Relaxed));
        true
    }
}

/// Pushes the module.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 1)?;
    state.set_function(-1, c"new", native!(new, needs::Device))?;
    Ok(1)
}

/// Whether a node may have this name.
fn is_name(name: &[u8]) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name != b"."
        && name != b".."
        && !name
            .iter()
            .any(|&byte| byte == b'/' || byte.is_ascii_control())
}

/// The name in the driver at index 1.
fn driver_name(state: State) -> lua::Result<KVec<u8>> {
    state.get_field(1, c"name")?;
    let given = state.to_bytes(-1).filter(|name| is_name(name));
    let Some(given) = given else {
        return Err(Error::argument(
            1,
            fmt!("field 'name' must be a string of 1 to {MAX_NAME} bytes without '/'"),
        ));
    };
    let mut name = KVec::new();
    name.extend_from_slice(given, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
    state.pop(1);
    Ok(name)
}

/// The permission bits in the driver at index 1.
fn driver_mode(state: State) -> lua::Result<u32> {
    let mode = match state.get_field(1, c"mode")? {
        Kind::Nil => Some(DEFAULT_MODE),
        Kind::Integer | Kind::Float => state.to_integer(-1),
        _ => None,
    };
    state.pop(1);
    mode.and_then(|mode| u32::try_from(mode).ok())
        .filter(|mode| *mode <= 0o777)
        .ok_or_else(|| Error::argument(1, fmt!("field 'mode' must be permission bits")))
}

/// `device.new(driver)`
fn new(state: State) -> lua::Result {
    if state.kind(1) != Kind::Table {
        return Err(type_error(state, 1, "table"));
    }
    let name = driver_name(state)?;
    Vm::permit(state, Permission::Device, &*name)?;
    let mode = driver_mode(state)?;
    state.push_value(1);
    let driver = state.keep()?;
    let made = register(state, name, mode, driver);
    if made.is_err() {
        state.release(driver);
    }
    made?;
    Ok(1)
}

/// Makes the device and pushes its userdata.
fn register(state: State, name: KVec<u8>, mode: u32, driver: Reference) -> lua::Result<()> {
    let device = Arc::new(
        Device {
            name,
            mode,
            minor: Atomic::new(0),
            stopped: Atomic::new(true),
            runtime: Vm::runtime_of(state).into(),
            driver,
            _charge: Charge::new(Vm::runtime_of(state).account(), OBJECTS)?,
        },
        GFP_KERNEL_ACCOUNT,
    )?;
    let registration = Registration {
        device: device.clone(),
        userdata: None,
    };
    // What can fail comes first, so that nobody opens a device that then goes away again.
    object::push(state, &DEVICE, Object::Device(registration))?;
    state.push_value(-1);
    let userdata = state.keep()?;
    object::with(state, -1, |object| match object {
        Object::Device(registration) => {
            registration.userdata = Some(userdata);
            Some(())
        }
        _ => None,
    });
    node::add(&device).map_err(|error| {
        state.release(userdata);
        let name = show(&device.name);
        if error == EEXIST {
            Error::message(fmt!("device {name} exists already (EEXIST)"))
        } else if error == ENOMEM {
            Error::NoMemory
        } else {
            Error::message(fmt!("device {name} could not be made: {error:?}"))
        }
    })
}

/// `dev:stop()`
fn stop(state: State) -> lua::Result {
    let found = object::with(state, 1, |object| match object {
        Object::Device(registration) => {
            Some((registration.device.clone(), registration.userdata.take()))
        }
        _ => None,
    });
    let (device, userdata) = found.ok_or_else(|| type_error(state, 1, "device"))?;
    // Holds no lock but that of the runtime, which nothing waits for that this waits for.
    if device.unregister() {
        state.release(device.driver);
    }
    if let Some(userdata) = userdata {
        state.release(userdata);
    }
    Ok(0)
}

/// Turns the result of a file operation into what C expects.
fn to_c(result: Result<usize>) -> isize {
    match result {
        Ok(count) => isize::try_from(count).unwrap_or(isize::MAX),
        Err(error) => error.to_errno() as isize,
    }
}

/// As [`to_c`], for operations that return no count.
fn status_to_c(result: Result) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}
