// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua module `device`: character devices whose driver is a Lua table.

mod callback;
mod caller;
mod file;
mod node;
mod watch;

use kernel::{
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Relaxed},
        Arc, //
    },
};

use crate::{
    binding::{
        arguments::{show, type_error, type_name},
        mismatch::{Devices, InProcess},
        needs,
    },
    linux::account::Charge,
    lua::{self, Error, Free, Kind, Process, Reference, State},
    native,
    permission::Permission,
    runtime::{
        instance::{Keep, Runtime},
        objects::{Class, Classed},
        userdata,
        vm::Vm, //
    },
};

pub(crate) use node::DeviceNodes;

/// The bytes that a device takes, including its data in the driver core and devtmpfs.
const OBJECTS: usize = 8 << 10;

/// The longest name of a device.
const MAX_NAME: usize = 63;

/// The permission bits of a device whose driver names none.
const DEFAULT_MODE: i64 = 0o600;

impl Classed for Registration {
    const CLASS: &'static Class = &DEVICE;
}

const DEVICE: Class = Class {
    name: c"device",
    fill: |state, metatable| {
        state.set_function(metatable, c"__close", native!(stop, Free, Process))?;
        state.new_table(0, 1)?;
        state.set_function(-1, c"stop", native!(stop, Free, Process))?;
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

/// The part of a device that the VM of the driver owns. Dropping it removes the node.
pub(crate) struct Registration {
    device: Arc<Device>,
    /// Keeps the userdata, and so this registration, until the device is stopped.
    userdata: Option<Reference>,
    /// Keeps the script until then.
    keep: Option<Keep>,
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
    state.set_function(
        -1,
        c"new",
        native!(new, (InProcess<Devices>, needs::Device), Process),
    )?;
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

/// The callbacks that a driver may have.
const CALLBACKS: [&CStr; 4] = [c"open", c"release", c"read", c"write"];

/// The other fields of a driver.
const SETTINGS: [&CStr; 2] = [c"name", c"mode"];

/// Fails for an unknown field of the driver at index 1: it may be a callback with a misspelt name,
/// which would never be called.
fn refuse_unknown_fields(state: State) -> lua::Result<()> {
    let known = |name: &[u8]| {
        let is_it = |field: &&CStr| field.to_bytes() == name;
        CALLBACKS.iter().any(is_it) || SETTINGS.iter().any(is_it)
    };
    let guard = state.guard();
    state.push_nil();
    while state.next(1)? {
        // The key alone.
        state.pop(1);
        let key = match state.kind(-1) {
            Kind::String => state.to_bytes(-1).unwrap_or_default(),
            kind => {
                if kind == Kind::Integer {
                    let key = state.to_integer(-1).unwrap_or(0);
                    return Err(Error::argument(1, fmt!("unknown field {key}")));
                }
                let key = type_name(state, -1);
                return Err(Error::argument(1, fmt!("unknown field of type {key}")));
            }
        };
        if !known(key) {
            return Err(Error::argument(
                1,
                fmt!(
                    "unknown field '{}': a driver has name, mode, open, release, read and write; \
                     set what is its own when the device is made",
                    show(key)
                ),
            ));
        }
    }
    drop(guard);
    Ok(())
}

/// Fails for a callback of the driver at index 1 that cannot be called.
fn check_callbacks(state: State) -> lua::Result<()> {
    for name in CALLBACKS {
        let kind = state.get_field(1, name)?;
        if kind != Kind::Nil && !is_callable(state)? {
            let name = show(name.to_bytes());
            let got = type_name(state, -1);
            return Err(Error::argument(
                1,
                fmt!("field '{name}' must be a function, got {got}"),
            ));
        }
        state.pop(1);
    }
    Ok(())
}

/// Whether the value on top of the stack can be called.
fn is_callable(state: State) -> lua::Result<bool> {
    if state.kind(-1) == Kind::Function {
        return Ok(true);
    }
    let guard = state.guard();
    let mut callable = false;
    if state.push_metatable(-1) {
        state.push_bytes(b"__call")?;
        state.raw_get(-2);
        callable = state.kind(-1) != Kind::Nil;
    }
    drop(guard);
    Ok(callable)
}

/// `device.new(driver)`
fn new(state: State) -> lua::Result {
    if state.kind(1) != Kind::Table {
        return Err(type_error(state, 1, "table"));
    }
    let name = driver_name(state)?;
    Vm::permit(state, Permission::Device, &*name)?;
    let mode = driver_mode(state)?;
    check_callbacks(state)?;
    refuse_unknown_fields(state)?;
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
        keep: None,
    };
    // The steps that can fail come first, so that no process opens a device that then disappears
    // again.
    userdata::push(state, registration)?;
    state.push_value(-1);
    let userdata = state.keep()?;
    userdata::with(state, -1, |registration: &mut Registration| {
        registration.userdata = Some(userdata);
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
    })?;
    userdata::with(state, -1, |registration: &mut Registration| {
        registration.keep = Some(Keep::new(&device.runtime));
    });
    Ok(())
}

/// `dev:stop()`
fn stop(state: State) -> lua::Result {
    let (device, userdata, keep) =
        userdata::argument(state, 1, |registration: &mut Registration| {
            (
                registration.device.clone(),
                registration.userdata.take(),
                registration.keep.take(),
            )
        })?;
    // The caller holds no lock but that of the runtime. The unregistration waits for nothing that
    // needs that lock.
    if device.unregister() {
        state.release(device.driver);
    }
    drop(keep);
    if let Some(userdata) = userdata {
        state.release(userdata);
    }
    Ok(0)
}
