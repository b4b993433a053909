/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Samples for profiles: the calls of the code that runs, as one line. Only the thread that executes the state can read
 * its calls, so it takes the sample itself where it attends. It changes nothing that the code can see: it neither uses
 * Lua's stack nor allocates, raises or collects.
 */

#define LUA_CORE

#include <stdio.h>
#include <string.h>

#include "lua.h"

#include "lauxlib.h"
#include "ldebug.h"
#include "ldo.h"
#include "lobject.h"
#include "lopcodes.h"
#include "lstate.h"
#include "ltable.h"

#include "edge.h"

/* The most calls of a sample, the innermost ones. */
#define MOST_CALLS 127

/* The most instructions, and nodes of tables, that one sample reads to find names: some 100 microseconds. */
#define MOST_STEPS 65536

/* The longest name of a function. */
#define MOST_NAME 48

/* The longest text of a call. */
#define MOST_FRAME (MOST_NAME + LUA_IDSIZE + 32)

/* A line that is written from its end, because the innermost call is found first. */
struct line {
	char *begin;
	/* The first byte that is written. */
	char *first;
	unsigned int calls;
	/* What is left of MOST_STEPS. */
	long steps;
};

/* Writes a call, with what separates it from the one that it has made. Returns whether there was room. */
static int prepend(struct line *line, const char *frame)
{
	size_t length = strlen(frame);
	int separates = line->calls > 0;

	if (line->calls >= MOST_CALLS || (size_t)(line->first - line->begin) < length + (size_t)separates)
		return 0;
	line->calls++;
	if (separates)
		*--line->first = ';';
	line->first -= length;
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)frame[i];

		/* Scripts choose names. These bytes would end the call, or the line. */
		line->first[i] = byte == ';' || byte < ' ' || byte == 127 ? '?' : frame[i];
	}
	return 1;
}

/* The name by which a call was made, or NULL. To find it, all instructions before that are read. */
static const char *name_of_call(lua_State *L, CallInfo *ci, struct line *line)
{
	if (ci->callstatus & CIST_TAIL)
		return NULL;
	ci = ci->previous;
	if (isLua(ci)) {
		line->steps -= pcRel(ci->u.l.savedpc, ci_func(ci)->p) + 1;
		if (line->steps < 0)
			return NULL;
	}
	return luaG_callname(L, ci);
}

static int is_same_function(const TValue *a, const TValue *b)
{
	if (ttypetag(a) != ttypetag(b))
		return 0;
	return ttislcf(a) ? fvalue(a) == fvalue(b) : ttisfunction(a) && gcvalue(a) == gcvalue(b);
}

/* The next node of a table that has a value and a short string as its key, from `*index` on; NULL after the last. */
static const Node *next_named(const Table *table, unsigned int *index, struct line *line)
{
	while (*index < sizenode(table)) {
		const Node *node = gnode(table, *index);

		++*index;
		if (--line->steps < 0)
			return NULL;
		if (keyisshrstr(node) && !isempty(gval(node)))
			return node;
	}
	return NULL;
}

static const Table *table_called(const Table *in, const char *name, struct line *line)
{
	unsigned int index = 0;
	const Node *node;

	while ((node = next_named(in, &index, line)) != NULL)
		if (strcmp(getshrstr(keystrval(node)), name) == 0)
			return ttistable(gval(node)) ? hvalue(gval(node)) : NULL;
	return NULL;
}

/* Writes the name of a function as a script writes it, "string.rep". Returns 0 if it is in no table of a module. */
static int name_in_modules(lua_State *L, const TValue *function, char *name, struct line *line)
{
	const Table *loaded = table_called(hvalue(&G(L)->l_registry), LUA_LOADED_TABLE, line);
	unsigned int module_index = 0;
	const Node *module, *field;

	if (loaded == NULL)
		return 0;
	while ((module = next_named(loaded, &module_index, line)) != NULL) {
		const char *prefix = getshrstr(keystrval(module));
		unsigned int index = 0;

		if (!ttistable(gval(module)))
			continue;
		while ((field = next_named(hvalue(gval(module)), &index, line)) != NULL) {
			if (!is_same_function(gval(field), function))
				continue;
			if (strcmp(prefix, LUA_GNAME) == 0)
				snprintf(name, MOST_NAME, "%s", getshrstr(keystrval(field)));
			else
				snprintf(name, MOST_NAME, "%s.%s", prefix, getshrstr(keystrval(field)));
			return 1;
		}
	}
	return 0;
}

