/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The edge between Lua and Rust.
 *
 * A function called lunatik_try_* runs one operation of Lua's API that may raise under luaD_pcall. It returns 0, or
 * a status with the error value on top of the stack. Below the error, the stack is as it was before, with the
 * operands. All of these functions are for the thread that executes the VM, in a context that may sleep.
 *
 * Rust sees the functions of this header, so a function that may raise is declared elsewhere.
 */
#ifndef LUNATIK_EDGE_H
#define LUNATIK_EDGE_H

#include <stddef.h>

#include "lunatik_vm.h"

#include "lua.h"
#include "lauxlib.h"

/*
 * What a Rust function returns to the trampoline instead of a number of results. RAISE: raise the value on top of
 * the stack. RAISE_WHERE: the same, with the caller's place in front. PARK: the program leaves its thread, and the
 * function is called again when the program is back. SUSPEND: the coroutine that is the first argument yields,
 * together with those that it has resumed; lunatik_can_suspend() must have said so. What it is resumed with is
 * returned. RAISE_ARGUMENT, minus the number of an argument: the value is
 * the text of an error about that argument.
 */
enum {
	LUNATIK_RAISE = -1,
	LUNATIK_RAISE_WHERE = -2,
	LUNATIK_PARK = -3,
	LUNATIK_RAISE_CONTEXT = -4,
	LUNATIK_SUSPEND = -5,
	LUNATIK_RAISE_ARGUMENT = -1000,
};

/* A Rust function. When it returns, it owns nothing any more. */
typedef int (*lunatik_function)(lua_State *L);

/* Creates a state, or returns NULL if there is no memory. */
lua_State *lunatik_newstate(lua_Alloc allocate, void *vm, unsigned int seed);
/* Opens all libraries, except the functions that make no sense in a kernel. */
int lunatik_openlibs(lua_State *L);
/* Closes a state: runs the remaining finalizers and frees everything. Never raises. */
void lunatik_close(lua_State *L);
/*
 * Shared strings. The first function returns the bytes that copies of all short strings of a state take. The second
 * makes these copies in a block of that size, aligned for a pointer, for the states that are made from now on. Keep
 * the block unchanged until lunatik_unshare_strings() is called, when no state is left. These functions never
 * raise.
 */
size_t lunatik_shared_strings_size(lua_State *L);
void lunatik_share_strings(lua_State *L, void *block);
void lunatik_unshare_strings(void);
/*
 * Shared tables of functions; these need shared strings. The first function returns the size of a block. The second
 * makes the next state that opens its libraries note its tables of functions in a block of that size, aligned for a
 * pointer. The third makes all later states copy these tables. The fourth ends both. No other state may be made
 * meanwhile.
 */
size_t lunatik_shared_functions_size(void);
void lunatik_note_shared_functions(void *block);
void lunatik_share_functions(void);
void lunatik_unshare_functions(void);
/*
 * The modules of lua/lib/. The first function pushes the main function of each, from the next index on. The next
 * two need these functions on the stack, and shared strings. The second returns the bytes that images of all
 * functions take. The third makes the images in a block of that size, aligned for a pointer, for the states that
 * are made from now on. Keep the block unchanged until lunatik_unshare_code() is called, when no state is left.
 * Only the first function may raise.
 */
int lunatik_try_load_libraries(lua_State *L);
size_t lunatik_shared_code_size(lua_State *L, int first);
void lunatik_share_code(lua_State *L, int first, void *block);
void lunatik_unshare_code(void);
/*
 * Sets table[name] to the function that opens the module, for each module; with 'testing' also for those of the
 * tests.
 */
int lunatik_try_preload_libraries(lua_State *L, int index, int testing);
/* Pushes a new main function of one module, also of a module that `require` does not find. */
int lunatik_try_push_library(lua_State *L, const char *name);
/* Closes pending variables of the main thread and runs all finalizers. Never raises. */
void lunatik_run_finalizers(lua_State *L);

/* The place of a thread's permissions; the module's Rust code stores them there. Never raises. */
void **lunatik_permissions(lua_State *L);
/* Whether a thread has a permission, for a value unless that is null. Never raises. */
int lunatik_permitted(lua_State *L, int permission, const char *value);
/* Whether the VM's code may sleep. Never raises. */
int lunatik_may_sleep(lua_State *L);
/*
 * Keeps the collector from running, also where memory runs out, until lunatik_release_collector() gets the result.
 * Never raises.
 */
unsigned int lunatik_hold_collector(lua_State *L);
void lunatik_release_collector(lua_State *L, unsigned int held);

/*
 * Functions of hooks: see hook.c. From lunatik_hook_seal() to lunatik_hook_unseal(), the state only executes these. The
 * first one collects all garbage, which may run finalizers and sleep. Returns false if there is no memory.
 */
int lunatik_hook_seal(lua_State *L);
void lunatik_hook_unseal(lua_State *L);

/* The first two results of a hook function. */
struct lunatik_hook_results {
	long long values[2];
	/* A bit for each that is an integer, or a float with an integral value. */
	unsigned char integers;
};

