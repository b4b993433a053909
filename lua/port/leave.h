/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * How a program leaves its kernel thread, to go on later and perhaps on another one. Included by ldo.h.
 * See Documentation/leaving.md.
 */
#ifndef LUNATIK_LEAVE_H
#define LUNATIK_LEAVE_H

/* What a C function returns to an interpreter loop that is to return, for its thread has yielded. */
#define LUAD_YIELDED (-2)

/* As lua_yield(), for `coroutine.yield`. */
LUAI_FUNC int luaD_yield(lua_State *L, int nresults);
/*
 * Whether the whole program can leave. Each of its threads that runs, or waits for one that it has resumed, must be able
 * to yield, down to the main thread, which is only while lunatik_program() runs it. Closing methods and
 * finalizers that are given time to tidy up stay.
 */
LUAI_FUNC int luaD_canleave(lua_State *L);
/*
 * Leaves, from a C function: `k` is called when the program is back. Each thread yields to the one that has
 * resumed it, which sees `leaving` and does the same; `coroutine.resume` and `coroutine.wrap` do.
 */
LUAI_FUNC int luaD_leave(lua_State *L, lua_KFunction k);
/* Leaves; when the program is back, the C function is called again with what is on its stack. */
LUAI_FUNC int luaD_leaveandrepeat(lua_State *L);

#endif
