/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Transfers functions from one VM to another. No script ever sees the bytes, so they are the compiler's output and
 * can be trusted like it.
 */

#define LUA_CORE

#include "lua.h"

#include "edge.h"
#include "operation.h"
#include "undump.h"

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

static void undump_function(lua_State *L, void *ud)
{
	const struct undump *undump = ud;

	lunatik_undump(L, undump->bytes, undump->length, 0);
}

int lunatik_try_undump(lua_State *L, const char *bytes, size_t length)
{
	struct undump undump = { .bytes = bytes, .length = length };

	return try_operation(L, undump_function, &undump);
}
