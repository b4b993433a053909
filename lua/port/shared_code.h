/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The functions of lua/lib/ that all VMs share: shared_code.c. For C files that define LUA_CORE. */
#ifndef LUNATIK_SHARED_CODE_H
#define LUNATIK_SHARED_CODE_H

struct lua_State;

/* Pushes a new main function of the library with this number; returns 0 if they are not shared yet. May raise. */
int lunatik_push_shared_code(struct lua_State *L, unsigned int number);

#endif
