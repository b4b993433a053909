// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Calls functions in the contexts in which the kernel calls hooks. For tests.

use core::{ffi::c_void, ptr};

use super::context::MaySleep;
use crate::sys::kernel_helpers as sys;

/// The contexts, by the names that tests use.
const PLACES: [(&[u8], u32); sys::LUNATIK_FIRE_PLACES as usize] = [
    (b"task", sys::LUNATIK_FIRE_TASK),
    (b"bh", sys::LUNATIK_FIRE_BOTTOM_HALVES_OFF),
    (b"softirq", sys::LUNATIK_FIRE_SOFTIRQ),
    (b"timer", sys::LUNATIK_FIRE_TIMER),
    (b"irqs_off", sys::LUNATIK_FIRE_INTERRUPTS_OFF),
    (b"hardirq", sys::LUNATIK_FIRE_HARDIRQ),
];

/// A context.
#[derive(Clone, Copy)]
pub(crate) struct FirePlace(u32);

impl FirePlace {
    /// The context with this name.
    pub(crate) fn of(name: &[u8]) -> Option<Self> {
        let found = PLACES.iter().find(|(known, _)| *known == name);
        found.map(|(_, place)| Self(*place))
    }
}

/// # Safety
///
/// `argument` points to an `F` that lives.
unsafe extern "C" fn shoot<F: Fn() + Sync>(argument: *mut c_void) {
    // SAFETY: As the caller promises.
    unsafe { (*argument.cast::<F>())() };
}

/// Calls `function` `count` times in that context, on the CPU of the caller. Sleeps.
pub(crate) fn fire<F: Fn() + Sync>(_may: MaySleep<'_>, place: FirePlace, count: u64, function: &F) {
    let argument = ptr::from_ref(function).cast_mut().cast();
    // SAFETY: The function lives until all calls are made, for which this waits.
    unsafe { sys::lunatik_fire(place.0, count as usize, Some(shoot::<F>), argument) };
}

/// Paints the private stacks of this CPU. No hook may run.
pub(crate) fn paint() {
    // SAFETY: The stacks are the module's, and the caller says that nobody uses them.
    unsafe { sys::lunatik_hook_paint() };
}

/// The fewest bytes at the end of one of them that were not touched since.
pub(crate) fn untouched() -> u64 {
    // SAFETY: The function only reads the stacks.
    unsafe { sys::lunatik_hook_untouched() as u64 }
}
