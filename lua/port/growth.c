/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The growth of Lua's stacks: a million slots are copied and erased in pieces, so that the code can be ended meanwhile. */

#define LUA_CORE

#include "lua.h"

#include "ldo.h"
#include "lfunc.h"
#include "lmem.h"
#include "lstate.h"

#include "error_jump.h"

/* Copies the stack and erases the new part. Returns 0 if the code is to end meanwhile. */
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
 * What pointed into the old stack points into the new one. There may be hundreds of thousands of calls: if the code is to end
 * meanwhile, those that the error will end are left as they are, which nobody looks at any more, but for a traceback;
 * then returns 0.
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
			goes_on = NULL; /* From here on all are needed. */
		if ((i++ & LUNATIK_SOMETIMES) == LUNATIK_SOMETIMES && goes_on != NULL &&
		    luaD_ended(g) && (!g->overlimit || g->limittold)) {
			ended = 1;
			ci = goes_on;
			goes_on = NULL;
			if (ci == &L->base_ci) /* Does the whole coroutine end? */
				L->ci = ci; /* A traceback of it would look, too. */
		}
		ci->top.p = ci->top.p - oldstack + newstack;
		ci->func.p = ci->func.p - oldstack + newstack;
		if (isLua(ci))
			ci->u.l.trap = 1; /* Has luaV_execute() look where its base is. */
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