/*
 * Calls the kept function with the kept value. Returns 0, or a status with the error on top of the stack. There is a
 * traceback of it if it has ended a function that takes too long, and with `traced` of each error. Then collects garbage for some microseconds if that is due. Never raises.
 */
int lunatik_hook_function(lua_State *L, int function, int value, int traced,
			  struct lunatik_hook_results *results);
/*
 * Pops a table and makes it the metatable of the userdata below it, whose finalizer is not called: what a userdata refers
 * to only while a hook runs needs none. Does nothing if they are something else. Never raises.
 */
void lunatik_hook_lend(lua_State *L);
/* Collects garbage in this way, after a call in another way. Never raises. */
void lunatik_hook_collect_due(lua_State *L);
/* Whether finalizers wait to be called. Never raises. */
int lunatik_hook_has_finalizers(lua_State *L);
/* Calls one of them. An error is a warning. Never raises. */
void lunatik_hook_finalize(lua_State *L);
/* Does a part of a collection, for some microseconds. Returns whether it goes on. Never raises. */
int lunatik_hook_collect(lua_State *L);
/*
 * The file name of the innermost Lua function that comes from a file; NULL if there is none within a few levels. It
 * lives while that function runs. Never raises.
 */
const char *lunatik_caller_file(lua_State *L);
/* The VM. Never raises. */
void *lunatik_userdata(lua_State *L);
/*
 * Makes the Lua code that runs in the VM end; the code cannot catch that. LUNATIK_INTERRUPT spares closing methods
 * and finalizers, so that they can clean up; LUNATIK_INTERRUPT_ALL spares nothing; 0 takes the interrupt back. From
 * any CPU and any context, while the state lives.
 */
enum { LUNATIK_INTERRUPT = 1, LUNATIK_INTERRUPT_ALL = 3 };
void lunatik_interrupt(lua_State *L, int bits);
/* Whether the calling code is to end. For the thread that executes the VM. */
int lunatik_is_ended(lua_State *L);
/* The same as LUNATIK_INTERRUPT, but the error says that the code has exceeded its limit of CPU time. */
void lunatik_over_limit(lua_State *L);
/* Makes the Lua code check its flags, and so give way to other threads. Likewise. */
void lunatik_look_up(lua_State *L);

/* The place of a thread's record of interrupts; the module's Rust code stores it there. Never raises. */
struct lunatik_interruptible **lunatik_interruptible(lua_State *L);
/*
 * Removes a thread and a function or nil from the stack, and makes the latter the thread's handler. Unlike the
 * other functions, it leaves only the error on the stack when it fails.
 */
int lunatik_try_set_handler(lua_State *L);

/* Takes bytes of a function. Returns 0, or something else to receive no more. */
typedef int (*lunatik_writer)(void *argument, const void *bytes, size_t length);
/*
 * Writes the Lua function on top of the stack, with debug information. Its upvalues are not written. *status is
 * what the writer has returned last.
 */
int lunatik_try_dump(lua_State *L, lunatik_writer writer, void *argument, int *status);
/*
 * Pushes a function that lunatik_try_dump() has written; bytes from any other source are not allowed. Its first
 * upvalue is the table of globals, the others are nil.
 */
int lunatik_try_undump(lua_State *L, const char *bytes, size_t length);

/* Converts a number of seconds to milliseconds, rounded up. Returns 0 if the value is not a number. Never raises. */
int lunatik_tomilliseconds(lua_State *L, int index, unsigned int *milliseconds);
/* Pushes nanoseconds as a float of seconds. */
void lunatik_pushseconds(lua_State *L, long long nanoseconds);

/* Pushes "not enough memory"; needs no memory. */
void lunatik_push_memory_error(lua_State *L);
/*
 * The bytes of the string at an index, or NULL if there is no string; numbers are none. And the block of the full
 * userdata at an index, or NULL if there is none of this size. The index is that of an argument, or one below the top.
 * Never raise.
 */
const char *lunatik_stringat(lua_State *L, int index, size_t *length);
void *lunatik_blockat(lua_State *L, int index, size_t size);

/*
 * Floats as their bits, because Rust cannot hold a double. The first function returns 0 if the value is not a
 * number.
 */
int lunatik_tonumberbits(lua_State *L, int index, unsigned long *bits);
void lunatik_pushnumberbits(lua_State *L, unsigned long bits);
/* Pushes the traceback of the last failed lunatik_try_call, or false. Never raises. */
void lunatik_push_traceback(lua_State *L);
/* Does the same, and drops the traceback, so that it is not taken for that of a later error. Needs two slots. */
void lunatik_take_traceback(lua_State *L);

/*
 * Writes the calls of the running thread, and of those that have resumed it, the outermost first, separated by `;`.
 * Returns the bytes written; *is_cut says whether outer calls are missing. `at_instruction`: see attention.h. Never
 * raises.
 */
size_t lunatik_sample(lua_State *L, int at_instruction, char *text, size_t size, int *is_cut);

/* The kind of a value. The kinds from LUNATIK_REFERENCE on are only for values that are pushed. */
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

