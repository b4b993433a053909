/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Reads whole tables and pushes whole messages. Otherwise each value would take a call of Lua's API, and each that
 * needs memory a protected call. These calls would be most of the cost of a message.
 */

#define LUA_CORE

#include <limits.h>
#include <string.h>

#include "lua.h"

#include "lapi.h"
#include "ldo.h"
#include "lgc.h"
#include "lmem.h"
#include "lobject.h"
#include "lstate.h"
#include "ltable.h"
#include "ltm.h"

#include "edge.h"
#include "operation.h"

/* The number of empty slots of a table that are skipped in one step. */
#define STEP ((unsigned int)4096)

static inline __attribute__((always_inline)) void read_value(const TValue *from, struct lunatik_value *to)
{
	switch (ttypetag(from)) {
	case LUA_VNIL:
		to->kind = LUNATIK_NIL;
		break;
	case LUA_VFALSE:
	case LUA_VTRUE:
		to->kind = LUNATIK_BOOLEAN;
		to->bits = ttistrue(from);
		break;
	case LUA_VNUMINT:
		to->kind = LUNATIK_INTEGER;
		to->bits = (unsigned long)ivalue(from);
		break;
	case LUA_VNUMFLT:
		to->kind = LUNATIK_FLOAT;
		/* As bits, so that no NaN changes. */
		memcpy(&to->bits, &val_(from).n, sizeof(to->bits));
		break;
	case LUA_VSHRSTR:
	case LUA_VLNGSTR: {
		size_t length;

		to->kind = LUNATIK_STRING;
		to->pointer = getlstr(tsvalue(from), length);
		to->bits = length;
		break;
	}
	case LUA_VTABLE:
		to->kind = LUNATIK_TABLE;
		to->pointer = hvalue(from);
		break;
	case LUA_VUSERDATA:
		to->kind = LUNATIK_USERDATA;
		break;
	default:
		to->kind = LUNATIK_OTHER;
		break;
	}
}

void lunatik_read_value(lua_State *L, int index, struct lunatik_value *value)
{
	StkId slot = L->ci->func.p + index;

	if (slot < L->top.p)
		read_value(s2v(slot), value);
	else
		value->kind = LUNATIK_NIL;
}

/* Copies the key and the value in a slot of a table, and returns whether there is one. */
static int take_pair(lua_State *L, Table *table, unsigned int slot, TValue *key, TValue *value)
{
	Node *node;

	if (slot < table->asize) {
		lu_byte tag = *getArrTag(table, slot);

		if (tagisempty(tag))
			return 0;
		setivalue(key, (lua_Integer)slot + 1);
		farr2val(table, slot, tag, value);
		return 1;
	}
	node = gnode(table, slot - table->asize);
	if (isempty(gval(node)))
		return 0;
	getnodekey(L, key, node);
	setobj(L, value, gval(node));
	return 1;
}

int lunatik_read_pair(lua_State *L, const void *table, unsigned int *cursor,
		      struct lunatik_value *key, struct lunatik_value *value)
{
	Table *t = (Table *)table;
	size_t slots = (size_t)t->asize + allocsizenode(t);
	unsigned int slot = *cursor, steps;

	for (steps = 0; slot < slots; steps++) {
		TValue k, v;

		if (steps == STEP) {
			*cursor = slot;
			return LUNATIK_PAIR_LATER;
		}
		if (take_pair(L, t, slot++, &k, &v)) {
			read_value(&k, key);
			read_value(&v, value);
			*cursor = slot;
			return LUNATIK_PAIR;
		}
	}
	return LUNATIK_PAIR_NONE;
}

void lunatik_push_pair(lua_State *L, const void *table, unsigned int cursor)
{
	TValue key, value;

	if (!take_pair(L, (Table *)table, cursor - 1, &key, &value)) {
		setnilvalue(&key);
		setnilvalue(&value);
	}
	setobj2s(L, L->top.p, &key);
	setobj2s(L, L->top.p + 1, &value);
	L->top.p += 2;
}

