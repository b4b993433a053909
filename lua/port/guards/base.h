/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Guards of the base library. Included by lbaselib.c before its table. */

#include <string.h>

#include "guard.h"

static int guarded_collectgarbage(lua_State *L)
{
	const char *what = lua_tostring(L, 1);

	/* Counting collects nothing. */
	if (what == NULL || strcmp(what, "count") != 0)
		lunatik_demand_process(L);
	return luaB_collectgarbage(L);
}
#define luaB_collectgarbage guarded_collectgarbage

LUNATIK_LOADS(luaB_dofile)
#define luaB_dofile guarded_luaB_dofile
LUNATIK_LOADS(luaB_load)
#define luaB_load guarded_luaB_load
LUNATIK_LOADS(luaB_loadfile)
#define luaB_loadfile guarded_luaB_loadfile
