/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Functions of Lua's libraries in code that must not sleep. Functions that call into the file system, take time without
 * bound, or collect garbage are refused there (guards/). See Documentation/contexts.md.
 */

#define LUA_CORE

#include <string.h>

#include "lua.h"

#include "lauxlib.h"
#include "lgc.h"
#include "lstate.h"

#include "edge.h"

int lunatik_may_sleep(lua_State *L)
{
	return ((const struct lunatik_vm *)G(L)->ud)->context == LUNATIK_CONTEXT_PROCESS;
}

void lunatik_vm_give_way(void *vm)
{
	if (((const struct lunatik_vm *)vm)->context == LUNATIK_CONTEXT_PROCESS)
		lunatik_give_way();
}

/* Looks for a function in the table on top of the stack, and pushes its key, or nothing. */
static int find_in_table(lua_State *L, int function)
{
	lua_pushnil(L);
	while (lua_next(L, -2)) {
		lunatik_poll(L);
		if (lua_type(L, -2) == LUA_TSTRING && lua_rawequal(L, -1, function)) {
			lua_pop(L, 1);
			return 1;
		}
		lua_pop(L, 1);
	}
	return 0;
}

/* The function at an index, as a script writes it: "io.open"; NULL if it is in no table of a module. */
static const char *name_in_module(lua_State *L, int function)
{
	lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_pushnil(L);
	while (lua_next(L, -2)) {
		/* The name of the module is below its table. */
		if (lua_type(L, -2) == LUA_TSTRING && lua_istable(L, -1) && find_in_table(L, function)) {
			const char *module = lua_tostring(L, -3);

			if (strcmp(module, LUA_GNAME) == 0)
				return lua_tostring(L, -1);
			return lua_pushfstring(L, "%s.%s", module, lua_tostring(L, -1));
		}
		lua_pop(L, 1);
	}
	return NULL;
}

int lunatik_raise_context(lua_State *L)
{
	/* How many functions may call each other on behalf of a script, as 'require' does. */
	enum { LEVELS = 4 };
	const char *name = NULL;
	lua_Debug debug;
	int level;

	for (level = 0; level < LEVELS && name == NULL && lua_getstack(L, level, &debug); level++) {
		luaL_checkstack(L, LUA_MINSTACK, NULL);
		lua_getinfo(L, "nf", &debug);
		name = name_in_module(L, lua_gettop(L));
		if (name == NULL)
			name = debug.name;
	}
	luaL_where(L, level);
	lua_pushfstring(L, "%s: not in atomic context", name != NULL ? name : "?");
	lua_concat(L, 2);
	return lua_error(L);
}

void lunatik_demand_process(lua_State *L)
{
	if (!lunatik_may_sleep(L))
		lunatik_raise_context(L);
}
