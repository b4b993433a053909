/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The growth of Lua's stacks. A million slots are copied and erased in pieces, so that the code can be ended
 * meanwhile.
 */

#define LUA_CORE

#include "lua.h"

#include "ldo.h"
#include "lfunc.h"
#include "lmem.h"
#include "lstate.h"

#include "error_jump.h"

/* Copies the stack and erases the new part. Returns 0 if the code is told to end meanwhile. */
static int copy_stack(lua_State *L, StkId newstack, int newsize)
{
	StkId oldstack = L->stack.p;
	int oldsize = stacksize(L) + EXTRA_STACK;
	int i;

	if (!lunatik_copy_quiet(L, newstack, oldstack, cast_sizet(oldsize) * sizeof(StackValue)))
		return 0;
	for (i = oldsize; i < newsize + EXTRA_STACK; i++) {
		if ((i & LUNATIK_SOMETIMES) == 0 && l_unlikely(luaD_ended(G(L))))
			return 0;
		setnilvalue2s(newstack + i);
	}
	return 1;
}

/*
 * Redirects pointers from the old stack to the new one. There may be hundreds of thousands of calls. If the code is
 * told to end meanwhile, this leaves the calls that the error will end as they are, and returns 0. Nothing reads
 * these calls any more, except a traceback.
 */
static int move_pointers(lua_State *L, StkId oldstack)
{
	global_State *g = G(L);
	StkId newstack = L->stack.p;
	CallInfo *goes_on = (L->errorJmp != NULL) ? L->errorJmp->ci : NULL;
	CallInfo *ci;
	UpVal *up;
	unsigned int i = 0;
	int ended = 0;

	L->top.p = L->top.p - oldstack + newstack;
	L->tbclist.p = L->tbclist.p - oldstack + newstack;
	for (up = L->openupval; up != NULL; up = up->u.open.next)
		up->v.p = s2v(uplevel(up) - oldstack + newstack);
	for (ci = L->ci; ci != NULL; ci = ci->previous) {
		if (ci == goes_on)
			goes_on = NULL; /* From here on all calls are needed. */
		if ((i++ & LUNATIK_SOMETIMES) == LUNATIK_SOMETIMES && goes_on != NULL &&
		    luaD_ended(g) && (!g->overlimit || g->limittold)) {
			ended = 1;
			ci = goes_on;
			goes_on = NULL;
			if (ci == &L->base_ci) /* Does the whole coroutine end? */
				L->ci = ci; /* A traceback would read the calls, too. */
		}
		ci->top.p = ci->top.p - oldstack + newstack;
		ci->func.p = ci->func.p - oldstack + newstack;
		if (isLua(ci))
			ci->u.l.trap = 1; /* Makes luaV_execute() read its base again. */
	}
	return !ended;
}

int luaD_enlargestack(lua_State *L, int newsize, int raiseerror)
{
	global_State *g = G(L);
	int oldsize = stacksize(L);
	StkId oldstack = L->stack.p;
	lu_byte oldgcstop = g->gcstopem;
	StkId newstack;
	int moved;

	if (!raiseerror)
		return luaD_reallocstack(L, newsize, 0);
	g->gcstopem = 1; /* No emergency collection. */
	newstack = cast(StkId, luaM_realloc_(L, NULL, 0,
					     cast_sizet(newsize + EXTRA_STACK) * sizeof(StackValue)));
	g->gcstopem = oldgcstop;
	if (l_unlikely(newstack == NULL))
		luaM_error(L);
	if (l_unlikely(!copy_stack(L, newstack, newsize))) {
		luaM_freearray(L, newstack, cast_sizet(newsize + EXTRA_STACK));
		luaD_interrupted(L);
	}
	L->stack.p = newstack;
	L->stack_last.p = newstack + newsize;
	moved = move_pointers(L, oldstack);
	luaM_freearray(L, oldstack, cast_sizet(oldsize + EXTRA_STACK));
	if (l_unlikely(!moved))
		luaD_throwinterrupt(L);
	return 1;
}
