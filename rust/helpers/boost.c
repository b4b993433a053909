// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The priority of threads whose code is to end: see boost.h.
 *
 * They are scheduled as ones of real time, of the lowest priority. To make a thread less nice would not do:
 * one that has had more than its share waits all the longer the more it weighs.
 */

#include <linux/sched.h>
#include <uapi/linux/sched/types.h>

#include "helpers.h"

/*
 * Has a thread run before all that are not of real time, until it calls lunatik_restore_priority(). Only one of the
 * kernel's that is scheduled as usual: how urgent threads of processes are is for their users to say. The thread must not
 * end meanwhile. In process context; does not sleep.
 */
void lunatik_boost(struct task_struct *task)
{
	/* The flag tells the module's own from those that somebody else made so urgent. */
	struct sched_attr attr = {
		.sched_policy = SCHED_FIFO,
		.sched_priority = 1,
		.sched_flags = SCHED_FLAG_RESET_ON_FORK,
	};

	if ((task->flags & PF_KTHREAD) && task->policy == SCHED_NORMAL)
		WARN_ON_ONCE(sched_setattr_nocheck(task, &attr) != 0);
}

/*
 * Has the calling thread be scheduled as before, if it was boosted. In process context, also where that is not
 * preempted.
 */
void lunatik_restore_priority(void)
{
	if (unlikely(current->policy == SCHED_FIFO) && current->rt_priority == 1 &&
	    current->sched_reset_on_fork && (current->flags & PF_KTHREAD))
		sched_set_normal(current, task_nice(current));
}
