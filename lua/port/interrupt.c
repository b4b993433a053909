/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The handlers of interrupts. They lie in a table with weak keys, so that neither the table
 * nor a handler that refers to its own thread keeps a thread alive.
 */

#include "lua.h"

#include "edge.h"

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

/* Pushes the table, which is made if there is none yet. */
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

/* Called with a thread and its handler, or nil. */
static int set_handler(lua_State *L)
{
	push_handlers(L);
	lua_insert(L, -3);
	lua_rawset(L, -3);
	return 0;
}

int lunatik_try_set_handler(lua_State *L)
{
	lua_pushcfunction(L, set_handler);
	lua_insert(L, -3);
	return lua_pcall(L, 2, 0, 0);
}
