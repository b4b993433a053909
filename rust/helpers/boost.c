// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The priority of threads whose code must end: see boost.h.
 *
 * A boosted thread has the lowest real-time priority. A lower nice value would not suffice: a thread that has had more
 * than its share waits longer the more it weighs.
 */

#include <linux/sched.h>
#include <uapi/linux/sched/types.h>

#include "helpers.h"

/*
 * Makes a thread run before all threads without real-time priority, until it calls lunatik_restore_priority(). Affects
 * only kernel threads with the normal policy: the users of processes decide the priority of their threads. The thread
 * must not end meanwhile. Must be called in process context; does not sleep.
 */
void lunatik_boost(struct task_struct *task)
{
	/* The flag distinguishes threads that the module boosted from threads that other code gave this priority. */
	struct sched_attr attr = {
		.sched_policy = SCHED_FIFO,
		.sched_priority = 1,
		.sched_flags = SCHED_FLAG_RESET_ON_FORK,
	};

	if ((task->flags & PF_KTHREAD) && task->policy == SCHED_NORMAL)
		WARN_ON_ONCE(sched_setattr_nocheck(task, &attr) != 0);
}

/*
 * Restores the calling thread's former scheduling, if it was boosted. Must be called in process context; preemption may
 * be disabled.
 */
void lunatik_restore_priority(void)
{
	if (unlikely(current->policy == SCHED_FIFO) && current->rt_priority == 1 &&
	    current->sched_reset_on_fork && (current->flags & PF_KTHREAD))
		sched_set_normal(current, task_nice(current));
}
