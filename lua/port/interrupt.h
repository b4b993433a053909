/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Interrupts of single threads of Lua. Included by lunatik_lua.h, and so by each of Lua's
 * C files; see lua/patches/0011-interrupt-threads.patch and Documentation/mtint.md.
 */
#ifndef LUNATIK_INTERRUPT_H
#define LUNATIK_INTERRUPT_H

struct lua_State;

/* What is raised in a thread that was interrupted and has no handler. */
#define LUNATIK_INTERRUPTED "mtint.error.interrupted"

/* How a thread is interrupted. */
enum lunatik_interrupt_mode {
	LUNATIK_NOT_INTERRUPTED,
	/* At its next operation. */
	LUNATIK_INTERRUPTED_ONCE,
	/* At each operation. */
	LUNATIK_INTERRUPTED_ALWAYS,
};

/*
 * What other CPUs know of a thread. The head of `Interruptible` in
 * rust/runtime/interruptible.rs, which counts its references; the thread has one.
 */
struct lunatik_interruptible {
	/* Set by those who interrupt, under a lock; taken by the thread, without. */
	int mode;
};

/* Whether an interrupt waits. */
static inline int lunatik_is_interrupted(struct lunatik_interruptible *thread)
{
	return __atomic_load_n(&thread->mode, __ATOMIC_SEQ_CST) != LUNATIK_NOT_INTERRUPTED;
}

/* What interrupt waits; one for once is taken, so that the next one is another one. */
static inline enum lunatik_interrupt_mode
lunatik_take_interrupt(struct lunatik_interruptible *thread)
{
	int mode = LUNATIK_INTERRUPTED_ONCE;

	__atomic_compare_exchange_n(&thread->mode, &mode, LUNATIK_NOT_INTERRUPTED, 0,
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return mode;
}

/* Pushes the handler of the running thread, or nil. Needs three slots and never raises. */
void lunatik_push_handler(struct lua_State *L);

#endif
