/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The handlers of interrupts. They lie in a table with weak keys, so that neither the table
 * nor a handler that refers to its own thread keeps a thread alive.
 */

#define LUA_CORE

#include "lua.h"

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

/* With a thread and its handler, or nil, on top of the stack. */
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
	/* What is left on top of the stack is the error. */
	int left = status != LUA_OK;

	if (left)
		lua_rotate(L, -3, 1);
	lua_pop(L, 2);
	return status;
}
