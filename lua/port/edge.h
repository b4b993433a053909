/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The edge between Lua and Rust.
 *
 * A function called lunatik_try_* runs one operation of Lua's API that may raise
 * under luaD_pcall. It returns 0, or a status with the error value on top of the
 * stack; below it lies what lay there before, the operands included. All of them
 * are for the thread that executes the VM, in a context that may sleep.
 */
#ifndef LUNATIK_EDGE_H
#define LUNATIK_EDGE_H

#include <stddef.h>

#include "lunatik_vm.h"

#include "lua.h"
#include "lauxlib.h"

/*
 * What a function of Rust returns to the trampoline instead of a number of
 * results: the value on top of the stack is to be raised; the same, with the place
 * of the caller in front; the program leaves its thread, and the function is called
 * again when it is back; it is the text of an error about an argument, whose number is
 * subtracted.
 */
enum {
	LUNATIK_RAISE = -1,
	LUNATIK_RAISE_WHERE = -2,
	LUNATIK_PARK = -3,
	LUNATIK_RAISE_ARGUMENT = -1000,
};

/* A function of Rust. It owns nothing any more when it returns. */
typedef int (*lunatik_function)(lua_State *L);

/* Creates a state, or returns NULL if there is no memory. */
lua_State *lunatik_newstate(lua_Alloc allocate, void *vm, unsigned int seed);
/* Opens all libraries but what makes no sense in a kernel. */
int lunatik_openlibs(lua_State *L);
/* Closes a state: runs what finalizers are left and frees everything. Never raises. */
void lunatik_close(lua_State *L);
/*
 * The bytes that copies of all short strings of a state take; and makes these copies in a block of
 * that size, aligned for a pointer, for the states that are made from now on. The block must be left alone until
 * lunatik_unshare_strings() is called, when there is no state any more. Never raise.
 */
size_t lunatik_shared_strings_size(lua_State *L);
void lunatik_share_strings(lua_State *L, void *block);
void lunatik_unshare_strings(void);
/*
 * With shared strings: has the next state that opens its libraries note its tables of functions in a
 * block of that size, aligned for a pointer; has all later states copy them; and ends both. No other state may be
 * made meanwhile.
 */
size_t lunatik_shared_functions_size(void);
void lunatik_note_shared_functions(void *block);
void lunatik_share_functions(void);
void lunatik_unshare_functions(void);
/* Closes pending variables of the main thread and runs all finalizers. Never raises. */
void lunatik_run_finalizers(lua_State *L);

/* Where a thread's permissions are; the module's Rust code puts them there. Never raises. */
void **lunatik_permissions(lua_State *L);
/* Whether a thread has a permission, for a value if it is not null. Never raises. */
int lunatik_permitted(lua_State *L, int permission, const char *value);
/* Has the functions of Lua's libraries ask for permission. May raise. */
void lunatik_guard_libraries(lua_State *L);
/* The VM. Never raises. */
void *lunatik_userdata(lua_State *L);
/*
 * Makes the Lua code that runs in the VM end, uncatchably: all but closing methods and
 * finalizers, which may tidy up, or really all. With 0, takes that back. From any CPU and
 * any context, while the state lives.
 */
enum { LUNATIK_INTERRUPT = 1, LUNATIK_INTERRUPT_ALL = 3 };
void lunatik_interrupt(lua_State *L, int bits);
/* Whether the calling code is to end. For the thread that executes the VM. */
int lunatik_is_ended(lua_State *L);
/* As LUNATIK_INTERRUPT, because the code is over its limit of CPU time; so says the error. */
void lunatik_over_limit(lua_State *L);
/* Makes the Lua code look up, and so give way to other threads. Likewise. */
void lunatik_look_up(lua_State *L);

/* Where a thread's record of interrupts is; the module's Rust code puts it there. Never raises. */
struct lunatik_interruptible **lunatik_interruptible(lua_State *L);
/*
 * Takes a thread and a function or nil off the stack, and makes that the thread's handler.
 * Other than the rest, it leaves only the error when it fails.
 */
int lunatik_try_set_handler(lua_State *L);

/* Takes bytes of a function. Returns 0, or something else to be given none any more. */
typedef int (*lunatik_writer)(void *argument, const void *bytes, size_t length);
/*
 * Writes the Lua function on top of the stack, with what debuggers need. Its upvalues stay
 * behind. *status is what the writer has returned last.
 */
int lunatik_try_dump(lua_State *L, lunatik_writer writer, void *argument, int *status);
/*
 * Pushes the function that was written by lunatik_try_dump(), and nobody else. Its first upvalue
 * is the table of globals, the others are nil.
 */
int lunatik_try_undump(lua_State *L, const char *bytes, size_t length);

/* Milliseconds for a number of seconds, rounded up. Returns 0 for no number. Never raises. */
int lunatik_tomilliseconds(lua_State *L, int index, unsigned int *milliseconds);
/* Pushes nanoseconds as a number of seconds. */
void lunatik_pushseconds(lua_State *L, long long nanoseconds);

/* Pushes "not enough memory", without memory. */
void lunatik_push_memory_error(lua_State *L);
/* Floats by their bits: Rust cannot hold a double. The first returns 0 for no number. */
int lunatik_tonumberbits(lua_State *L, int index, unsigned long *bits);
void lunatik_pushnumberbits(lua_State *L, unsigned long bits);
/* Pushes the traceback of the last failed lunatik_try_call, or false. Never raises. */
void lunatik_push_traceback(lua_State *L);

int lunatik_try_pushlstring(lua_State *L, const char *text, size_t length);
int lunatik_try_createtable(lua_State *L, int elements, int fields);
int lunatik_try_newuserdata(lua_State *L, size_t size, int values, void **block);
/* Pushes the registered metatable of that name; *fresh says whether it was just made. */
int lunatik_try_newmetatable(lua_State *L, const char *name, int *fresh);
int lunatik_try_setmetatable(lua_State *L, int index);
int lunatik_try_setfield(lua_State *L, int index, const char *name);
int lunatik_try_getfield(lua_State *L, int index, const char *name);
int lunatik_try_rawset(lua_State *L, int index);
int lunatik_try_next(lua_State *L, int index, int *more);
int lunatik_try_ref(lua_State *L, int *reference);
int lunatik_try_tolstring(lua_State *L, int index);
/* Text chunks only. */
int lunatik_try_load(lua_State *L, const char *text, size_t length, const char *name);
/* Keeps a traceback where the called function raises. */
int lunatik_try_call(lua_State *L, int arguments, int results);
/* A closure over the 'upvalues' top values that calls the function through the trampoline. */
/* A function of Rust, and what it is called. */
struct lunatik_named_function {
	const char *name;
	lunatik_function function;
};

/* table[name] = function for each of them, without metamethods. */
int lunatik_try_setrustfunctions(lua_State *L, int index,
				 const struct lunatik_named_function *functions, size_t count);
int lunatik_try_pushrustfunction(lua_State *L, lunatik_function function, int upvalues);

#endif
