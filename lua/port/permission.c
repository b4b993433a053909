/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Permissions of Lua's own functions. This C code raises the denial, because an error must not cross Rust frames.
 * The guards have no upvalues, because debug.getupvalue would reveal the guarded function; it is stored in the VM's
 * head instead.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "edge.h"

static struct lunatik_vm *vm_of(lua_State *L)
{
	return lunatik_userdata(L);
}

static void raise_denied(lua_State *L, const char *permission, const char *value)
{
	if (value != NULL)
		luaL_error(L, "permission \"%s\" denied for '%s'", permission, value);
	luaL_error(L, "permission \"%s\" denied", permission);
}

static void demand(lua_State *L, int permission, const char *value)
{
	static const char *const names[] = {
		[LUNATIK_PERMISSION_LOAD] = "load",
		[LUNATIK_PERMISSION_ENV] = "env",
	};

	if (!lunatik_permitted(L, permission, value))
		raise_denied(L, names[permission], value);
}

static int call(lua_State *L, int function)
{
	return vm_of(L)->guarded[function](L);
}

/* Indices of `guarded` in the head of the VM. */
enum { LOAD, LOADFILE, DOFILE, SEARCHER, GETENV };

static int guarded_load(lua_State *L)
{
	lunatik_demand_process(L);
	demand(L, LUNATIK_PERMISSION_LOAD, NULL);
	return call(L, LOAD);
}

static int guarded_loadfile(lua_State *L)
{
	lunatik_demand_process(L);
	demand(L, LUNATIK_PERMISSION_LOAD, NULL);
	return call(L, LOADFILE);
}

static int guarded_dofile(lua_State *L)
{
	lunatik_demand_process(L);
	demand(L, LUNATIK_PERMISSION_LOAD, NULL);
	return call(L, DOFILE);
}

/* The function that 'require' calls for modules that are not loaded yet. */
static int guarded_searcher(lua_State *L)
{
	int results;

	lunatik_demand_process(L);
	demand(L, LUNATIK_PERMISSION_LOAD, NULL);
	results = call(L, SEARCHER);
	/* Without a path, no file was tried, so there is nothing to report. */
	if (results == 1 && strcmp(lua_tostring(L, -1), "no file ''") == 0)
		lua_pushnil(L);
	return results;
}

/* The longest variable name that is compared with patterns: no pattern matches a longer text. */
#define MAX_VARIABLE 4096

static int guarded_getenv(lua_State *L)
{
	size_t length;
	const char *name = luaL_checklstring(L, 1, &length);

	luaL_argcheck(L, length <= MAX_VARIABLE, 1, "the name of a variable has at most 4096 bytes");
	demand(L, LUNATIK_PERMISSION_ENV, name);
	return call(L, GETENV);
}

static void guard(lua_State *L, const char *library, const char *name, int function,
		  lua_CFunction guarded)
{
	lua_getglobal(L, library);
	lua_getfield(L, -1, name);
	vm_of(L)->guarded[function] = lua_tocfunction(L, -1);
	lua_pop(L, 1);
	lua_pushcfunction(L, guarded);
	lua_setfield(L, -2, name);
	lua_pop(L, 1);
}

void lunatik_guard_libraries(lua_State *L)
{
	guard(L, LUA_GNAME, "load", LOAD, guarded_load);
	guard(L, LUA_GNAME, "loadfile", LOADFILE, guarded_loadfile);
	guard(L, LUA_GNAME, "dofile", DOFILE, guarded_dofile);
	guard(L, "os", "getenv", GETENV, guarded_getenv);
	/* The second searcher is the one for files; its upvalue is the library, as for all searchers. */
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "searchers");
	lua_geti(L, -1, 2);
	vm_of(L)->guarded[SEARCHER] = lua_tocfunction(L, -1);
	lua_pop(L, 1);
	lua_pushvalue(L, -2);
	lua_pushcclosure(L, guarded_searcher, 1);
	lua_seti(L, -2, 2);
	/* The others search for C libraries, of which there are none. */
	lua_pushnil(L);
	lua_seti(L, -2, 3);
	lua_pushnil(L);
	lua_seti(L, -2, 4);
	lua_pop(L, 2);
}

/* Raises if the last function for files was denied. */
static void check_denied(lua_State *L, const char *path)
{
	struct lunatik_vm *vm = vm_of(L);
	int denied = vm->denied;

	vm->denied = 0;
	if (denied)
		raise_denied(L, denied == LUNATIK_DENIED_READ ? "fs:read" : "fs:write", path);
}

/* The longest path that the kernel accepts, final zero included. */
#define MAX_PATH 4096

/* The value of ENAMETOOLONG. */
#define NAME_TOO_LONG 36

/* Notes the error of a path that is too long, before the path is used. */
static int too_long(lua_State *L, const char *path)
{
	if (strnlen(path, MAX_PATH) < MAX_PATH)
		return 0;
	errno = NAME_TOO_LONG;
	return 1;
}

FILE *lunatik_checked_fopen(lua_State *L, const char *path, const char *mode)
{
	FILE *file = too_long(L, path) ? NULL : lunatik_fopen(L, path, mode);

	check_denied(L, path);
	return file;
}

FILE *lunatik_checked_freopen(lua_State *L, const char *path, const char *mode, FILE *file)
{
	file = too_long(L, path) ? NULL : lunatik_freopen(L, path, mode, file);
	check_denied(L, path);
	return file;
}

FILE *lunatik_checked_tmpfile(lua_State *L)
{
	FILE *file = lunatik_tmpfile(L);

	check_denied(L, NULL);
	return file;
}

int lunatik_checked_remove(lua_State *L, const char *path)
{
	int status = too_long(L, path) ? -1 : lunatik_remove(L, path);

	check_denied(L, path);
	return status;
}

int lunatik_checked_rename(lua_State *L, const char *from, const char *to)
{
	int status = too_long(L, from) || too_long(L, to) ? -1 : lunatik_rename(L, from, to);

	check_denied(L, vm_of(L)->denied_second ? to : from);
	return status;
}

char *lunatik_checked_tmpnam(lua_State *L, char *name)
{
	name = lunatik_tmpnam(L, name);
	check_denied(L, NULL);
	return name;
}
