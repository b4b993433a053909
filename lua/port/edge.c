/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* States, and the operations that need only one call of Lua's API; see edge.h. */

#define LUA_CORE

#include <string.h>

#include "lua.h"

#include "lapi.h"
#include "ldo.h"
#include "lgc.h"
#include "lobject.h"
#include "lstate.h"
#include "lauxlib.h"
#include "lualib.h"

#include "collect.h"
#include "edge.h"
#include "operation.h"
#include "traceback.h"

/* The operands of all operations; each uses some. */
struct operands {
	int index;
	int number;
	size_t size;
	const char *text;
	void *result;
};

#define OPERANDS(ud) struct operands *operands = ud

/* Bits of the warning system's state. */
enum { WARNINGS_ON = 1, WARNING_BEGUN = 2 };

static void warn(void *ud, const char *message, int to_be_continued)
{
	lua_State *L = ud;
	unsigned int *state = &((struct lunatik_vm *)G(L)->ud)->warnings;

	if (!(*state & WARNING_BEGUN) && !to_be_continued && *message == '@') {
		if (strcmp(message, "@on") == 0)
			*state |= WARNINGS_ON;
		else if (strcmp(message, "@off") == 0)
			*state &= ~WARNINGS_ON;
		return;
	}
	if (*state & WARNINGS_ON) {
		if (!(*state & WARNING_BEGUN))
			lunatik_write(L, 2, "Lua warning: ", 13);
		lunatik_write(L, 2, message, strlen(message));
		if (!to_be_continued)
			lunatik_write(L, 2, "\n", 1);
	}
	if (to_be_continued)
		*state |= WARNING_BEGUN;
	else
		*state &= ~WARNING_BEGUN;
}

lua_State *lunatik_newstate(lua_Alloc allocate, void *vm, unsigned int seed)
{
	lua_State *L = lua_newstate(allocate, vm, seed);

	if (L != NULL)
		lua_setwarnf(L, warn, L);
	return L;
}

static void remove_field(lua_State *L, const char *library, const char *name)
{
	lua_getglobal(L, library);
	lua_pushnil(L);
	lua_setfield(L, -2, name);
	lua_pop(L, 1);
}

/* Removes the searchers for C libraries, which come after those for preloaded modules and for files. */
static void remove_searchers(lua_State *L)
{
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "searchers");
	lua_pushnil(L);
	lua_seti(L, -2, 3);
	lua_pushnil(L);
	lua_seti(L, -2, 4);
	lua_pop(L, 2);
}

static void open_libraries(lua_State *L, void *ud)
{
	(void)ud;
	luaL_openlibs(L);
	/* There is no process to exit, no shell, and no loader of C libraries. */
	remove_field(L, "os", "exit");
	remove_field(L, "os", "execute");
	remove_field(L, "io", "popen");
	remove_field(L, "package", "loadlib");
	remove_searchers(L);
	lunatik_forget_traceback(L);
}

int lunatik_openlibs(lua_State *L)
{
	return try_operation(L, open_libraries, NULL);
}

static void run_finalizers(lua_State *L, void *ud)
{
	(void)ud;
	luaC_callfinalizers(L);
}

void lunatik_run_finalizers(lua_State *L)
{
	/* Errors in finalizers become warnings; nobody receives errors in closing variables. */
	luaD_setshelter(G(L), 1);
	luaD_closeprotected(L, 1, LUA_OK);
	lua_settop(L, 0);
	try_operation(L, run_finalizers, NULL);
	lua_settop(L, 0);
	luaD_setshelter(G(L), 0);
}

void lunatik_close(lua_State *L)
{
	lua_close(L);
}

void **lunatik_permissions(lua_State *L)
{
	return lua_getextraspace(L);
}

struct lunatik_interruptible **lunatik_interruptible(lua_State *L)
{
	return &L->interruptible;
}

void *lunatik_userdata(lua_State *L)
{
	return G(L)->ud;
}

void lunatik_interrupt(lua_State *L, int bits)
{
	global_State *g = G(L);

	if (bits != 0) {
		__atomic_fetch_or(&g->interrupt, bits, __ATOMIC_SEQ_CST);
	} else {
		__atomic_store_n(&g->interrupt, 0, __ATOMIC_SEQ_CST);
		__atomic_store_n(&g->overlimit, 0, __ATOMIC_SEQ_CST);
	}
	__atomic_store_n(&g->attention, 1, __ATOMIC_SEQ_CST);
}

int lunatik_is_ended(lua_State *L)
{
	return luaD_ended(G(L));
}

void lunatik_over_limit(lua_State *L)
{
	global_State *g = G(L);

	if (g->interrupt != 0)
		return;
	__atomic_store_n(&g->overlimit, 1, __ATOMIC_SEQ_CST);
	lunatik_interrupt(L, LUNATIK_INTERRUPT);
}

void lunatik_look_up(lua_State *L)
{
	G(L)->attention = 1;
}

void lunatik_push_memory_error(lua_State *L)
{
	setsvalue2s(L, L->top.p, G(L)->memerrmsg);
	L->top.p++;
}

/* The value at an index that is no pseudo-index, or NULL. One look finds it, unlike the functions of the API. */
static const TValue *value_at(lua_State *L, int index)
{
	StkId at = index > 0 ? L->ci->func.p + index : L->top.p + index;

	return at > L->ci->func.p && at < L->top.p ? s2v(at) : NULL;
}

const char *lunatik_stringat(lua_State *L, int index, size_t *length)
{
	const TValue *value = value_at(L, index);

	if (!value || !ttisstring(value))
		return NULL;
	return getlstr(tsvalue(value), *length);
}

