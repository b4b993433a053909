/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Functions on their way from one VM to another. No script ever sees the bytes, so they are what
 * the compiler made, and need not be trusted less than that.
 */

#define LUA_CORE

#include "lua.h"

#include "lapi.h"
#include "ldo.h"
#include "lfunc.h"
#include "lgc.h"
#include "lobject.h"
#include "lstate.h"
#include "ltable.h"
#include "lundump.h"
#include "lzio.h"

#include "edge.h"
#include "operation.h"

struct dump {
	lunatik_writer writer;
	void *argument;
	int status;
};

static int write(lua_State *L, const void *bytes, size_t length, void *ud)
{
	struct dump *dump = ud;

	(void)L;
	/* Called once more at the end, with nothing. */
	return length == 0 ? 0 : dump->writer(dump->argument, bytes, length);
}

static void dump_function(lua_State *L, void *ud)
{
	struct dump *dump = ud;

	dump->status = lua_dump(L, write, dump, 0);
}

int lunatik_try_dump(lua_State *L, lunatik_writer writer, void *argument, int *status)
{
	struct dump dump = { .writer = writer, .argument = argument };
	int result = try_operation(L, dump_function, &dump);

	*status = dump.status;
	return result;
}

struct undump {
	const char *bytes;
	size_t length;
};

static const char *read(lua_State *L, void *ud, size_t *length)
{
	struct undump *undump = ud;

	(void)L;
	*length = undump->length;
	undump->length = 0;
	return undump->bytes;
}

static void undump_function(lua_State *L, void *ud)
{
	ZIO z;
	LClosure *function;
	Table *anchor;
	ptrdiff_t top = savestack(L, L->top.p);

	luaD_checkstack(L, 3);
	anchor = luaH_new(L);
	sethvalue2s(L, L->top.p++, anchor);
	luaZ_init(L, &z, read, ud);
	/* The first byte of the signature, which luaU_undump does not want to see. */
	zgetc(&z);
	function = luaU_undump(L, &z, anchor, "=function", 0);
	L->top.p = restorestack(L, top);
	setclLvalue2s(L, L->top.p++, function);
	luaF_initupvals(L, function);
	if (function->nupvalues >= 1) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
		lua_setupvalue(L, -2, 1);
	}
}

int lunatik_try_undump(lua_State *L, const char *bytes, size_t length)
{
	struct undump undump = { .bytes = bytes, .length = length };

	return try_operation(L, undump_function, &undump);
}
