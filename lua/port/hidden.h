/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Included before anything else in the C files of the module's Lua: these and all that they call
 * are in one module, so calls and data are found relative to the instruction pointer.
 */
#pragma GCC visibility push(hidden)
