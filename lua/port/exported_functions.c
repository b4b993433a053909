/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The C functions of Lua's libraries, by number. They have no upvalues, so a function is the same value in all VMs, and
 * its number is all that a message needs.
 *
 * They are noted when the first state opens its libraries, before a script can change a table of functions.
 */

#define LUA_CORE

#include <string.h>

#include "lua.h"

#include "lauxlib.h"
#include "lobject.h"
#include "lstate.h"

#include "edge.h"
#include "exported_functions.h"

/* Lua's libraries have some 150 of them. */
#define MOST 256

/* Sorted by address; each is there once. Written while there is only one state. */
static lua_CFunction exported[MOST];
static unsigned int count;

/* The place of a function, or the one where it belongs. */
static unsigned int place_of(lua_CFunction function)
{
	unsigned int low = 0, high = count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if ((unsigned long)exported[middle] < (unsigned long)function)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void lunatik_export_functions(const luaL_Reg *functions)
{
	for (; functions->name != NULL; functions++) {
		unsigned int place;

		if (functions->func == NULL)
			continue;
		place = place_of(functions->func);
		if (count == MOST || (place < count && exported[place] == functions->func))
			continue;
		memmove(&exported[place + 1], &exported[place], (count - place) * sizeof(exported[0]));
		exported[place] = functions->func;
		count++;
	}
}

int lunatik_exported_function(lua_State *L)
{
	const TValue *value = s2v(L->top.p - 1);
	lua_CFunction function;
	unsigned int place;

	/* A function with upvalues is not the same in another VM, even if its code is. */
	if (!ttislcf(value))
		return -1;
	function = fvalue(value);
	place = place_of(function);
	return place < count && exported[place] == function ? (int)place : -1;
}

int lunatik_push_exported_function(lua_State *L, unsigned int number)
{
	if (number >= count)
		return 0;
	lua_pushcfunction(L, exported[number]);
	return 1;
}
