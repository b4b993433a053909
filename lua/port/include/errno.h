/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * errno, one per VM.
 *
 * A variable per thread would not suffice: a VM moves between kernel threads, and a thread runs many VMs. Every use
 * of errno in Lua has its 'L' in scope, and a VM runs on one thread at a time. So errno is a field of the VM.
 */
#ifndef LUNATIK_ERRNO_H
#define LUNATIK_ERRNO_H

struct lua_State;

int *lunatik_errno(struct lua_State *L);

/* User Mode Linux renames it. */
#undef errno
#define errno			(*lunatik_errno(L))

#endif
