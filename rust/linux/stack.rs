// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The stack of the calling thread.

use super::task;
use crate::sys::kernel_helpers as sys;

/// The bytes that [`paint()`] leaves for its own frame and for the kernel's data at the end of the
/// stack.
const NOT_PAINTED: usize = 1024;

/// The bytes of kernel stack below the caller. In an interrupt, which may have a stack of its own,
/// the number means nothing.
pub(crate) fn left() -> usize {
    // SAFETY: The function subtracts addresses, and reads no stack.
    unsafe { sys::lunatik_stack_left() }
}

/// Whether so little of the stack is left that a call needs another one.
pub(crate) fn lacks_room() -> bool {
    // SAFETY: The function only reads the stack pointer.
    unsafe { sys::lunatik_stack_lacks_room() }
}

/// Writes a pattern over the unused part of the stack. Does nothing in an interrupt, which may have
/// a stack of its own.
pub(crate) fn paint() {
    if !task::is_in_task() || left() < NOT_PAINTED {
        return;
    }
    // SAFETY: This is on the stack of `current`, and more of that is left than the function spares.
    // It writes from 256 bytes below its own frame down to the last 128 bytes, where the kernel's
    // mark is. No frame lies there: the caller's callees have returned, and interrupts are off
    // meanwhile.
    unsafe { sys::lunatik_paint_stack() };
}

/// The bytes at the end of the stack that no code has touched since [`paint()`]. 0 in an interrupt.
pub(crate) fn untouched() -> usize {
    if !task::is_in_task() {
        return 0;
    }
    // SAFETY: This is on the stack of `current`, which the function reads from its end up to its
    // own frame.
    unsafe { sys::lunatik_stack_untouched() }
}
