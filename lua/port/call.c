/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Calls of Lua functions: as part of the thread's work, or as a program, which may leave the kernel thread before
 * it has ended.
 */

#define LUA_CORE

#include "lua.h"

#include "ldo.h"
#include "lstate.h"

#include "edge.h"
#include "traceback.h"

int lunatik_try_call(lua_State *L, int arguments, int results)
{
	int handler = lua_gettop(L) - arguments;
	int status;

	G(L)->limittold = 0;
	lunatik_forget_traceback(L);
	lua_pushcfunction(L, lunatik_message_handler);
	lua_insert(L, handler);
	status = lua_pcall(L, arguments, results, handler);
	lua_remove(L, handler);
	return status;
}

/* The call count of the main thread while no program runs in it: it must not yield. */
static void close_main(lua_State *L)
{
	L->nCcalls = 0;
	incnny(L);
}

enum lunatik_program_end lunatik_program(lua_State *L, int arguments, int *results)
{
	global_State *g = G(L);
	int status;

	if (L->status == LUA_OK) {
		g->limittold = 0;
		lunatik_forget_traceback(L);
	}
	g->leaving = 0;
	status = lua_resume(L, NULL, arguments, results);
	if (status == LUA_YIELD)
		return LUNATIK_PROGRAM_LEFT;
	if (status == LUA_OK) {
		close_main(L);
		return LUNATIK_PROGRAM_RETURNED;
	}
	/* Its frames are still there. As for message handlers, an interrupt has no traceback. */
	if (!luaD_ended(g))
		lunatik_keep_traceback(L);
	lua_closethread(L, NULL);
	close_main(L);
	return LUNATIK_PROGRAM_FAILED;
}

int lunatik_can_leave(lua_State *L)
{
	return luaD_canleave(L);
}

int lunatik_can_suspend(lua_State *L, lua_State *coroutine)
{
	return luaD_canleaveto(L, coroutine);
}