/* A value outside of Lua's stack. Fields that its kind does not use are undefined. */
struct lunatik_value {
	enum lunatik_kind kind;
	/* For pushing: the number of fields that the table will have. */
	int fields;
	/*
	 * The boolean, the integer, the bits of the float, or the length of the string. For pushing: the number of
	 * elements that the table will have, or the number of the table that a reference means, from 0.
	 */
	unsigned long bits;
	/* The bytes of the string, or the table. */
	const void *pointer;
};

/*
 * Reading does not change the VM: it needs no memory, raises nothing and collects no garbage. So pointers stay
 * valid until the VM is used in another way.
 */
/* Reads the value at an index from the bottom; nil if there is none. */
void lunatik_read_value(lua_State *L, int index, struct lunatik_value *value);
/*
 * Reads the next pair of a table, from a cursor that is 0 at first. LUNATIK_PAIR_LATER means that many slots were
 * empty: call again.
 */
enum { LUNATIK_PAIR_NONE, LUNATIK_PAIR, LUNATIK_PAIR_LATER };
int lunatik_read_pair(lua_State *L, const void *table, unsigned int *cursor,
		      struct lunatik_value *key, struct lunatik_value *value);
/* Pushes the pair that was read last with the cursor. There must be room. */
void lunatik_push_pair(lua_State *L, const void *table, unsigned int cursor);
/* Whether the metatable of a table has a field __pairs. */
int lunatik_has_pairs(const void *table);
/*
 * C functions of Lua's libraries, by number. The first function returns the number of the value on top of the stack, or
 * -1 if that is no such function. The second pushes the function with a number, and returns 0 if there is none; there
 * must be room. Neither raises.
 */
int lunatik_exported_function(lua_State *L);
int lunatik_push_exported_function(lua_State *L, unsigned int number);

/*
 * Gives the next value to push. Keys and values of a table follow its beginning, and LUNATIK_PUSHED comes at its
 * end. LUNATIK_PUSHED also stands for a value that the source has pushed itself. No Lua error leaves the source,
 * and it owns nothing when it returns. It may use the VM.
 */
enum { LUNATIK_NO_VALUE, LUNATIK_VALUE, LUNATIK_LAST_OF_PAIR };
typedef int (*lunatik_source)(void *argument, lua_State *L, struct lunatik_value *value);
/*
 * Pushes all values that a source gives; 'values' of them are in no table. 'tables' is the number of all tables if
 * there are references to them, otherwise 0.
 */
int lunatik_try_push_values(lua_State *L, lunatik_source source, void *argument, int values,
			    int tables);

int lunatik_try_pushlstring(lua_State *L, const char *text, size_t length);
int lunatik_try_createtable(lua_State *L, int elements, int fields);
int lunatik_try_newuserdata(lua_State *L, size_t size, int values, void **block);
/* Pushes the registered metatable with that name; *fresh says whether it was just made. */
int lunatik_try_newmetatable(lua_State *L, const char *name, int *fresh);
int lunatik_try_setmetatable(lua_State *L, int index);
int lunatik_try_setfield(lua_State *L, int index, const char *name);
int lunatik_try_getfield(lua_State *L, int index, const char *name);
int lunatik_try_rawset(lua_State *L, int index);
int lunatik_try_next(lua_State *L, int index, int *more);
int lunatik_try_ref(lua_State *L, int *reference);
int lunatik_try_tolstring(lua_State *L, int index);
/*
 * Pushes a table whose keys are all C functions, userdata and coroutines anywhere in the VM, also in upvalues,
 * metatables, stacks and the registry. For tests.
 */
int lunatik_try_walk_heap(lua_State *L);
/* Loads a text chunk; refuses binary ones. */
int lunatik_try_load(lua_State *L, const char *text, size_t length, const char *name);
/* Keeps a traceback if the called function raises. */
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
 * Runs the function below the 'arguments' top values of the main thread as a program that may leave its kernel
 * thread, or continues it, without arguments. The main thread must have nothing else to do. Until the program has
 * ended, others may call only those functions on the state that may be called from any CPU.
 */
enum lunatik_program_end lunatik_program(lua_State *L, int arguments, int *results);
/* Whether the calling code is part of such a program and can leave right here. */
int lunatik_can_leave(lua_State *L);

/* Whether a coroutine can yield together with those that it has resumed, of which this thread is the innermost. */
int lunatik_can_suspend(lua_State *L, lua_State *coroutine);

/* A Rust function and its name. */
struct lunatik_named_function {
	const char *name;
	lunatik_function function;
};

/* Sets table[name] = function for each of them, without metamethods. */
int lunatik_try_setrustfunctions(lua_State *L, int index,
				 const struct lunatik_named_function *functions, size_t count);
/* Pushes a closure over the 'upvalues' top values that calls the function through the trampoline. */
int lunatik_try_pushrustfunction(lua_State *L, lunatik_function function, int upvalues);
/*
 * The same for a function that measures the stack, and is always called on the caller's. It needs little stack, and
 * neither raises nor waits.
 */
int lunatik_try_pushmeasuringfunction(lua_State *L, lunatik_function function);

#endif
