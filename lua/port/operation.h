/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The common part of the functions called lunatik_try_*. For C files that define LUA_CORE: it uses Lua's internals,
 * so an operation costs only one luaD_pcall.
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
