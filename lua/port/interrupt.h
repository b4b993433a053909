/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Interrupts of single threads of Lua. Included by lunatik_lua.h, and so by each of Lua's
 * C files; see lua/patches/ and Documentation/mtint.md.
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

/*
 * A bit of a thread's `hookmask` beside those for hooks: there may be an interrupt for this thread alone. The thread that
 * executes the VM sets it, so that whoever looks for hooks finds it. It stays until the interrupt is taken.
 */
#define MASKINTERRUPT (1 << 7)

/*
 * Bits of a thread's `allowhook`. In a hook there are no hooks, in a message handler no interrupts, in a finalizer
 * and in what an interrupt calls neither.
 */
#define ALLOWHOOKS 1
#define ALLOWINTERRUPTS 2
#define ALLOWALL (ALLOWHOOKS | ALLOWINTERRUPTS)

/* To be called where control comes to a thread, which may be null: another one may have interrupted it meanwhile. */
#define luaG_notice(L)							\
	do {								\
		if (l_unlikely((L) != NULL && (L)->interruptible != NULL))	\
			luaG_noticeinterrupt(L);			\
	} while (0)
void luaG_noticeinterrupt(struct lua_State *L);

/*
 * Takes the interrupt of a thread, if there is one: calls its handler, as a hook is called, or raises an
 * error. Another one may come meanwhile and is kept.
 */
void luaD_fire(struct lua_State *L);

#endif
