/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Ends running Lua code, and makes it give way to other threads: see attention.h. */

#define LUA_CORE

#include "lua.h"

#include "ldebug.h"
#include "ldo.h"
#include "lgc.h"
#include "lopcodes.h"
#include "lstate.h"

l_noret luaD_throwinterrupt(lua_State *L)
{
	global_State *g = G(L);

	setsvalue2s(L, L->top.p, g->overlimit ? g->limitmsg : g->interruptmsg);
	L->top.p++; /* There is EXTRA_STACK. */
	luaD_throw(L, LUA_ERRRUN);
}

l_noret luaD_interrupted(lua_State *L)
{
	global_State *g = G(L);

	if (g->overlimit && !g->limittold) {
		g->limittold = 1;
		/* Message handlers are not called. */
		lunatik_limit_traceback(L);
	}
	luaD_throwinterrupt(L);
}

void luaD_attend(lua_State *L)
{
	global_State *g = G(L);

	/* Orders the two reads: `interrupt` is always set before `attention`. */
	__atomic_exchange_n(&g->attention, 0, __ATOMIC_SEQ_CST);
	if (luaD_ended(g)) {
		g->attention = 1; /* To be noticed again after each catch. */
		luaD_interrupted(L);
	}
	if (l_unlikely(lunatik_vm_is_traced(g->ud)))
		lunatik_tell_traceback(L);
	luaD_sample(L, 1);
	lunatik_vm_give_way(g->ud);
}

void luaD_attendinc(lua_State *L)
{
	global_State *g = G(L);

	if (luaD_ended(g))
		luaD_interrupted(L);
	luaD_sample(L, 0);
	lunatik_vm_give_way(g->ud);
}

void luaD_setshelter(global_State *g, lu_byte shelter)
{
	g->shelter = shelter;
	if (g->interrupt)
		g->attention = 1;
}

/*
 * A C function that raises or yields during an instruction needs the frame in the state that a call would leave it
 * in.
 */
static void save_frame(lua_State *L, CallInfo *ci, const Instruction *pc)
{
	ci->u.l.savedpc = pc + 1;
	if (!luaP_isIT(*pc)) /* Does the instruction not use the top? */
		L->top.p = ci->top.p; /* Keeps the variables that are to be closed. */
}

void luaG_look(lua_State *L, const Instruction *pc)
{
	CallInfo *ci = L->ci;

	save_frame(L, ci, pc);
	if (G(L)->attention) {
		luaD_attend(L);
		luaG_notice(L);
		if (lunatik_slice_is_over(G(L)->ud) && L->hookmask == 0 && luaD_canleave(L)) {
			/* As if a hook had yielded. */
			G(L)->leaving = 1;
			ci->u2.nyield = 0;
			L->status = LUA_YIELD;
			luaD_throw(L, LUA_YIELD);
		}
	}
	if (L->hookmask & MASKINTERRUPT) {
		save_frame(L, ci, pc);
		luaD_fire(L);
	}
}
