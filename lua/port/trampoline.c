/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Calls Rust functions from Lua. They raise nothing: the trampoline raises for them. */

#define LUA_CORE

#include <string.h>

#include "lua.h"

#include "ldebug.h"
#include "ldo.h"
#include "lobject.h"
#include "lstate.h"
#include "lauxlib.h"

#include "edge.h"
#include "operation.h"

static int trampoline(lua_State *L);

/* The program is back: the function may now find what it waits for. */
static int call_again(lua_State *L, int status, lua_KContext context)
{
	(void)status;
	(void)context;
	((struct lunatik_vm *)G(L)->ud)->waits_on = 1;
	return trampoline(L);
}

/* The coroutine was resumed: it is below what it was resumed with. */
static int resumed(lua_State *L, int status, lua_KContext context)
{
	(void)status;
	(void)context;
	return lua_gettop(L) - 1;
}

struct rust_call {
	lunatik_function function;
	int result;
};

static void call_here(lua_State *L, void *ud)
{
	struct rust_call *call = ud;

	call->result = call->function(L);
}

/*
 * If the stack is low, calls on another segment: a Rust function may need more stack than C code from one check to
 * the next.
 */
static l_noinline int call_on_segment(lua_State *L, lunatik_function function)
{
	struct rust_call call = { .function = function };

	if (!luaD_onsegment(L, call_here, &call))
		luaL_error(L, "C stack overflow");
	return call.result;
}

/*
 * Calls a function on this stack, because the code must not wait for a segment. The functions that are allowed there
 * need little stack and call no Lua code.
 */
static l_noinline int call_in_place(lua_State *L, lunatik_function function)
{
	if (lunatik_stackleft() < LUNATIK_STACK_ERROR)
		luaL_error(L, "C stack overflow");
	return function(L);
}

/* The level of the code that has called the running function: functions of the library of actors have callers, too. */
static int calling_level(lua_State *L)
{
	static const char library[] = "=[lib internal.actor";
	lua_Debug debug;
	int level = 1;

	while (lua_getstack(L, level, &debug)) {
		lua_getinfo(L, "S", &debug);
		if (strncmp(debug.source, library, sizeof(library) - 1) != 0)
			break;
		level++;
	}
	return level;
}

/* Calls a Rust function, and raises for it when its frames are gone. */
static int trampoline(lua_State *L)
{
	/* Only push_rust_function() and its like make closures of this function. */
	const CClosure *closure = clCvalue(s2v(L->ci->func.p));
	lunatik_function function = (lunatik_function)pvalue(&closure->upvalue[0]);
	int arguments = lua_gettop(L);
	int result;

	if (l_likely(lunatik_stackleft() >= LUNATIK_STACK_RUST))
		result = function(L);
	else if (l_unlikely(!lunatik_may_sleep(L)))
		result = call_in_place(L, function);
	else
		result = call_on_segment(L, function);

	((struct lunatik_vm *)G(L)->ud)->waits_on = 0;
	if (result == LUNATIK_PARK) {
		lua_settop(L, arguments);
		return luaD_leave(L, call_again);
	}
	if (result == LUNATIK_SUSPEND) {
		lua_settop(L, 1);
		return luaD_leaveto(L, lua_tothread(L, 1), resumed);
	}
	/*
	 * An interrupt that came while the function waited, or that the function itself has caused, must fire right
	 * here.
	 */
	luaG_notice(L);
	/* So does a sample: the time was that of this function. */
	if (l_unlikely(G(L)->attention))
		luaD_sample(L, 0);
	if (result >= 0)
		return result;
	if (result <= LUNATIK_RAISE_ARGUMENT)
		return luaL_argerror(L, LUNATIK_RAISE_ARGUMENT - result, lua_tostring(L, -1));
	if (result == LUNATIK_RAISE_CONTEXT)
		return lunatik_raise_context(L);
	if (result == LUNATIK_RAISE_WHERE) {
		luaL_where(L, calling_level(L));
		lua_insert(L, -2);
		lua_concat(L, 2);
	}
	return lua_error(L);
}

struct closure {
	lunatik_function function;
	int upvalues;
};

static void push_rust_function(lua_State *L, void *ud)
{
	const struct closure *closure = ud;

	lua_pushlightuserdata(L, (void *)closure->function);
	lua_insert(L, -1 - closure->upvalues);
	lua_pushcclosure(L, trampoline, closure->upvalues + 1);
}

int lunatik_try_pushrustfunction(lua_State *L, lunatik_function function, int upvalues)
{
	struct closure closure = { .function = function, .upvalues = upvalues };

	return try_operation(L, push_rust_function, &closure);
}

struct fields {
	int table;
	const struct lunatik_named_function *functions;
	size_t count;
};

static void set_rust_functions(lua_State *L, void *ud)
{
	const struct fields *fields = ud;
	const struct lunatik_named_function *named = fields->functions;

	for (size_t i = 0; i < fields->count; i++) {
		lua_pushstring(L, named[i].name);
		lua_pushlightuserdata(L, (void *)named[i].function);
		lua_pushcclosure(L, trampoline, 1);
		lua_rawset(L, fields->table);
	}
}

/*
 * For functions that measure the stack: they run on the stack that they are called on. They need little of it, and
 * neither raise nor wait.
 */
static int measure(lua_State *L)
{
	lunatik_function function =
		(lunatik_function)lua_touserdata(L, lua_upvalueindex(1));

	return function(L);
}

static void push_measuring_function(lua_State *L, void *ud)
{
	lua_pushlightuserdata(L, ud);
	lua_pushcclosure(L, measure, 1);
}

int lunatik_try_pushmeasuringfunction(lua_State *L, lunatik_function function)
{
	return try_operation(L, push_measuring_function, (void *)function);
}

int lunatik_try_setrustfunctions(lua_State *L, int index,
				 const struct lunatik_named_function *functions, size_t count)
{
	struct fields fields = {
		.table = lua_absindex(L, index),
		.functions = functions,
		.count = count,
	};

	return try_operation(L, set_rust_functions, &fields);
}

const char *lunatik_caller_file(lua_State *L)
{
	/* The most levels between pcall, require and similar functions. */
	enum { LEVELS = 32 };
	lua_Debug debug;

	for (int level = 1; level < LEVELS && lua_getstack(L, level, &debug); level++) {
		lua_getinfo(L, "S", &debug);
		if (*debug.source == '@')
			return debug.source + 1;
	}
	return NULL;
}
