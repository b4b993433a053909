/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Provides the modules of lua/lib/ to `require`, and functions to Rust. They run with the permissions of the script
 * that requires them, so having one gives no power.
 */

#define LUA_CORE

#include <string.h>

#include "lua.h"

#include "lauxlib.h"

#include "edge.h"
#include "library.h"
#include "operation.h"
#include "shared_code.h"
#include "undump.h"

/* For Rust code only. */
#define INTERNAL "internal."
/* Modules of the tests, which are built in only for them. */
#define TESTING "lunatik.testing."

static int begins_with(const char *name, const char *start)
{
	return strncmp(name, start, strlen(start)) == 0;
}

/* The number of a library, or -1. */
static int find(const char *name, size_t length)
{
	unsigned int i;

	for (i = 0; i < lunatik_library_count; i++) {
		const char *known = lunatik_libraries[i].name;

		if (strlen(known) == length && memcmp(known, name, length) == 0)
			return (int)i;
	}
	return -1;
}

/* Pushes a new main function. */
static void push_main(lua_State *L, unsigned int number)
{
	const struct lunatik_library *library = &lunatik_libraries[number];

	if (lunatik_push_shared_code(L, number))
		return;
	lunatik_undump(L, (const char *)lunatik_library_code + library->offset, library->size, 1);
}

/* The function that `require` finds in package.preload, the same for all modules: it is called with the name. */
static int open_library(lua_State *L)
{
	size_t length;
	const char *name = luaL_checklstring(L, 1, &length);
	int number = begins_with(name, INTERNAL) ? -1 : find(name, length);

	lunatik_demand_process(L);
	if (number < 0)
		return luaL_argerror(L, 1, "no module that is built in and written in Lua has this name");
	lua_settop(L, 2);
	push_main(L, (unsigned int)number);
	lua_insert(L, 1);
	lua_call(L, 2, 1);
	return 1;
}

struct preloading {
	int table;
	int testing;
};

static void preload(lua_State *L, void *ud)
{
	const struct preloading *preloading = ud;
	unsigned int i;

	for (i = 0; i < lunatik_library_count; i++) {
		const char *name = lunatik_libraries[i].name;

		if (begins_with(name, INTERNAL) ||
		    (begins_with(name, TESTING) && !preloading->testing))
			continue;
		lua_pushstring(L, name);
		lua_pushcfunction(L, open_library);
		lua_rawset(L, preloading->table);
	}
}

int lunatik_try_preload_libraries(lua_State *L, int index, int testing)
{
	struct preloading preloading = { .table = lua_absindex(L, index), .testing = testing };

	return try_operation(L, preload, &preloading);
}

static void push_library(lua_State *L, void *ud)
{
	const char *name = ud;
	int number = find(name, strlen(name));

	if (number < 0)
		luaL_error(L, "there is no library %s", name);
	push_main(L, (unsigned int)number);
}

int lunatik_try_push_library(lua_State *L, const char *name)
{
	return try_operation(L, push_library, (void *)name);
}
