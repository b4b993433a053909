/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Guards of the library os. Included by loslib.c before its table. */

#include "guard.h"

LUNATIK_SLEEPS(os_remove)
#define os_remove guarded_os_remove
LUNATIK_SLEEPS(os_rename)
#define os_rename guarded_os_rename
LUNATIK_SLEEPS(os_setlocale)
#define os_setlocale guarded_os_setlocale
LUNATIK_SLEEPS(os_tmpname)
#define os_tmpname guarded_os_tmpname

/* The longest variable name that is compared with patterns: no pattern matches a longer text. */
#define MAX_VARIABLE 4096

static int guarded_os_getenv(lua_State *L)
{
	size_t length;
	const char *name = luaL_checklstring(L, 1, &length);

	luaL_argcheck(L, length <= MAX_VARIABLE, 1, "the name of a variable has at most 4096 bytes");
	lunatik_demand_permission(L, LUNATIK_PERMISSION_ENV, name);
	return os_getenv(L);
}
#define os_getenv guarded_os_getenv
