/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Finds everything in a VM that C code has made and that a script could get. For tests, which call and pass objects
 * that they could never find by name.
 */

#define LUA_CORE

#include "lua.h"

#include "lapi.h"
#include "lauxlib.h"
#include "lfunc.h"
#include "lgc.h"
#include "lobject.h"
#include "lstate.h"
#include "ltable.h"

#include "edge.h"
#include "operation.h"

/* Notes C functions, userdata and coroutines as keys of the table. */
static void note(lua_State *L, Table *found, const TValue *value)
{
	TValue yes;

	if (!ttislcf(value) && !ttisCclosure(value) && !ttisfulluserdata(value) && !ttisthread(value))
		return;
	setbtvalue(&yes);
	luaH_set(L, found, value, &yes);
	luaC_barrierback(L, obj2gco(found), value);
}

static void note_table(lua_State *L, Table *found, Table *table)
{
	for (unsigned int i = 0; i < table->asize; i++) {
		lu_byte tag = *getArrTag(table, i);
		TValue value;

		if (tagisempty(tag))
			continue;
		farr2val(table, i, tag, &value);
		note(L, found, &value);
	}
	for (unsigned int i = 0; i < sizenode(table); i++) {
		Node *node = gnode(table, i);
		TValue key;

		if (isempty(gval(node)))
			continue;
		getnodekey(L, &key, node);
		note(L, found, &key);
		note(L, found, gval(node));
	}
}

static void note_stack(lua_State *L, Table *found, lua_State *thread)
{
	if (thread->stack.p == NULL)
		return;
	for (StkId slot = thread->stack.p; slot < thread->top.p; slot++)
		note(L, found, s2v(slot));
}

static void note_object(lua_State *L, Table *found, GCObject *object)
{
	TValue value;

	if (object == obj2gco(found) || isdead(G(L), object))
		return;
	switch (object->tt) {
	case LUA_VTABLE:
		note_table(L, found, gco2t(object));
		break;
	case LUA_VCCL:
		setclCvalue(L, &value, gco2ccl(object));
		note(L, found, &value);
		for (int i = 0; i < gco2ccl(object)->nupvalues; i++)
			note(L, found, &gco2ccl(object)->upvalue[i]);
		break;
	case LUA_VUPVAL:
		note(L, found, gco2upv(object)->v.p);
		break;
	case LUA_VUSERDATA:
		setuvalue(L, &value, gco2u(object));
		note(L, found, &value);
		for (int i = 0; i < gco2u(object)->nuvalue; i++)
			note(L, found, &gco2u(object)->uv[i].uv);
		break;
	case LUA_VTHREAD:
		setthvalue(L, &value, gco2th(object));
		note(L, found, &value);
		note_stack(L, found, gco2th(object));
		break;
	default:
		break;
	}
}

static void walk_heap(lua_State *L, void *ud)
{
	global_State *g = G(L);
	GCObject *const lists[] = { g->allgc, g->finobj, g->tobefnz, g->fixedgc };
	Table *found;

	(void)ud;
	lua_newtable(L);
	found = hvalue(s2v(L->top.p - 1));
	for (unsigned int i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (GCObject *object = lists[i]; object != NULL; object = object->next)
			note_object(L, found, object);
	note_stack(L, found, mainthread(g));
}

int lunatik_try_walk_heap(lua_State *L)
{
	global_State *g = G(L);
	lu_byte stopped = g->gcstp, emergencies = g->gcstopem;
	int status;

	/* The lists must not change meanwhile. */
	g->gcstp |= GCSTPGC;
	g->gcstopem = 1;
	status = try_operation(L, walk_heap, NULL);
	g->gcstp = stopped;
	g->gcstopem = emergencies;
	return status;
}
