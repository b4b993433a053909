// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The sentinel: a timer of each CPU that ends calls of hooks which take too long. A call pays one comparison for it, and
 * reads no clock. The timer looks once in each slice, a millisecond by default, while hooks are called. A call that it finds
 * for the second time has run for one to two slices, and is told to end. The third time, its closing methods are told to end, too.
 */

#include <linux/smp.h>

#include "hook_cpu.h"

ktime_t lunatik_sentinel_period;

/* It stops when it has found no call so often. To start it again costs more than such a look. */
#define LUNATIK_SENTINEL_IDLE 16

static enum hrtimer_restart lunatik_sentinel_look(struct hrtimer *timer)
{
	struct lunatik_hook_cpu *hooks = container_of(timer, struct lunatik_hook_cpu, sentinel);
	struct lunatik_hook_frame *top;

	/* The timer of a CPU that goes offline moves to another one. */
	if (hooks->cpu != smp_processor_id())
		goto stop;
	top = READ_ONCE(hooks->top);
	if (!top) {
		/* Calls that began and ended since the last look count, too. */
		if (hooks->seen != hooks->calls)
			hooks->idle = 0;
		else if (++hooks->idle >= LUNATIK_SENTINEL_IDLE)
			goto stop;
		hooks->seen = hooks->calls;
		hooks->looks = 0;
	} else {
		hooks->idle = 0;
		if (hooks->seen != top->number) {
			hooks->seen = top->number;
			hooks->looks = 0;
		} else {
			lunatik_hook_over(top->argument, hooks->looks++ > 0);
		}
	}
	hrtimer_forward_now(timer, lunatik_sentinel_period);
	return HRTIMER_RESTART;
stop:
	WRITE_ONCE(hooks->awake, false);
	return HRTIMER_NORESTART;
}

void lunatik_sentinel_setup(struct lunatik_hook_cpu *hooks, unsigned int cpu)
{
	hooks->cpu = cpu;
	hrtimer_setup(&hooks->sentinel, lunatik_sentinel_look, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
}

void lunatik_sentinel_wake(struct lunatik_hook_cpu *hooks)
{
	WRITE_ONCE(hooks->awake, true);
	hooks->idle = 0;
	hrtimer_start(&hooks->sentinel, lunatik_sentinel_period,
		      HRTIMER_MODE_REL_PINNED_HARD);
}

void lunatik_sentinel_cancel(struct lunatik_hook_cpu *hooks)
{
	hrtimer_cancel(&hooks->sentinel);
}
