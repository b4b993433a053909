// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The stack of the calling thread.

use crate::sys::kernel_helpers as sys;

/// Bytes of kernel stack below the caller.
pub(crate) fn left() -> usize {
    // SAFETY: The function compares addresses, and reads nothing.
    unsafe { sys::lunatik_stack_left() }
}

/// Whether so little of the stack is left that a call needs another one.
pub(crate) fn lacks_room() -> bool {
    // SAFETY: As above.
    unsafe { sys::lunatik_stack_lacks_room() }
}

/// Writes a pattern over what is unused of the stack.
pub(crate) fn paint() {
    // SAFETY: The function writes below its own frame, where no frame has anything.
    unsafe { sys::lunatik_paint_stack() };
}

/// Bytes at the end of the stack that nothing has touched since [`paint()`].
pub(crate) fn untouched() -> usize {
    // SAFETY: The function reads the stack of the thread that calls it, which lives.
    unsafe { sys::lunatik_stack_untouched() }
}
