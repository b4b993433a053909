/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Guards of the library package. Included by loadlib.c before its tables. */

#include <string.h>

#include "guard.h"

LUNATIK_SLEEPS(ll_searchpath)
#define ll_searchpath guarded_ll_searchpath

/* The function that 'require' calls for modules that are not loaded yet. */
static int guarded_searcher_Lua(lua_State *L)
{
	int results;

	lunatik_demand_process(L);
	lunatik_demand_permission(L, LUNATIK_PERMISSION_LOAD, NULL);
	results = searcher_Lua(L);
	/* Without a path, no file was tried, so there is nothing to report. */
	if (results == 1 && strcmp(lua_tostring(L, -1), "no file ''") == 0)
		lua_pushnil(L);
	return results;
}
#define searcher_Lua guarded_searcher_Lua
