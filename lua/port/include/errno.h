/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * errno, one per VM.
 *
 * A variable per thread would not do: a VM moves between kernel threads, and a
 * thread runs many VMs. Every place in Lua that names errno has its 'L' in
 * scope, and one VM runs on one thread at a time, so errno lives in the VM.
 */
#ifndef LUNATIK_ERRNO_H
#define LUNATIK_ERRNO_H

struct lua_State;

int *lunatik_errno(struct lua_State *L);

/* User Mode Linux renames it. */
#undef errno
#define errno			(*lunatik_errno(L))

#endif
