/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * From byte code to functions, for C files that define LUA_CORE. Byte code is trusted: no bytes that a script has
 * come here.
 */
#ifndef LUNATIK_UNDUMP_H
#define LUNATIK_UNDUMP_H

#include <stddef.h>

#include "lobject.h"

/*
 * Pushes the function of these bytes. If they are fixed, they live as long as any state and are aligned to 8, and its
 * code, its long strings and its lines stay where they are. May raise.
 */
void lunatik_undump(lua_State *L, const char *bytes, size_t length, int fixed);
/* Gives the function on top of the stack its upvalues: the table of globals first, then nil. May raise. */
void lunatik_init_upvalues(lua_State *L, LClosure *function);

#endif
