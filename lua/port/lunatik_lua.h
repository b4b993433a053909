/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Configures upstream Lua for the kernel. Included first in each of Lua's C files. None of these files includes a
 * header of the kernel, because kernel headers define macros that break Lua's own preprocessor conditions.
 */
#ifndef LUNATIK_LUA_H
#define LUNATIK_LUA_H

#include <stddef.h>

#include "interrupt.h"
#include "pointer_hash.h"

struct lua_State;

#define LUNATIK_NORETURN __attribute__((noreturn))

/* The section in which objtool searches for the targets of a computed goto. */
#define LUNATIK_JUMP_TABLE \
	__attribute__((section(".data.rel.ro.c_jump_table,\"a\",@progbits #")))

#define l_noinline __attribute__((__noinline__))

/* Paths: only scripts of the machine's administrator. */
#define LUA_PATH_DEFAULT "/lib/modules/lua/?.lua;/lib/modules/lua/?/init.lua"
#define LUA_CPATH_DEFAULT ""

/*
 * Errors: our own setjmp, because the kernel has none. The trap is never reached. It tells objtool that the jump
 * does not return.
 */
#define LUAI_THROW(L, c) (lunatik_longjmp((c)->b, 1), __builtin_trap())
#define LUAI_TRY(L, c, f, ud)		\
	do {				\
		if (lunatik_setjmp((c)->b) == 0)	\
			(f)((L), (ud));	\
	} while (0)

/*
 * Nesting of calls through C and of the parser: Lua's 200, and some more for the error reports of programs that
 * nest functions a hundred deep. The stack does not limit it.
 */
#ifndef LUAI_MAXCCALLS
#define LUAI_MAXCCALLS 220
#endif

/* Output goes to the client or the log of the runtime. */
void lunatik_write(struct lua_State *L, int stream, const char *text, size_t length);
#define lua_writestring(s, l) lunatik_write(L, 1, (s), (l))
/* Only the interactive debugger and states from luaL_newstate() use it. */
#define lua_writestringerror(s, p) ((void)(s), (void)(p))
#define lua_writeline() lunatik_write(L, 1, "\n", 1)

/* The C locale's. */
#define lua_getlocaledecpoint() '.'

/* Seeds math.random. The seeds of hashes are passed to lunatik_newstate(). */
unsigned int lunatik_random_seed(void);
#define luai_makeseed() lunatik_random_seed()

/*
 * The stack. Task stacks are aligned to their size, so the bytes that are left can be computed without reading
 * memory.
 */
/* If less than this is left, a call continues on another segment. */
#define LUNATIK_STACK_LOW (LUNATIK_THREAD_SIZE / 16 * 9)
/* If there is no segment and less than this is left, an error is raised. */
#define LUNATIK_STACK_ERROR (LUNATIK_THREAD_SIZE / 32 * 17)
/*
 * The message handler of that error may use the stack down to this. The rest must suffice for the deepest frames of
 * Lua that follow, and for direct reclaim below them: tools/testing/lua/reclaim.lua.
 */
#define LUNATIK_STACK_HANDLER (LUNATIK_THREAD_SIZE / 32 * 15)

/* The stack that a protected call needs if it cannot continue on another segment. */
#define LUNATIK_STACK_PCALL LUNATIK_STACK_HANDLER

/* The stack that a sort needs besides its halves, which recurse at most 31 deep. */
#define LUNATIK_STACK_SORT (LUNATIK_THREAD_SIZE / 8 * 3)

/* The stack that Rust functions need. When they call Lua, which is always a protected call, less of it is left. */
#define LUNATIK_STACK_RUST (LUNATIK_THREAD_SIZE / 8 * 5)

static inline unsigned long lunatik_stackleft(void)
{
	unsigned long sp;

	__asm__("movq %%rsp, %0" : "=r"(sp));
	return sp & (LUNATIK_THREAD_SIZE - 1);
}

static inline int lunatik_stackislow(void)
{
	return lunatik_stackleft() < LUNATIK_STACK_LOW;
}

/*
 * Runs function(argument) on another kernel stack, while the caller waits. Returns 0 if no stack is available and
 * nothing was run.
 */
int lunatik_hop(struct lua_State *L, void (*function)(void *argument), void *argument);

/*
 * Permissions belong to a Lua thread and are stored in its extra space. A coroutine begins with those of its
 * creator.
 */
void lunatik_thread_made(struct lua_State *creator, struct lua_State *thread);
void lunatik_thread_freed(struct lua_State *thread);
#define luai_userstatethread(L, L1) lunatik_thread_made(L, L1)
#define luai_userstatefree(L, L1) lunatik_thread_freed(L1)

/* The main thread is freed last. */
void lunatik_state_closed(struct lua_State *main);
#define luai_userstateclose(L) lunatik_state_closed(L)

/*
 * Raises "NAME: not in atomic context" if the VM's code must not sleep. The name is that of the running function,
 * as a script writes it.
 */
void lunatik_demand_process(struct lua_State *L);
/* Raises that error in any case. */
int lunatik_raise_context(struct lua_State *L);
/* Raises "permission denied" unless the running thread has the permission, for the value if that is not NULL. */
void lunatik_demand_permission(struct lua_State *L, int permission, const char *value);

