/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What each function called lunatik_try_* does. For C files that define LUA_CORE: it knows Lua's
 * insides, so that one luaD_pcall is all that an operation costs.
 */
#ifndef LUNATIK_OPERATION_H
#define LUNATIK_OPERATION_H

#include "ldo.h"
#include "lstate.h"

/* Runs operation(L, operands), which may raise. Returns 0, or a status with the error on the stack. */
static inline int try_operation(lua_State *L, Pfunc operation, void *operands)
{
	return luaD_pcall(L, operation, operands, savestack(L, L->top.p), 0);
}

#endif