/* A C function is called as the code calls it, because nothing more may be known of it when it has returned. */
static int prepend_c(lua_State *L, const char *called, const TValue *function, struct line *line)
{
	char frame[MOST_FRAME];
	char name[MOST_NAME] = "?";

	if (called != NULL)
		snprintf(name, sizeof(name), "%.*s", MOST_NAME - 1, called);
	else if (function != NULL)
		name_in_modules(L, function, name, line);
	snprintf(frame, sizeof(frame), "%s [C]", name);
	return prepend(line, frame);
}

static int prepend_lua(const char *called, const Proto *p, struct line *line)
{
	char frame[MOST_FRAME];
	char source[LUA_IDSIZE] = "?";

	if (p->source != NULL)
		luaO_chunkid(source, getstr(p->source), tsslen(p->source));
	if (p->linedefined == 0)
		snprintf(frame, sizeof(frame), "main chunk %s", source);
	else
		snprintf(frame, sizeof(frame), "%.*s %s:%d", MOST_NAME - 1,
			 called != NULL ? called : "function", source, p->linedefined);
	return prepend(line, frame);
}

static int prepend_call(lua_State *L, CallInfo *ci, struct line *line)
{
	const TValue *function = s2v(ci->func.p);
	const char *called = name_of_call(L, ci, line);

	if (isLua(ci))
		return prepend_lua(called, clLvalue(function)->p, line);
	return prepend_c(L, called, function, line);
}

/*
 * Most C functions end before they attend. The interrupt that comes meanwhile is noticed at the instruction after the
 * call. Then the last call that this code has made is still in its list, and its name in the code.
 */
static int prepend_returned(lua_State *L, CallInfo *ci, struct line *line)
{
	const CallInfo *last = ci->next;
	const Instruction *pc = ci->u.l.savedpc - 1;
	const char *called;
	OpCode op;

	if (last == NULL || isLua(last) || pc == ci_func(ci)->p->code)
		return 1;
	op = GET_OPCODE(pc[-1]);
	if (op != OP_CALL && op != OP_TFORCALL)
		return 1;
	line->steps -= pc - ci_func(ci)->p->code;
	if (line->steps < 0)
		return 1;
	/* The name is that of the instruction before the saved one. */
	ci->u.l.savedpc = pc;
	called = luaG_callname(L, ci);
	ci->u.l.savedpc = pc + 1;
	return prepend_c(L, called, NULL, line);
}

size_t lunatik_sample(lua_State *L, int at_instruction, char *text, size_t size, int *is_cut)
{
	struct line line = {
		.begin = text,
		.first = text + size,
		.calls = 0,
		.steps = MOST_STEPS,
	};
	size_t length;
	int fits = 1;

	if (at_instruction && isLuacode(L->ci))
		fits = prepend_returned(L, L->ci, &line);
	/* The thread that runs, and the threads that have resumed it. */
	for (lua_State *thread = L; fits && thread != NULL; thread = thread->resumer)
		for (CallInfo *ci = thread->ci; fits && ci != &thread->base_ci; ci = ci->previous)
			fits = prepend_call(thread, ci, &line);
	*is_cut = !fits;
	length = (size_t)(text + size - line.first);
	memmove(text, line.first, length);
	return length;
}

void luaD_sample(lua_State *L, int at_instruction)
{
	/* If there is too little stack, or the code must not sleep, it is asked again. */
	if (lunatik_vm_is_sampled(G(L)->ud) && lunatik_may_sleep(L) &&
	    lunatik_stackleft() >= LUNATIK_STACK_HANDLER)
		lunatik_vm_sample(L, at_instruction);
}
