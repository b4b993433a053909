/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Makes functions from byte code, for C files that define LUA_CORE. The byte code is trusted: bytes from a script
 * never come here.
 */
#ifndef LUNATIK_UNDUMP_H
#define LUNATIK_UNDUMP_H

#include <stddef.h>

#include "lobject.h"

/*
 * Pushes the function of these bytes. Fixed bytes must live as long as any state and be aligned to 8; then the
 * function's code, long strings and lines stay in them. May raise.
 */
void lunatik_undump(lua_State *L, const char *bytes, size_t length, int fixed);
/* Gives the function on top of the stack its upvalues: the table of globals first, then nil. May raise. */
void lunatik_init_upvalues(lua_State *L, LClosure *function);

#endif