int lunatik_has_pairs(const void *table)
{
	static const char name[] = "__pairs";
	const size_t length = sizeof(name) - 1;
	Table *metatable = ((const Table *)table)->metatable;
	TString *shared;

	if (l_likely(metatable == NULL))
		return 0;
	shared = lunatik_shared_pairs();
	if (l_likely(shared != NULL))
		return !isempty(luaH_Hgetshortstr(metatable, shared));
	/* No strings are shared. To make the string could take memory. */
	for (unsigned int i = 0; i < sizenode(metatable); i++) {
		Node *node = gnode(metatable, i);

		if (!isempty(gval(node)) && keyisshrstr(node) &&
		    (size_t)keystrval(node)->shrlen == length &&
		    memcmp(getshrstr(keystrval(node)), name, length) == 0)
			return 1;
	}
	return 0;
}

struct pushing {
	lunatik_source source;
	void *argument;
	int values;
	int tables;
};

/* Slots for a table, a key, a value, and the functions that are called. */
#define SLOTS (LUA_MINSTACK / 2)

static void make_room(lua_State *L, int slots)
{
	if (!lua_checkstack(L, slots))
		luaM_error(L);
}

/* t[k] = v, with all three on top of the stack; the last two are dropped. */
static void set_pair(lua_State *L)
{
	Table *table = hvalue(s2v(L->top.p - 3));

	TValue *key = s2v(L->top.p - 2), *value = s2v(L->top.p - 1);

	/* It is new, and nobody has given it a metatable. */
	if (ttisinteger(key)) {
		int set;

		luaH_fastseti(table, ivalue(key), value, set);
		if (set != HOK)
			luaH_finishset(L, table, key, value, set);
	} else {
		luaH_set(L, table, key, value);
	}
	luaC_barrierback(L, obj2gco(table), value);
	L->top.p -= 2;
}

static void push_values(lua_State *L, void *ud)
{
	const struct pushing *pushing = ud;
	struct lunatik_value value;
	/* Counts the pushed values, to poll from time to time. */
	unsigned int count = 0;
	int list = 0, number = 0;

	if (pushing->values > INT_MAX - SLOTS)
		luaM_error(L);
	make_room(L, pushing->values + SLOTS);
	if (pushing->tables > 0) {
		/* Tables by their number, for references. It goes away at the end. */
		lua_createtable(L, pushing->tables, 0);
		list = lua_gettop(L);
	}
	for (;;) {
		int given = pushing->source(pushing->argument, L, &value);

		if (given == LUNATIK_NO_VALUE)
			break;
		switch (value.kind) {
		case LUNATIK_NIL:
			setnilvalue(s2v(L->top.p));
			api_incr_top(L);
			break;
		case LUNATIK_BOOLEAN:
			if (value.bits)
				setbtvalue(s2v(L->top.p));
			else
				setbfvalue(s2v(L->top.p));
			api_incr_top(L);
			break;
		case LUNATIK_INTEGER:
			setivalue(s2v(L->top.p), (lua_Integer)value.bits);
			api_incr_top(L);
			break;
		case LUNATIK_FLOAT:
			lunatik_pushnumberbits(L, value.bits);
			break;
		case LUNATIK_STRING:
			lua_pushlstring(L, value.pointer, value.bits);
			break;
		case LUNATIK_TABLE:
			make_room(L, SLOTS);
			lua_createtable(L, (int)value.bits, value.fields);
			if (list != 0) {
				lua_pushvalue(L, -1);
				lua_rawseti(L, list, ++number);
			}
			break;
		case LUNATIK_REFERENCE:
			lua_rawgeti(L, list, (lua_Integer)value.bits + 1);
			break;
		default:
			/* The end of a table, which is on top of the stack, or a value that the source has pushed. */
			break;
		}
		if (given == LUNATIK_LAST_OF_PAIR)
			set_pair(L);
		/* Values may be new objects: 256 of them take some ten microseconds. */
		if (++count % 256 == 0)
			lunatik_poll(L);
	}
	if (list != 0)
		lua_remove(L, list);
}

int lunatik_try_push_values(lua_State *L, lunatik_source source, void *argument, int values,
			    int tables)
{
	struct pushing pushing = {
		.source = source,
		.argument = argument,
		.values = values,
		.tables = tables,
	};

	return try_operation(L, push_values, &pushing);
}