void *lunatik_blockat(lua_State *L, int index, size_t size)
{
	const TValue *value = value_at(L, index);

	if (!value || !ttisfulluserdata(value) || uvalue(value)->len != size)
		return NULL;
	return getudatamem(uvalue(value));
}

int lunatik_tonumberbits(lua_State *L, int index, unsigned long *bits)
{
	int is_number;
	lua_Number number = lua_tonumberx(L, index, &is_number);

	memcpy(bits, &number, sizeof(number));
	return is_number;
}

void lunatik_pushnumberbits(lua_State *L, unsigned long bits)
{
	lua_Number number;

	memcpy(&number, &bits, sizeof(number));
	lua_pushnumber(L, number);
}

int lunatik_tomilliseconds(lua_State *L, int index, unsigned int *milliseconds)
{
	int is_number;
	lua_Number number = lua_tonumberx(L, index, &is_number) * 1000;

	if (!(number > 0)) {
		*milliseconds = 0;
	} else if (number >= 4294967295.0) {
		*milliseconds = 4294967295u;
	} else {
		*milliseconds = (unsigned int)number;
		if ((lua_Number)*milliseconds < number)
			++*milliseconds;
	}
	return is_number;
}

void lunatik_pushseconds(lua_State *L, long long nanoseconds)
{
	lua_pushnumber(L, (lua_Number)nanoseconds / 1e9);
}

static void push_string(lua_State *L, void *ud)
{
	OPERANDS(ud);
	lua_pushlstring(L, operands->text, operands->size);
}

int lunatik_try_pushlstring(lua_State *L, const char *text, size_t length)
{
	struct operands operands = { .text = text, .size = length };

	return try_operation(L, push_string, &operands);
}

static void create_table(lua_State *L, void *ud)
{
	OPERANDS(ud);
	lua_createtable(L, operands->index, operands->number);
}

int lunatik_try_createtable(lua_State *L, int elements, int fields)
{
	struct operands operands = { .index = elements, .number = fields };

	return try_operation(L, create_table, &operands);
}

static void new_userdata(lua_State *L, void *ud)
{
	OPERANDS(ud);
	operands->result = lua_newuserdatauv(L, operands->size, operands->number);
}

int lunatik_try_newuserdata(lua_State *L, size_t size, int values, void **block)
{
	struct operands operands = { .size = size, .number = values };
	int status = try_operation(L, new_userdata, &operands);

	*block = operands.result;
	return status;
}

static void new_metatable(lua_State *L, void *ud)
{
	OPERANDS(ud);
	operands->number = luaL_newmetatable(L, operands->text);
}

int lunatik_try_newmetatable(lua_State *L, const char *name, int *fresh)
{
	struct operands operands = { .text = name };
	int status = try_operation(L, new_metatable, &operands);

	*fresh = operands.number;
	return status;
}

static void set_metatable(lua_State *L, void *ud)
{
	OPERANDS(ud);
	lua_setmetatable(L, operands->index);
}

int lunatik_try_setmetatable(lua_State *L, int index)
{
	struct operands operands = { .index = index };

	return try_operation(L, set_metatable, &operands);
}

static void set_field(lua_State *L, void *ud)
{
	OPERANDS(ud);
	/* Raw: move the value up to make room for its key. */
	lua_pushstring(L, operands->text);
	lua_insert(L, -2);
	lua_rawset(L, operands->index);
}

int lunatik_try_setfield(lua_State *L, int index, const char *name)
{
	struct operands operands = { .index = lua_absindex(L, index), .text = name };

	return try_operation(L, set_field, &operands);
}

static void get_field(lua_State *L, void *ud)
{
	OPERANDS(ud);
	lua_getfield(L, operands->index, operands->text);
}

int lunatik_try_getfield(lua_State *L, int index, const char *name)
{
	struct operands operands = { .index = lua_absindex(L, index), .text = name };

	return try_operation(L, get_field, &operands);
}

static void raw_set(lua_State *L, void *ud)
{
	OPERANDS(ud);
	lua_rawset(L, operands->index);
}

int lunatik_try_rawset(lua_State *L, int index)
{
	struct operands operands = { .index = index };

	return try_operation(L, raw_set, &operands);
}

static void next_pair(lua_State *L, void *ud)
{
	OPERANDS(ud);
	operands->number = lua_next(L, operands->index);
}

int lunatik_try_next(lua_State *L, int index, int *more)
{
	struct operands operands = { .index = index };
	int status = try_operation(L, next_pair, &operands);

	*more = operands.number;
	return status;
}

static void make_reference(lua_State *L, void *ud)
{
	OPERANDS(ud);
	operands->number = luaL_ref(L, LUA_REGISTRYINDEX);
}

int lunatik_try_ref(lua_State *L, int *reference)
{
	struct operands operands = { 0 };
	int status = try_operation(L, make_reference, &operands);

	*reference = operands.number;
	return status;
}

static void push_text(lua_State *L, void *ud)
{
	OPERANDS(ud);
	luaL_tolstring(L, operands->index, NULL);
}

int lunatik_try_tolstring(lua_State *L, int index)
{
	struct operands operands = { .index = index };

	return try_operation(L, push_text, &operands);
}

int lunatik_try_load(lua_State *L, const char *text, size_t length, const char *name)
{
	/* luaL_loadbufferx protects itself; before that it needs only its own stack. */
	return luaL_loadbufferx(L, text, length, name, "t");
}
