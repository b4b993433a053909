// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Threads that hurry: see hurry.h.
 *
 * They are scheduled as ones of real time, of the lowest priority. To make a thread less nice would not do:
 * one that has had more than its share waits all the longer the more it weighs.
 */

#include <linux/sched.h>
#include <uapi/linux/sched/types.h>

#include "helpers.h"

/*
 * Has a thread run before all that are not of real time, until it calls lunatik_calm(). Only one of the kernel's that is
 * scheduled as usual: how urgent threads of processes are is for their users to say. The thread must not end
 * meanwhile. Returns false where it would not do anything but delay the thread, for that has a CPU and is not
 * about to lose it, unless that does not matter. In process context; does not sleep.
 */
bool lunatik_hurry(struct task_struct *task, bool even_with_cpu)
{
	/* By the flag its own are told from those that somebody else made so urgent. */
	struct sched_attr attr = {
		.sched_policy = SCHED_FIFO,
		.sched_priority = 1,
		.sched_flags = SCHED_FLAG_RESET_ON_FORK,
	};

	if (!even_with_cpu && READ_ONCE(task->on_cpu) && !test_tsk_need_resched(task))
		return false;
	if ((task->flags & PF_KTHREAD) && task->policy == SCHED_NORMAL)
		WARN_ON_ONCE(sched_setattr_nocheck(task, &attr) != 0);
	return true;
}

/*
 * For the calling thread, whose code ends: if it is about to lose the CPU, it hurries. Also called by Lua. In
 * process context; does not sleep.
 */
void lunatik_end_first(void)
{
	if (unlikely(need_resched()))
		lunatik_hurry(current, true);
}

/* Has the calling thread be scheduled as before, if it hurries. In process context, also where that is not preempted. */
void lunatik_calm(void)
{
	if (unlikely(current->policy == SCHED_FIFO) && current->rt_priority == 1 &&
	    current->sched_reset_on_fork && (current->flags & PF_KTHREAD))
		sched_set_normal(current, task_nice(current));
}
