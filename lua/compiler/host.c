/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The functions that Lua needs from the kernel, for the compiler of lua/lib/. The compiler runs no Lua code, so
 * most of them are never called.
 */

#include <stdlib.h>
#include <string.h>

#include "lua.h"

const void *lunatik_hidden_address(const void *address)
{
	return address;
}

unsigned int lunatik_random_seed(void)
{
	return 1;
}

/* There is one stack. */
int lunatik_hop(lua_State *L, void (*function)(void *), void *argument)
{
	(void)L;
	(void)function;
	(void)argument;
	return 0;
}

int lunatik_slice_is_over(void *vm)
{
	(void)vm;
	return 0;
}

int lunatik_vm_is_traced(void *vm)
{
	(void)vm;
	return 0;
}

void lunatik_vm_traced(void *vm, const char *text, size_t length)
{
	(void)vm;
	(void)text;
	(void)length;
}

void lunatik_vm_give_way(void *vm)
{
	(void)vm;
}

void lunatik_end_first(void)
{
}

void lunatik_tell_traceback(lua_State *L)
{
	(void)L;
}

void luaD_sample(lua_State *L, int at_instruction)
{
	(void)L;
	(void)at_instruction;
}

void lunatik_limit_traceback(lua_State *L)
{
	(void)L;
}

int lunatik_bytecode_allowed_in(lua_State *L)
{
	(void)L;
	return 0;
}

void lunatik_thread_made(lua_State *creator, lua_State *thread)
{
	(void)creator;
	(void)thread;
}

void lunatik_thread_freed(lua_State *thread)
{
	(void)thread;
}

void lunatik_state_closed(lua_State *main)
{
	(void)main;
}

struct TString *lunatik_find_shared_string(const char *text, size_t length)
{
	(void)text;
	(void)length;
	return NULL;
}

/* For handlers of interrupts, which do not exist here. */
void luaL_checkstack(lua_State *L, int room, const char *message)
{
	(void)message;
	lua_checkstack(L, room);
}
