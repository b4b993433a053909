/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Calls of hooks: the private stacks of each CPU, and the sentinel that ends calls which take too long. See
 * Documentation/hooks.md.
 */
#ifndef LUNATIK_HOOK_H
#define LUNATIK_HOOK_H

#include <linux/types.h>

/* A call of a hook that runs on this CPU. It lies on the stack of the caller. */
struct lunatik_hook_frame {
	/* The call that it interrupts. */
	struct lunatik_hook_frame *below;
	/* Tells it from all other calls on this CPU. */
	u64 number;
	/* For lunatik_hook_run() and lunatik_hook_over(). */
	void *argument;
};

/*
 * Makes the private stacks of all CPUs, and of those that come later. The first two are to be called once each, by the
 * module's init() and exit(); the third one before the first hook is called, and may sleep. A call of a hook has taken
 * too long after one to two times slice_ns.
 */
void lunatik_hook_init(u64 slice_ns);
void lunatik_hook_exit(void);
int lunatik_hook_make_stacks(void);

/*
 * Enters the context of class softirq. If the caller is in it already, there is nothing to leave. Otherwise bottom halves
 * are off until lunatik_softirq_leave(). Refused in hard interrupts, where interrupts are off, and in the signal handlers of
 * User Mode Linux.
 */
enum {
	LUNATIK_SOFTIRQ_REFUSED,
	LUNATIK_SOFTIRQ_ALREADY,
	LUNATIK_SOFTIRQ_ENTERED,
};

unsigned int lunatik_softirq_enter(void);
void lunatik_softirq_leave(void);

/*
 * Says whether there is a private stack for one more call: not if too many are nested on this CPU. Then
 * lunatik_hook_call() calls lunatik_hook_run(argument) on that. Both are for one CPU: the caller must not be migrated
 * from the first to the end of the second.
 */
bool lunatik_hook_has_stack(void);
void lunatik_hook_call(struct lunatik_hook_frame *frame);

/* These two are in Rust. The second is called in a hard interrupt while the call runs; with `all` for the second time. */
void lunatik_hook_run(void *argument);
void lunatik_hook_over(void *argument, bool all);

/* Nanoseconds by a clock that may be read in any context. */
u64 lunatik_hook_clock(void);

#endif
