/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* See undump.h. */

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

#include "undump.h"

struct input {
	const char *bytes;
	size_t length;
};

static const char *read(lua_State *L, void *ud, size_t *length)
{
	struct input *input = ud;

	(void)L;
	*length = input->length;
	input->length = 0;
	return input->bytes;
}

void lunatik_init_upvalues(lua_State *L, LClosure *function)
{
	luaF_initupvals(L, function);
	if (function->nupvalues >= 1) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
		lua_setupvalue(L, -2, 1);
	}
}

void lunatik_undump(lua_State *L, const char *bytes, size_t length, int fixed)
{
	struct input input = { .bytes = bytes, .length = length };
	ZIO z;
	LClosure *function;
	Table *anchor;
	ptrdiff_t top = savestack(L, L->top.p);

	luaD_checkstack(L, 3);
	anchor = luaH_new(L);
	sethvalue2s(L, L->top.p++, anchor);
	luaZ_init(L, &z, read, &input);
	/* Skip the first byte of the signature, which luaU_undump does not expect. */
	zgetc(&z);
	function = luaU_undump(L, &z, anchor, "=function", fixed);
	L->top.p = restorestack(L, top);
	setclLvalue2s(L, L->top.p++, function);
	lunatik_init_upvalues(L, function);
}
