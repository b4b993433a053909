/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Collections that can be interrupted and give way to other threads: see collect.h. */

#define LUA_CORE

#include "lua.h"

#include "ldo.h"
#include "lgc.h"
#include "lmem.h"
#include "lobject.h"
#include "lstate.h"

#include "collect.h"
#include "edge.h"
#include "lunatik_vm.h"

/* The debt until the next check, when a collection was interrupted or code is ending: not every allocation checks. */
#define LATER 20000

void luaC_attend(global_State *g)
{
	if (luaD_ended(g))
		luaD_throw(g->trying, LUA_ERRRUN);
	lunatik_vm_give_way(g->ud);
}

void luaC_collect(lua_State *L, Pfunc f, void *ud)
{
	global_State *g = G(L);

	if (l_unlikely(luaD_ended(g)))
		return; /* Finalizers run at the end. */
	if (l_unlikely(g->gcaborted)) {
		if (g->interrupt)
			return;
		g->gcaborted = 0;
		cleargraylists(g);
		g->sweepgc = NULL;
		minor2inc(L, g, KGC_INC);
	}
	if (l_unlikely(luaD_rawrunprotected(L, f, ud) != LUA_OK)) {
		g->gcaborted = 1;
		g->gcstopem = 0;
		g->gcemergency = 0;
	}
}

void luaC_step(lua_State *L)
{
	global_State *g = G(L);

	if (!gcrunning(g)) {
		((struct lunatik_vm *)g->ud)->collects = 1;
		luaC_stephere(L, NULL);
		return;
	}
	luaC_collect(L, luaC_stephere, NULL);
	if (l_unlikely(g->gcaborted || luaD_ended(g)))
		luaE_setdebt(g, LATER);
}

void luaC_fullgc(lua_State *L, int isemergency)
{
	luaC_collect(L, luaC_fullgchere, isemergency ? L : NULL);
}

void luaC_callfinalizers(lua_State *L)
{
	global_State *g = G(L);

	g->gcstp = GCSTPCLS;
	luaC_changemode(L, KGC_INC);
	separatetobefnz(g, 1);
	callallpendingfinalizers(L);
}

void luaC_freecalls(lua_State *L, GCObject *o, int polls)
{
	lua_State *thread;
	CallInfo *ci;
	unsigned int i = 0;

	if (o->tt != LUA_VTHREAD || gco2th(o)->stack.p == NULL)
		return;
	thread = gco2th(o);
	thread->ci = &thread->base_ci;
	while ((ci = thread->ci->next) != NULL) {
		if (polls)
			luaC_polloften(G(L), i++);
		thread->ci->next = ci->next;
		thread->nci--;
		luaM_free(L, ci);
	}
}

unsigned int lunatik_hold_collector(lua_State *L)
{
	global_State *g = G(L);
	unsigned int held = g->gcstp | (unsigned int)g->gcstopem << 8;

	/* The collector is stopped as if the script had stopped it: the script may still ask how much memory is in use. */
	g->gcstp |= GCSTPUSR;
	g->gcstopem = 1;
	return held;
}

void lunatik_release_collector(lua_State *L, unsigned int held)
{
	global_State *g = G(L);

	g->gcstp = (lu_byte)held;
	g->gcstopem = (lu_byte)(held >> 8);
}
