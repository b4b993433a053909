/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Interrupts of single Lua threads. Included by lunatik_lua.h, and so by each of Lua's C files; see lua/patches/
 * and Documentation/mtint.md.
 */
#ifndef LUNATIK_INTERRUPT_H
#define LUNATIK_INTERRUPT_H

struct lua_State;

/* The error in an interrupted thread that has no handler. */
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
 * The record of a thread that other CPUs can find. The head of `Interruptible` in rust/runtime/interruptible.rs,
 * which counts its references; the thread has one.
 */
struct lunatik_interruptible {
	/* Set by interrupting threads under a lock; taken by the interrupted thread without a lock. */
	int mode;
};

/* Whether an interrupt is pending. */
static inline int lunatik_is_interrupted(struct lunatik_interruptible *thread)
{
	return __atomic_load_n(&thread->mode, __ATOMIC_SEQ_CST) != LUNATIK_NOT_INTERRUPTED;
}

/* Returns the pending interrupt. A one-time interrupt is taken, so the next one counts as another one. */
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
 * A bit of a thread's `hookmask` beside those for hooks: an interrupt for this single thread may be pending. The
 * thread that executes the VM sets it, so that every check for hooks finds it. It stays until the interrupt is
 * taken.
 */
#define MASKINTERRUPT (1 << 7)

/*
 * Bits of a thread's `allowhook`. In a hook there are no hooks. In a message handler there are no interrupts. In a
 * finalizer, and in a handler of an interrupt, there are neither.
 */
#define ALLOWHOOKS 1
#define ALLOWINTERRUPTS 2
#define ALLOWALL (ALLOWHOOKS | ALLOWINTERRUPTS)

/* Call this when a thread, which may be null, gains control: another one may have interrupted it meanwhile. */
#define luaG_notice(L)							\
	do {								\
		if (l_unlikely((L) != NULL && (L)->interruptible != NULL))	\
			luaG_noticeinterrupt(L);			\
	} while (0)
void luaG_noticeinterrupt(struct lua_State *L);

/*
 * Takes the interrupt of a thread, if there is one: calls the handler like a hook, or raises an error. An interrupt
 * that comes meanwhile is kept.
 */
void luaD_fire(struct lua_State *L);

#endif
