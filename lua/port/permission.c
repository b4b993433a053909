/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Permissions of Lua's own functions, which guards/ and the library io ask for. This C code raises the denial,
 * because an error must not cross Rust frames.
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

void lunatik_demand_permission(lua_State *L, int permission, const char *value)
{
	static const char *const names[] = {
		[LUNATIK_PERMISSION_LOAD] = "load",
		[LUNATIK_PERMISSION_ENV] = "env",
	};

	if (!lunatik_permitted(L, permission, value))
		raise_denied(L, names[permission], value);
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
