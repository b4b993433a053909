// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Watches: see watch.h. */

#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "helpers.h"

struct lunatik_armed_watch {
	struct hrtimer timer;
	struct task_struct *task;
	void (*fire)(void *argument);
	void (*tick)(void *argument, u64 used, u64 slept);
	void *argument;
	/* In nanoseconds: the deadline (0 for none), and the time that the task has used and slept until now. */
	u64 deadline;
	u64 used;
	u64 slept;
	/* The time of the last check, and the CPU time of the task then. */
	u64 last_look;
	u64 last_cpu;
	bool fired;
};

static_assert(sizeof(struct lunatik_armed_watch) <= sizeof(struct lunatik_watch));

#define LUNATIK_WATCH_PERIOD (10 * NSEC_PER_MSEC)

/* The number of deadlines of CPU time for which the task may sleep. */
#define LUNATIK_WATCH_LONGEST 10

/*
 * Counts the task's time since the last check, at most one period: a host may deschedule a virtual machine for long,
 * and the clock and the task's CPU time include that. The kernel may also update the CPU time late, so it counts at
 * most as the time that has passed. A task that waits for a CPU neither uses time nor sleeps.
 */
static void lunatik_watch_count(struct lunatik_armed_watch *watch, u64 *used, u64 *slept)
{
	u64 now = ktime_get_ns();
	u64 cpu = lunatik_task_cpu_ns(watch->task);
	u64 passed = min(now - watch->last_look, LUNATIK_WATCH_PERIOD);

	*used = min(passed, cpu - watch->last_cpu);
	*slept = task_is_running(watch->task) ? 0 : passed - *used;
	watch->used += *used;
	watch->slept += *slept;
	watch->last_look = now;
	watch->last_cpu = cpu;
}

/*
 * This runs in the hard interrupt itself. On a kernel without preemption, a softirq may be deferred to a thread that
 * waits for the very computation that this must end.
 */
static enum hrtimer_restart lunatik_watch_look(struct hrtimer *timer)
{
	struct lunatik_armed_watch *watch =
		container_of(timer, struct lunatik_armed_watch, timer);
	u64 used, slept;

	lunatik_watch_count(watch, &used, &slept);
	if (!watch->fired &&
	    (fatal_signal_pending(watch->task) ||
	     (watch->deadline && (watch->used >= watch->deadline ||
				  watch->slept >= watch->deadline * LUNATIK_WATCH_LONGEST)))) {
		watch->fired = true;
		watch->fire(watch->argument);
	}
	watch->tick(watch->argument, used, slept);
	hrtimer_forward_now(timer, ns_to_ktime(LUNATIK_WATCH_PERIOD));
	return HRTIMER_RESTART;
}

void lunatik_watch_arm(struct lunatik_watch *space, void (*fire)(void *argument),
		       void (*tick)(void *argument, u64 used, u64 slept), void *argument,
		       unsigned int deadline_ms)
{
	struct lunatik_armed_watch *watch = (struct lunatik_armed_watch *)space;

	hrtimer_setup(&watch->timer, lunatik_watch_look, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	watch->task = current;
	watch->fire = fire;
	watch->tick = tick;
	watch->argument = argument;
	watch->deadline = (u64)deadline_ms * NSEC_PER_MSEC;
	watch->used = 0;
	watch->slept = 0;
	watch->last_look = ktime_get_ns();
	watch->last_cpu = lunatik_task_cpu_ns(current);
	watch->fired = false;
	hrtimer_start(&watch->timer, ns_to_ktime(LUNATIK_WATCH_PERIOD), HRTIMER_MODE_REL_HARD);
}

bool lunatik_watch_disarm(struct lunatik_watch *space)
{
	struct lunatik_armed_watch *watch = (struct lunatik_armed_watch *)space;

	hrtimer_cancel(&watch->timer);
	return watch->fired;
}
