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
/*
 * The modules of lua/lib/. The first pushes the main function of each, from the next index on. With these still there,
 * and with shared strings: the bytes that images of all their functions take; and makes them in a block of that size,
 * aligned for a pointer, for the states that are made from now on. The block must be left alone until lunatik_unshare_code()
 * is called, when there is no state any more. All but the first never raise.
 */
int lunatik_try_load_libraries(lua_State *L);
size_t lunatik_shared_code_size(lua_State *L, int first);
void lunatik_share_code(lua_State *L, int first, void *block);
void lunatik_unshare_code(void);
/* table[name] = what opens it, for each; with 'testing' also for those of the tests. */
int lunatik_try_preload_libraries(lua_State *L, int index, int testing);
/* Pushes a new main function of one of them, whether `require` finds it or not. */
int lunatik_try_push_library(lua_State *L, const char *name);
/* Closes pending variables of the main thread and runs all finalizers. Never raises. */
void lunatik_run_finalizers(lua_State *L);

/* Where a thread's permissions are; the module's Rust code puts them there. Never raises. */
void **lunatik_permissions(lua_State *L);
/* Whether a thread has a permission, for a value if it is not null. Never raises. */
int lunatik_permitted(lua_State *L, int permission, const char *value);
/* Has the functions of Lua's libraries ask for permission. May raise. */
void lunatik_guard_libraries(lua_State *L);
/*
 * The name of the file of the innermost Lua function that comes from one; NULL where there is none
 * near. It lives while that function runs. Never raises.
 */
const char *lunatik_caller_file(lua_State *L);
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

/* What a value is. From LUNATIK_REFERENCE on, only what is pushed. */
enum lunatik_kind {
	LUNATIK_NIL,
	LUNATIK_BOOLEAN,
	LUNATIK_INTEGER,
	LUNATIK_FLOAT,
	LUNATIK_STRING,
	LUNATIK_TABLE,
	LUNATIK_USERDATA,
	LUNATIK_OTHER,
	LUNATIK_REFERENCE,
	LUNATIK_PUSHED,
};

/* A value outside of Lua's stack. What a kind does not use is undefined. */
struct lunatik_value {
	enum lunatik_kind kind;
	/* To be pushed: how many fields the table is going to have. */
	int fields;
	/*
	 * The boolean, the integer, the bits of the float, the length of the string; to be pushed:
	 * how many elements the table is going to have, which table a reference means, from 0.
	 */
	unsigned long bits;
	/* The bytes of the string, or the table. */
	const void *pointer;
};

/*
 * Reading does not touch the VM: it needs no memory, raises nothing and collects no garbage. So
 * what pointers lead to stays there until the VM is used in another way.
 */
/* The value at an index from the bottom; nil where there is none. */
void lunatik_read_value(lua_State *L, int index, struct lunatik_value *value);
/*
 * The next pair of a table, going on from a cursor that is 0 at first. For LUNATIK_PAIR_LATER
 * there was none for long; call again.
 */
enum { LUNATIK_PAIR_NONE, LUNATIK_PAIR, LUNATIK_PAIR_LATER };
int lunatik_read_pair(lua_State *L, const void *table, unsigned int *cursor,
		      struct lunatik_value *key, struct lunatik_value *value);
/* Pushes the pair that was read last with the cursor. There must be room. */
void lunatik_push_pair(lua_State *L, const void *table, unsigned int cursor);

/*
 * Gives what is to be pushed next. Keys and values of a table follow its beginning; at its end
 * comes LUNATIK_PUSHED, as it does for a value that the source has pushed itself. No Lua error
 * leaves it, and it owns nothing when it returns; it may use the VM.
 */
enum { LUNATIK_NO_VALUE, LUNATIK_VALUE, LUNATIK_LAST_OF_PAIR };
typedef int (*lunatik_source)(void *argument, lua_State *L, struct lunatik_value *value);
/*
 * Pushes all that a source gives, of which 'values' are in no table. 'tables' says how many tables
 * there are in all if there are references to them, else it is 0.
 */
int lunatik_try_push_values(lua_State *L, lunatik_source source, void *argument, int values,
			    int tables);

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
/*
 * Pushes a table whose keys are all functions of C, userdata and coroutines of the VM that are
 * anywhere in it: upvalues, metatables, stacks and the registry included. For tests.
 */
int lunatik_try_walk_heap(lua_State *L);
/* Text chunks only. */
int lunatik_try_load(lua_State *L, const char *text, size_t length, const char *name);
/* Keeps a traceback where the called function raises. */
int lunatik_try_call(lua_State *L, int arguments, int results);

/* What lunatik_program() returns. */
enum lunatik_program_end {
	/* The program has returned: its results are on the stack. */
	LUNATIK_PROGRAM_RETURNED,
	/* It has failed: the error alone is on the stack, and a traceback is kept. */
	LUNATIK_PROGRAM_FAILED,
	/* It has left the kernel thread, and is to be continued by another call. */
	LUNATIK_PROGRAM_LEFT,
};
/*
 * Runs the function below the 'arguments' top values of the main thread, which has nothing else
 * to do, as a program that may leave its kernel thread; or continues it, without arguments. Until
 * it has ended, nobody else may call anything of the state but what may be called from any CPU.
 */
enum lunatik_program_end lunatik_program(lua_State *L, int arguments, int *results);
/* Whether the calling code is part of such a program and can leave right here. */
int lunatik_can_leave(lua_State *L);

/* A function of Rust, and what it is called. */
struct lunatik_named_function {
	const char *name;
	lunatik_function function;
};

/* table[name] = function for each of them, without metamethods. */
int lunatik_try_setrustfunctions(lua_State *L, int index,
				 const struct lunatik_named_function *functions, size_t count);
/* A closure over the 'upvalues' top values that calls the function through the trampoline. */
int lunatik_try_pushrustfunction(lua_State *L, lunatik_function function, int upvalues);
/* One that measures the stack, on which it is called: it takes little, and neither raises nor waits. */
int lunatik_try_pushmeasuringfunction(lua_State *L, lunatik_function function);

#endif
