/* SPDX-License-Identifier: GPL-2.0-only OR MIT */

/*
 * Runs one script, as the 'lua' command does: arguments in '...' and 'arg', a message and a traceback on
 * standard error when it fails. There are some functions more: nanoseconds() for benchmarks, map_file() and
 * touch() for tests that need a full page cache, and those of terminal.c.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

void user_lua_open_terminal(lua_State *L);

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

/* map_file(name): maps a file for reading, until the end of the process. Returns its address and length. */
static int map_file(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	int file = open(name, O_RDONLY | O_CLOEXEC);
	void *bytes = MAP_FAILED;
	struct stat about;

	if (file >= 0) {
		if (!fstat(file, &about))
			bytes = mmap(NULL, about.st_size, PROT_READ, MAP_SHARED, file, 0);
		close(file);
	}
	if (bytes == MAP_FAILED)
		return luaL_error(L, "%s: %s", name, strerror(errno));
	lua_pushlightuserdata(L, bytes);
	lua_pushinteger(L, about.st_size);
	return 2;
}

/*
 * touch(address, length): reads a byte of each page, so that the page cache has it. They are no longer mapped
 * then: a cgroup full of mapped pages that are in use calls the OOM killer.
 */
static int touch(lua_State *L)
{
	volatile char *bytes = lua_touserdata(L, 1);
	lua_Integer length = luaL_checkinteger(L, 2), at;

	for (at = 0; at < length; at += 4096)
		(void)bytes[at];
	madvise((void *)bytes, length, MADV_DONTNEED);
	return 0;
}

static int run(lua_State *L)
{
	struct command_line *line = lua_touserdata(L, 1);
	const char *script = line->words[1];
	int i;

	luaL_openlibs(L);
	lua_register(L, "nanoseconds", nanoseconds);
	lua_register(L, "map_file", map_file);
	lua_register(L, "touch", touch);
	user_lua_open_terminal(L);
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
