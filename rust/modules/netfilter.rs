// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua module `netfilter`: functions that decide about packets.
//!
//! Source: section 1.15 of the specification of the bindings.

mod fields;
mod filter;
mod hook;

use kernel::{
    prelude::*,
    sync::Arc, //
};

use self::{
    fields::Fields,
    filter::PacketFilter,
    hook::Hook, //
};
use crate::{
    binding::{
        errno,
        mismatch::{self, Facility},
    },
    linux::{
        context::Context,
        netfilter::{self, NetHook, Place},
    },
    lua::{self, Error, Free, Process, Reference, State},
    native,
    permission::Permission,
    runtime::{
        hooks::{KernelHook, Slot},
        permissions,
        userdata,
        vm::Vm, //
    },
};

/// Pushes the module.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 1)?;
    // It asks for permission itself: the value is in the table.
    state.set_function(-1, c"register", native!(register, Free, Process))?;
    Ok(1)
}

/// Deciding about packets.
struct Packets;

impl Facility for Packets {
    const NAME: &'static str = "netfilter";
}

/// What the code of one runtime has registered.
struct Registered {
    places: KVec<Place>,
    /// The object that its functions get.
    argument: Option<Reference>,
}

/// `netfilter.register{hook=, pf=, hooknum=, priority= [, mark=] [, dev=] [, fallback=] [, name=]}`
///
/// Returns a hook. The function is called once the script is loaded.
fn register(state: State) -> lua::Result {
    let planned = check(state)?;
    let argument = argument(state)?;
    plan(state, planned, argument)
}

/// A hook that may be registered.
struct Checked {
    fields: Fields,
    may_modify: bool,
    number: usize,
}

/// Does the part of [`register`] that refuses. Not inlined, so that this frame is gone when the rest runs.
#[inline(never)]
fn check(state: State) -> lua::Result<Checked> {
    let runtime = Vm::runtime_of(state);
    mismatch::check::<Packets>(runtime.context(), Context::Softirq)?;
    let hooked = runtime.hooked().ok_or(ENODEV)?;
    let fields = Fields::take(state, 1)?;
    let value = fields.value();
    Vm::permit(state, Permission::Netfilter, value.as_bytes())?;
    let may_modify = permissions::with(state, |set| {
        set.allows(Permission::NetfilterModify, Some(value.as_bytes()))
    });
    if !netfilter::exists() {
        return Err(Error::message(fmt!(
            "netfilter.register needs CONFIG_NETFILTER"
        )));
    }
    fields
        .place
        .check(runtime.net())
        .map_err(|error| refused(state, error))?;
    let number = hooked.next_slot().map_err(|error| sealed(state, error))?;
    let is_known = with_registered(state, |registered| {
        registered.places.iter().any(|place| *place == fields.place)
    })?;
    if is_known {
        return Err(errno::raise(state, EEXIST));
    }
    Ok(Checked {
        fields,
        may_modify,
        number,
    })
}

/// Does the rest. Not inlined, as above.
#[inline(never)]
fn plan(state: State, checked: Checked, argument: Reference) -> lua::Result {
    let Checked {
        fields,
        may_modify,
        number,
    } = checked;
    let runtime = Vm::runtime_of(state);
    let hooked = runtime.hooked().ok_or(ENODEV)?.clone();
    state.push_value(fields.function);
    let function = state.keep()?;
    let slot = Arc::new(
        Slot::new(fields.name()?, fields.key()?, number, function, argument),
        GFP_KERNEL_ACCOUNT,
    )?;
    let filter = KBox::new(
        PacketFilter::new(hooked.clone(), slot.clone(), &fields, may_modify),
        GFP_KERNEL_ACCOUNT,
    )?;
    let hook = NetHook::new(filter, runtime.net().clone(), fields.place.clone())?;
    with_registered(state, |registered| {
        registered
            .places
            .push(fields.place, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)
    })??;
    hooked
        .plan(slot.clone(), KBox::new(Planned(hook), GFP_KERNEL_ACCOUNT)?)
        .map_err(|error| sealed(state, error))?;
    userdata::push(state, Hook::new(hooked, slot))?;
    Ok(1)
}

fn with_registered<T>(state: State, with: impl FnOnce(&mut Registered) -> T) -> lua::Result<T> {
    let none = || {
        Ok(Registered {
            places: KVec::new(),
            argument: None,
        })
    };
    Ok(Vm::with_attachment(state, none, with)?)
}

/// The object that the functions of this runtime get as their argument.
#[inline(never)]
fn argument(state: State) -> lua::Result<Reference> {
    if let Some(argument) = with_registered(state, |registered| registered.argument)? {
        return Ok(argument);
    }
    let argument = super::skb::prepare(state)?;
    with_registered(state, |registered| registered.argument = Some(argument))?;
    Ok(argument)
}

/// The error of a hook that the kernel does not take.
fn refused(state: State, error: kernel::error::Error) -> Error {
    if error == EINVAL {
        Error::message(fmt!("failed to register netfilter hook"))
    } else {
        errno::raise(state, error)
    }
}

fn sealed(state: State, error: kernel::error::Error) -> Error {
    if error == EPERM {
        Error::message(fmt!("netfilter.register: the runtime is sealed"))
    } else if error == ENOSPC {
        Error::message(fmt!("netfilter.register: too many hooks"))
    } else {
        errno::raise(state, error)
    }
}

/// A hook of the kernel.
struct Planned(Pin<KBox<NetHook>>);

impl KernelHook for Planned {
    fn attach(&self) -> Result {
        self.0.as_ref().attach()
    }

    fn detach(&self) {
        self.0.detach();
    }
}
