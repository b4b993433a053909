/* SPDX-License-Identifier: GPL-2.0-only OR MIT */

/*
 * Runs one script, as the 'lua' command does: arguments in '...' and 'arg', a message and a traceback on
 * standard error when it fails. There is one function more, for benchmarks: nanoseconds().
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

struct command_line {
	int count;
	char **words;
};

static int traceback(lua_State *L)
{
	const char *message = lua_tostring(L, 1);

	if (!message)
		message = luaL_tolstring(L, 1, NULL);
	luaL_traceback(L, L, message, 1);
	return 1;
}

/* nanoseconds(): as linux.ktime() in the kernel, the time that passes. */
static int nanoseconds(lua_State *L)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	lua_pushinteger(L, now.tv_sec * 1000000000LL + now.tv_nsec);
	return 1;
}

static int run(lua_State *L)
{
	struct command_line *line = lua_touserdata(L, 1);
	const char *script = line->words[1];
	int i;

	luaL_openlibs(L);
	lua_register(L, "nanoseconds", nanoseconds);
	lua_createtable(L, line->count, 1);
	for (i = 0; i < line->count; i++) {
		lua_pushstring(L, line->words[i]);
		lua_rawseti(L, -2, i - 1);
	}
	lua_setglobal(L, "arg");
	if (luaL_loadfile(L, strcmp(script, "-") ? script : NULL) != LUA_OK)
		return lua_error(L);
	luaL_checkstack(L, line->count, "too many arguments");
	for (i = 2; i < line->count; i++)
		lua_pushstring(L, line->words[i]);
	lua_call(L, line->count - 2, 0);
	return 0;
}

int user_lua_run(int count, char **words);

/* The exit status. There are at least two words: the command's name and the script. */
int user_lua_run(int count, char **words)
{
	struct command_line line = { count, words };
	lua_State *L = luaL_newstate();
	int status;

	if (!L) {
		fputs("user-lua: not enough memory\n", stderr);
		return 1;
	}
	lua_pushcfunction(L, traceback);
	lua_pushcfunction(L, run);
	lua_pushlightuserdata(L, &line);
	status = lua_pcall(L, 1, 0, 1);
	if (status != LUA_OK)
		fprintf(stderr, "user-lua: %s\n", lua_tostring(L, -1));
	lua_close(L);
	return status != LUA_OK;
}
