/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * How a program leaves its kernel thread, to continue later and perhaps on another one. Included by ldo.h. See
 * Documentation/leaving.md.
 */
#ifndef LUNATIK_LEAVE_H
#define LUNATIK_LEAVE_H

/* What a C function returns to an interpreter loop to make it return, because its thread has yielded. */
#define LUAD_YIELDED (-2)

/* The same as lua_yield(), for `coroutine.yield`. */
LUAI_FUNC int luaD_yield(lua_State *L, int nresults);
/*
 * Whether the whole program can leave. The running thread must be able to yield, and so must each thread that waits
 * for one that it has resumed, down to the main thread. The main thread can yield only while lunatik_program() runs
 * it. Closing methods and finalizers that are given time to clean up do not leave.
 */
LUAI_FUNC int luaD_canleave(lua_State *L);
/*
 * Leaves from a C function; `k` is called when the program is back. Each thread yields to the one that has resumed
 * it. `coroutine.resume` and `coroutine.wrap` in that thread see `leaving` and yield, too.
 */
LUAI_FUNC int luaD_leave(lua_State *L, lua_KFunction k);
/*
 * Whether a coroutine can yield together with the threads that it has resumed, of which L is the innermost one.
 */
LUAI_FUNC int luaD_canleaveto(lua_State *L, const lua_State *coroutine);
/*
 * Leaves as luaD_leave(), but only to whoever has resumed the coroutine: for him it has yielded no values. The values
 * that he resumes it with later are on the stack of the C function when `k` is called. To be called only if
 * luaD_canleaveto() says so.
 */
LUAI_FUNC int luaD_leaveto(lua_State *L, lua_State *coroutine, lua_KFunction k);
/*
 * Whether L may resume a coroutine that has yielded for another one, which luaD_leaveto() has suspended: only the one
 * may that has resumed it.
 */
LUAI_FUNC int luaD_goeson(const lua_State *L, lua_State *coroutine);
/* Whether this coroutine is the one that luaD_leaveto() has named. Then nobody leaves any more. */
LUAI_FUNC int luaD_arrived(const lua_State *coroutine);
/* Leaves. When the program is back, the C function is called again with the values on its stack. */
LUAI_FUNC int luaD_leaveandrepeat(lua_State *L);

#endif
