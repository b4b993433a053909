/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Calls that continue on another stack segment: see segments.h. */

#define LUA_CORE

#include "lua.h"

#include "ldebug.h"
#include "ldo.h"
#include "lgc.h"
#include "lstate.h"

#include "error_jump.h"

struct segment_call {
	lua_State *L;
	Pfunc f;
	void *ud;
	/* As in lua_longjmp. */
	CallInfo *ci;
	TStatus status;
	lu_byte tobase;
};

/* Runs on the new segment, and catches errors, which must not cross to the old one. */
static void onsegment(void *ud)
{
	struct segment_call *call = ud;
	lua_State *L = call->L;
	lua_State *oldtrying = G(L)->trying;
	l_uint32 oldnCcalls = L->nCcalls;
	lua_longjmp lj = {
		.previous = L->errorJmp,
		.status = LUA_OK,
		.ci = call->ci,
		.segment = 1,
	};

	L->errorJmp = &lj;
	G(L)->trying = L;
	LUAI_TRY(L, &lj, call->f, call->ud);
	G(L)->trying = oldtrying;
	L->errorJmp = lj.previous;
	L->nCcalls = oldnCcalls;
	call->status = lj.status;
	call->tobase = lj.tobase;
}

/*
 * There are neither segments nor stack. The message handler may use the stack below the first threshold. If it gets
 * below the second one, that is an error in error handling.
 */
l_noinline void luaD_checkstackleft(lua_State *L)
{
	unsigned long left = lunatik_stackleft();

	if (left < LUNATIK_STACK_HANDLER) {
		/* Nothing needs the values in EXTRA_STACK any more. */
		if (L->top.p > L->stack_last.p)
			L->top.p = L->stack_last.p;
		luaD_errerr(L);
	} else if (left < LUNATIK_STACK_ERROR && !L->stackoverflow) {
		luaD_checkstack(L, 0);
		L->stackoverflow = 1;
		luaG_runerror(L, "C stack overflow");
	}
}

int luaD_onsegment(lua_State *L, Pfunc f, void *ud)
{
	struct segment_call call = {
		.L = L,
		.f = f,
		.ud = ud,
		/* An error is passed on to the next level. */
		.ci = (L->errorJmp != NULL) ? L->errorJmp->ci : NULL,
	};

	if (l_unlikely(!lunatik_hop(L, onsegment, &call))) {
		luaD_checkstackleft(L);
		return 0;
	}
	if (l_unlikely(call.tobase))
		luaD_throwbaselevel(L, call.status);
	if (l_unlikely(call.status != LUA_OK))
		luaD_throw(L, call.status);
	return 1;
}

l_noinline int luaD_rawonsegment(lua_State *L, Pfunc f, void *ud, CallInfo *ci,
				 volatile TStatus *status)
{
	lu_byte oldshelter = G(L)->shelter;
	struct segment_call call = { .L = L, .f = f, .ud = ud, .ci = ci };

	if (!lunatik_hop(L, onsegment, &call))
		return 0;
	if (call.status != LUA_OK || call.tobase)
		luaD_setshelter(G(L), oldshelter);
	if (call.tobase && L->errorJmp != NULL) /* Is this not the first level? */
		luaD_throwbaselevel(L, call.status);
	*status = call.status;
	return 1;
}

TStatus luaD_nostack(lua_State *L, ptrdiff_t old_top)
{
	setsvalue2s(L, L->top.p, G(L)->errerrmsg);
	L->top.p++; /* There is EXTRA_STACK. */
	luaD_seterrorobj(L, LUA_ERRERR, restorestack(L, old_top));
	return LUA_ERRERR;
}
