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
	/* In nanoseconds: the deadline, 0 for none; what the task used and slept until now. */
	u64 deadline;
	u64 used;
	u64 slept;
	/* When that was counted, and the CPU time of the task then. */
	u64 last_look;
	u64 last_cpu;
	bool fired;
};

static_assert(sizeof(struct lunatik_armed_watch) <= sizeof(struct lunatik_watch));

#define LUNATIK_WATCH_PERIOD (10 * NSEC_PER_MSEC)

/* For how many deadlines of CPU time the task may sleep. */
#define LUNATIK_WATCH_LONGEST 10

/*
 * What the task did since the last look, a period at most: the machine may itself be one that
 * another machine takes off its CPU for long, which the clock and the task's CPU time count. CPU
 * time may be brought up to date late, too; no more of it is used than time passes. A task that
 * waits for a CPU neither uses time nor sleeps.
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
 * In the interrupt itself: where the kernel is not preempted, a softirq may be left to a
 * thread that waits for the very computation that this is to end.
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
