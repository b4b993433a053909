/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Interrupts of single Lua threads, and their handlers. The handlers are in a table with weak keys, so that neither
 * the table nor a handler that refers to its own thread keeps a thread alive.
 */

#define LUA_CORE

#include "lua.h"

#include "ldebug.h"
#include "ldo.h"
#include "lstate.h"
#include "lauxlib.h"

#include "edge.h"
#include "operation.h"

/* The key of the table in the registry, by address. */
static const char handlers_key;

void lunatik_push_handler(lua_State *L)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &handlers_key) != LUA_TTABLE)
		return;
	lua_pushthread(L);
	lua_rawget(L, -2);
	lua_replace(L, -2);
}

/* Pushes the table, and makes it if there is none yet. */
static void push_handlers(lua_State *L)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &handlers_key) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_newtable(L);
	lua_createtable(L, 0, 1);
	lua_pushliteral(L, "k");
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &handlers_key);
}

/* Expects a thread and its handler, or nil, on top of the stack. */
static void set_handler(lua_State *L, void *ud)
{
	(void)ud;
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	push_handlers(L);
	lua_pushvalue(L, -3);
	lua_pushvalue(L, -3);
	lua_rawset(L, -3);
	lua_pop(L, 1);
}

int lunatik_try_set_handler(lua_State *L)
{
	int status = try_operation(L, set_handler, NULL);
	/* The error, if any, is left on top of the stack. */
	int left = status != LUA_OK;

	if (left)
		lua_rotate(L, -3, 1);
	lua_pop(L, 2);
	return status;
}

void luaG_noticeinterrupt(lua_State *L)
{
	CallInfo *ci;

	if (!lunatik_is_interrupted(L->interruptible))
		return;
	L->hookmask |= MASKINTERRUPT;
	/* As lua_sethook() does. */
	for (ci = L->ci; ci != NULL; ci = ci->previous)
		if (isLua(ci))
			ci->u.l.trap = 1;
}

/* Calls the handler, or raises an error if there is none. */
static void call_handler(lua_State *L)
{
	lunatik_push_handler(L);
	if (ttisnil(s2v(L->top.p - 1))) {
		L->top.p--;
		lua_pushliteral(L, LUNATIK_INTERRUPTED);
		luaG_errormsg(L);
	}
	luaD_callnoyield(L, L->top.p - 1, 0);
}

void luaD_fire(lua_State *L)
{
	CallInfo *ci = L->ci;
	ptrdiff_t top, ci_top;
	lua_Hook oldhook = L->hook;
	int oldcount = L->hookcount;
	int oldpc = L->oldpc;
	lu_byte oldallow = L->allowhook;
	enum lunatik_interrupt_mode mode;

	if (!(oldallow & ALLOWINTERRUPTS))
		return; /* Later. */
	mode = lunatik_take_interrupt(L->interruptible);
	/* A permanent interrupt is pending again at the next operation. */
	if (mode != LUNATIK_INTERRUPTED_ALWAYS)
		L->hookmask &= ~MASKINTERRUPT;
	if (mode == LUNATIK_NOT_INTERRUPTED)
		return;
	top = savestack(L, L->top.p);
	ci_top = savestack(L, ci->top.p);
	if (isLua(ci) && L->top.p < ci->top.p)
		L->top.p = ci->top.p; /* Protects all registers. */
	luaD_checkstack(L, LUA_MINSTACK);
	if (ci->top.p < L->top.p + LUA_MINSTACK)
		ci->top.p = L->top.p + LUA_MINSTACK;
	L->allowhook = 0;
	ci->callstatus |= CIST_HOOKED;
	call_handler(L);
	lua_assert(!L->allowhook);
	L->allowhook = oldallow;
	ci->top.p = restorestack(L, ci_top);
	L->top.p = restorestack(L, top);
	ci->callstatus &= ~CIST_HOOKED;
	/* Hooks do not see what the handler did. */
	if (L->hook == oldhook) {
		L->hookcount = oldcount;
		L->oldpc = oldpc;
	}
}
