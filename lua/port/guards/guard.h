/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Guards of the functions of Lua's libraries. Each library includes its guards just before the tables in which it
 * registers its functions (0017-guards.patch), so a state gets the guarded functions, and the originals are reachable
 * from nowhere else.
 */

#ifndef LUNATIK_GUARD_H
#define LUNATIK_GUARD_H

#include "../lunatik_vm.h"

/* Defines a function that is refused where code must not sleep. */
#define LUNATIK_SLEEPS(function)			\
	static int guarded_##function(lua_State *L)	\
	{						\
		lunatik_demand_process(L);		\
		return function(L);			\
	}

/* Defines a function that loads code, which needs permission and may sleep. */
#define LUNATIK_LOADS(function)								\
	static int guarded_##function(lua_State *L)					\
	{										\
		lunatik_demand_process(L);						\
		lunatik_demand_permission(L, LUNATIK_PERMISSION_LOAD, NULL);		\
		return function(L);							\
	}

#endif
