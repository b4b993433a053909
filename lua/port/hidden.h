/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Included first in the C files of the module's Lua. These files and everything that they call are in one module,
 * so the compiler can address calls and data relative to the instruction pointer.
 */
#pragma GCC visibility push(hidden)
