/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What a state does whose code runs in hooks. It is sealed: the collector is held, so that it works only where this file
 * lets it, after the functions of hooks. What runs on a private stack must not end by an error: each function catches its own.
 */

#define LUA_CORE

#include "lua.h"

#include "lauxlib.h"
#include "ldo.h"
#include "lgc.h"
#include "lstate.h"

#include "collect.h"
#include "edge.h"
#include "traceback.h"

/* The message handler lies at the bottom of a sealed state, so that no call has to push it. */
#define HANDLER 1

/* Bytes that are allocated until the collector works again, which then takes some 5 microseconds. */
#define STEP_SIZE 2048

/* The most such steps after one function. */
#define MOST_STEPS 4

static struct lunatik_vm *vm_of(const lua_State *L)
{
	return G(L)->ud;
}

static int handle_message(lua_State *L)
{
	return vm_of(L)->traces ? lunatik_message_handler(L) : 1;
}

int lunatik_hook_seal(lua_State *L)
{
	global_State *g = G(L);

	lua_settop(L, 0);
	if (!lua_checkstack(L, LUA_MINSTACK))
		return 0;
	lua_pushcfunction(L, handle_message);
	lunatik_forget_traceback(L);
	lua_gc(L, LUA_GCINC);
	lua_gc(L, LUA_GCPARAM, LUA_GCPSTEPSIZE, STEP_SIZE);
	lua_gc(L, LUA_GCCOLLECT);
	lunatik_hold_collector(L);
	vm_of(L)->collects = 0;
	vm_of(L)->collected = (unsigned int)(gettotalbytes(g) >> 10);
	return 1;
}

void lunatik_hook_unseal(lua_State *L)
{
	global_State *g = G(L);

	g->gcstp &= ~GCSTPUSR;
	g->gcstopem = 0;
	lua_settop(L, 0);
}

/*
 * Works for a number of steps, or until the collection ends. Finalizers are left to lunatik_hook_finalize(), and nothing is
 * shrunk, as in an emergency: that would allocate memory.
 */
static void collect(lua_State *L, unsigned long steps)
{
	global_State *g = G(L);

	g->gcstp &= ~GCSTPUSR;
	g->gcstopem = 0;
	g->gcemergency = 1;
	do
		luaC_collect(L, luaC_stephere, NULL);
	while (--steps > 0 && g->gcstate != GCSpause && !g->gcaborted);
	g->gcemergency = 0;
	g->gcstopem = 1;
	g->gcstp |= GCSTPUSR;
	vm_of(L)->collects = 0;
	vm_of(L)->collected = (unsigned int)(gettotalbytes(g) >> 10);
}

/* The function that has allocated pays, so garbage cannot outrun the collector. */
static void collect_after(lua_State *L)
{
	unsigned int total = (unsigned int)(gettotalbytes(G(L)) >> 10);
	unsigned int grown = total > vm_of(L)->collected ? total - vm_of(L)->collected : 0;
	unsigned long steps = 1 + grown / (STEP_SIZE >> 10);

	collect(L, steps < MOST_STEPS ? steps : MOST_STEPS);
}

void lunatik_hook_collect_due(lua_State *L)
{
	if (l_unlikely(vm_of(L)->collects))
		collect_after(L);
}

static void take_result(lua_State *L, int index, struct lunatik_hook_results *results)
{
	int slot = index + 2, integral = 0;

	if (lua_type(L, index) == LUA_TNUMBER)
		results->values[slot] = lua_tointegerx(L, index, &integral);
	if (integral)
		results->integers |= (unsigned char)(1 << slot);
}

int lunatik_hook_function(lua_State *L, int function, int value, int traced,
			  struct lunatik_hook_results *results)
{
	int status;

	vm_of(L)->traces = (unsigned char)traced;
	/* The traceback of a function that takes too long costs little beside that. */
	G(L)->limittold = 0;
	results->integers = 0;
	lua_rawgeti(L, LUA_REGISTRYINDEX, function);
	lua_rawgeti(L, LUA_REGISTRYINDEX, value);
	status = lua_pcall(L, 1, 2, HANDLER);
	if (l_likely(status == LUA_OK)) {
		take_result(L, -2, results);
		take_result(L, -1, results);
		lua_settop(L, HANDLER);
	}
	lunatik_hook_collect_due(L);
	return status;
}

void lunatik_hook_lend(lua_State *L)
{
	const TValue *metatable = s2v(L->top.p - 1), *object = s2v(L->top.p - 2);

	if (ttisfulluserdata(object) && ttistable(metatable)) {
		uvalue(object)->metatable = hvalue(metatable);
		luaC_objbarrier(L, uvalue(object), hvalue(metatable));
	}
	lua_pop(L, 1);
}

int lunatik_hook_has_finalizers(lua_State *L)
{
	return G(L)->tobefnz != NULL;
}

void lunatik_hook_finalize(lua_State *L)
{
	/* Nobody asks for a traceback of a finalizer that takes too long. */
	G(L)->limittold = 1;
	if (G(L)->tobefnz != NULL)
		GCTM(L);
}

int lunatik_hook_collect(lua_State *L)
{
	collect(L, MOST_STEPS);
	return G(L)->gcstate != GCSpause && !G(L)->gcaborted;
}