/* The string with this text that all states share, or NULL; see shared_strings.c. */
struct TString *lunatik_find_shared_string(const char *text, size_t length);
/* The shared string "__pairs", or NULL. */
struct TString *lunatik_shared_pairs(void);

/*
 * For luaL_setfuncs(), with the table on top of the stack. The first function fills the table if other states have
 * had the same, and returns whether it did. The second notes the functions that it was filled with, and their
 * number.
 */
struct luaL_Reg;
int lunatik_copy_functions(struct lua_State *L, const struct luaL_Reg *functions);
void lunatik_note_functions(struct lua_State *L, const struct luaL_Reg *functions, int count);

/* Few strings are not shared. A full table is doubled. */
#define MINSTRTABSIZE 32

/* Keeps a traceback, if possible, for an interrupt at a limit. Never raises. */
void lunatik_limit_traceback(struct lua_State *L);

/*
 * What a script may see instead of an address. Equal addresses give equal values, and different ones different
 * values, as far as 47 bits allow, until the module is loaded again. Null stays null.
 */
const void *lunatik_hidden_address(const void *address);

/* Lets other threads run if the scheduler wants that. Sleeps. */
void lunatik_give_way(void);
/* Does the same if the code of the VM may sleep. */
void lunatik_vm_give_way(void *vm);

/* Whether another CPU asks for the traceback of the code that runs; and the answer. */
int lunatik_vm_is_traced(void *vm);
void lunatik_vm_traced(void *vm, const char *text, size_t length);
/* Answers, if there is enough stack. Never raises. */
void lunatik_tell_traceback(struct lua_State *L);

/* Whether a profile wants to know which code runs. */
int lunatik_vm_is_sampled(void *vm);
/*
 * Tells that by lunatik_sample(). To be called where the calls of the running thread can be read. Never raises. See
 * sample.c for `at_instruction`.
 */
void lunatik_vm_sample(struct lua_State *L, int at_instruction);

/* Whether the program must leave its kernel thread because others wait for one. */
int lunatik_slice_is_over(void *vm);

/*
 * Work whose time depends on the length of strings. All of these functions raise if the calling code is to end,
 * unless they say otherwise; see pieces.c.
 */
void lunatik_poll(struct lua_State *L);
void lunatik_copy_pieces(struct lua_State *L, void *to, const void *from, size_t size);
/* Does not raise: if the code is to end, a part is not copied, and the result is 0. */
int lunatik_copy_quiet(struct lua_State *L, void *to, const void *from, size_t size);
void lunatik_fill(struct lua_State *L, void *to, int byte, size_t size);
const void *lunatik_find(struct lua_State *L, const void *block, int byte, size_t size);
int lunatik_compare(struct lua_State *L, const void *a, const void *b, size_t size);
size_t lunatik_length(struct lua_State *L, const char *text);
/* Does not raise: if the code is to end, the result is too small. */
size_t lunatik_length_quiet(struct lua_State *L, const char *text);
/* Whether two zero-terminated texts are equal. */
int lunatik_same(struct lua_State *L, const char *a, const char *b);

/* Whether a zero-terminated text contains a byte, which is not zero. */
static inline int lunatik_has(struct lua_State *L, const char *text, int byte)
{
	return lunatik_find(L, text, byte, lunatik_length(L, text)) != NULL;
}

/* Something to search for: see search.c. */
typedef struct lunatik_pattern {
	const char *text;
	size_t length;
	unsigned long hash;
	/* The weight of the first byte in the hash. */
	unsigned long weight;
} lunatik_pattern;

void lunatik_prepare(struct lua_State *L, lunatik_pattern *pattern, const char *text,
		     size_t length);
const char *lunatik_search(struct lua_State *L, const lunatik_pattern *pattern, const char *text,
			   size_t size);

/* The size of a piece in bytes: some 10 microseconds of work. */
#define LUNATIK_PIECE ((size_t)32 * 1024)

static inline void lunatik_copy(struct lua_State *L, void *to, const void *from, size_t size)
{
	if (__builtin_expect(size <= LUNATIK_PIECE, 1))
		__builtin_memcpy(to, from, size);
	else
		lunatik_copy_pieces(L, to, from, size);
}

/*
 * For loops of small steps: polls at each 4096th value of a counter. It is an expression, so that a loop can have
 * it in its head.
 */
#define LUNATIK_SOMETIMES 4095
#define lunatik_pollsometimes(L, counter)					\
	((void)(__builtin_expect(((counter) & LUNATIK_SOMETIMES) ==		\
				 LUNATIK_SOMETIMES, 0) && (lunatik_poll(L), 0)))

/* The longest numeral; conversion cannot be interrupted. */
#define LUNATIK_MAXNUMERAL 65536

/* Whether a thread may load binary chunks; 'L' comes from the scope of the caller. */
int lunatik_bytecode_allowed_in(struct lua_State *L);
#define lunatik_bytecode_allowed() lunatik_bytecode_allowed_in(L)

#endif
