/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* How threads yield, and programs leave their kernel threads: see leave.h. */

#define LUA_CORE

#include "lua.h"

#include "ldo.h"
#include "lobject.h"
#include "lopcodes.h"
#include "lstate.h"

/*
 * Most calls that yield come from the only interpreter loop of the thread. That loop returns instead of being
 * jumped over: after a jump, the processor mispredicts each later return, which is much slower. Anything else that
 * runs in between (a metamethod, an iterator, a hook, pcall) counts as a C call.
 */
static int yield_by_return(lua_State *L, int nresults, lua_KFunction k)
{
	CallInfo *ci = L->ci;
	CallInfo *caller = ci->previous;

	if (L->nCcalls != L->baseCcalls || !isLua(caller) ||
	    GET_OPCODE(caller->u.l.savedpc[-1]) != OP_CALL)
		return lua_yieldk(L, nresults, 0, k);
	L->status = LUA_YIELD;
	ci->u2.nyield = nresults;
	ci->u.c.k = k;
	ci->u.c.ctx = 0;
	return LUAD_YIELDED;
}

int luaD_yield(lua_State *L, int nresults)
{
	if (l_unlikely(L == mainthread(G(L))))
		return lua_yield(L, nresults); /* An error. */
	return yield_by_return(L, nresults, NULL);
}

int luaD_canleave(lua_State *L)
{
	const lua_State *main = mainthread(G(L));

	if (G(L)->shelter)
		return 0;
	for (; L != NULL; L = L->resumer) {
		if (!yieldable(L))
			return 0;
		if (L == main)
			return 1;
	}
	return 0;
}

int luaD_canleaveto(lua_State *L, const lua_State *coroutine)
{
	if (coroutine == mainthread(G(L)))
		return 0;
	for (; L != NULL; L = L->resumer) {
		if (!yieldable(L))
			return 0;
		if (L == coroutine)
			return 1;
	}
	return 0;
}

int luaD_leaveto(lua_State *L, lua_State *coroutine, lua_KFunction k)
{
	for (lua_State *inner = L; inner != coroutine; inner = inner->resumer)
		inner->left = 1;
	G(L)->leavesto = coroutine;
	return luaD_leave(L, k);
}

int luaD_goeson(const lua_State *L, lua_State *coroutine)
{
	if (coroutine->resumer != L)
		return 0;
	coroutine->left = 0;
	return 1;
}

int luaD_arrived(const lua_State *coroutine)
{
	global_State *g = G(coroutine);

	if (g->leavesto != coroutine)
		return 0;
	g->leavesto = NULL;
	g->leaving = 0;
	return 1;
}

int luaD_leave(lua_State *L, lua_KFunction k)
{
	G(L)->leaving = 1;
	return yield_by_return(L, 0, k);
}

static int repeat(lua_State *L, int status, lua_KContext context)
{
	const TValue *function = s2v(L->ci->func.p);

	(void)status;
	(void)context;
	return (ttislcf(function) ? fvalue(function) : clCvalue(function)->f)(L);
}

int luaD_leaveandrepeat(lua_State *L)
{
	return luaD_leave(L, repeat);
}
