/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Tracebacks of errors; see traceback.h. */

#define LUA_CORE

#include "lua.h"

#include "ldo.h"
#include "lstate.h"
#include "lauxlib.h"

#include "edge.h"
#include "operation.h"
#include "traceback.h"

/* The key of the traceback in the registry, by address. */
static const char traceback_key;

/* Removes the traceback from the stack and keeps it. */
static void keep(lua_State *L)
{
	lua_rawsetp(L, LUA_REGISTRYINDEX, &traceback_key);
}

void lunatik_forget_traceback(lua_State *L)
{
	lua_pushboolean(L, 0);
	keep(L);
}

void lunatik_push_traceback(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &traceback_key);
}

void lunatik_take_traceback(lua_State *L)
{
	lunatik_push_traceback(L);
	lunatik_forget_traceback(L);
}

static void trace_below_handler(lua_State *L, void *ud)
{
	(void)ud;
	luaL_traceback(L, L, NULL, 1);
	keep(L);
}

int lunatik_message_handler(lua_State *L)
{
	/* Hooks see this function, so a script may call it. */
	lua_settop(L, 1);
	if (try_operation(L, trace_below_handler, NULL) != LUA_OK)
		lua_settop(L, 1);
	return 1;
}

/* Lua does not call this as a function, so there may be no room for the values that it pushes. */
static void trace_all(lua_State *L, void *ud)
{
	(void)ud;
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	luaL_traceback(L, L, NULL, 0);
	keep(L);
}

void lunatik_keep_traceback(lua_State *L)
{
	ptrdiff_t top = savestack(L, L->top.p);

	try_operation(L, trace_all, NULL);
	L->top.p = restorestack(L, top);
}

void lunatik_limit_traceback(lua_State *L)
{
	global_State *g = G(L);
	unsigned char shelter = g->shelter;

	/* An interrupt may come at the deepest possible point. */
	if (lunatik_stackleft() < LUNATIK_STACK_HANDLER)
		return;
	/* This takes little time, unless a script has filled the tables of modules. Then it is given up. */
	luaD_setshelter(g, 1);
	lunatik_keep_traceback(L);
	luaD_setshelter(g, shelter);
}

/* The most coroutines that a traceback shows. */
#define MOST_TRACED 8

/* The thread that runs, and the coroutines that have resumed it. */
static void tell_threads(lua_State *L, void *ud)
{
	const lua_State *main = mainthread(G(L));
	lua_State *thread = L;
	const char *text;
	size_t length;
	int count = 0;

	luaL_checkstack(L, LUA_MINSTACK, NULL);
	do {
		/* An empty message puts each on a line of its own. */
		luaL_traceback(L, thread, count == 0 ? NULL : "", 0);
		count++;
		thread = thread->resumer;
	} while (thread != NULL && thread != main && count < MOST_TRACED);
	lua_concat(L, count);
	text = lua_tolstring(L, -1, &length);
	lunatik_vm_traced(ud, text, length);
}

void lunatik_tell_traceback(lua_State *L)
{
	ptrdiff_t top = savestack(L, L->top.p);
	void *vm = G(L)->ud;

	/* If not now, the next attention comes in some milliseconds. */
	if (lunatik_stackleft() < LUNATIK_STACK_HANDLER)
		return;
	if (try_operation(L, tell_threads, vm) != LUA_OK)
		lunatik_vm_traced(vm, "", 0);
	L->top.p = restorestack(L, top);
}
