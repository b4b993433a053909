// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Work queues: see queue.h. */

#include <linux/completion.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "helpers.h"

/*
 * At one time so many runtimes may be waited for that tidy up. Each takes a worker with its
 * stack; the others wait for their turn, which comes, for each has a grace.
 */
#define LUNATIK_REAPERS 256

struct workqueue_struct *lunatik_alloc_reaper_queue(void)
{
	return alloc_workqueue("lunatik_reaper", WQ_UNBOUND, LUNATIK_REAPERS);
}

struct workqueue_struct *lunatik_alloc_reclaim_queue(void)
{
	return alloc_workqueue("lunatik_reclaim", WQ_UNBOUND, 1);
}

/*
 * Unbound: C code that computes on a segment must not keep from the CPU what is queued there, and there are
 * kernels that take no CPU away from kernel code.
 */
struct workqueue_struct *lunatik_alloc_segment_queue(void)
{
	return alloc_workqueue("lunatik_segment", WQ_UNBOUND, WQ_MAX_ACTIVE);
}

/*
 * Its items run as long as there is something to do, which must not keep other work of the CPU
 * from running.
 */
struct workqueue_struct *lunatik_alloc_pool_queue(void)
{
	return alloc_workqueue("lunatik_pool", WQ_PERCPU | WQ_CPU_INTENSIVE, WQ_MAX_ACTIVE);
}

struct workqueue_struct *lunatik_alloc_pool_end_queue(void)
{
	return alloc_workqueue("lunatik_pool_end", WQ_UNBOUND, 1);
}

/*
 * Lies on the stack of the caller, and is gone when 'done' is: then whoever runs it must not look at
 * it any more.
 */
struct lunatik_queued_call {
	struct work_struct work;
	struct completion done;
	void (*run)(void *argument);
	void *argument;
	struct task_struct *caller;
	/* The thread that runs it. */
	struct task_struct *worker;
	/* Where it can be found, unless another one is there by now. */
	struct lunatik_queued_call **waiting;
	bool cancelled;
};

/* For all that 'waiting' points to, and 'worker'. */
static DEFINE_SPINLOCK(lunatik_waiting_lock);

static void lunatik_queued_call_run(struct work_struct *work)
{
	struct lunatik_queued_call *call =
		container_of(work, struct lunatik_queued_call, work);

	spin_lock(&lunatik_waiting_lock);
	call->worker = current;
	spin_unlock(&lunatik_waiting_lock);
	call->run(call->argument);
	/* From here on a stop boosts the caller, which still waits for this thread. */
	preempt_disable();
	spin_lock(&lunatik_waiting_lock);
	if (*call->waiting == call)
		*call->waiting = NULL;
	spin_unlock(&lunatik_waiting_lock);
	/* If this thread is boosted, it is so until now, but no longer: the caller would look for another CPU. */
	lunatik_restore_priority();
	complete(&call->done);
	preempt_enable();
}

/*
 * A completion, not flush_work(): a call may be queued from within another one,
 * which lockdep takes for recursion. TASK_IDLE: the callee may rightly sleep for
 * hours, and the wait cannot be cut short because it works on our frames.
 */
bool lunatik_run_on_queue(struct workqueue_struct *queue, void (*run)(void *argument), void *argument,
			  struct lunatik_queued_call **waiting)
{
	struct lunatik_queued_call call = {
		.run = run,
		.argument = argument,
		.caller = current,
		.waiting = waiting,
	};

	init_completion(&call.done);
	INIT_WORK_ONSTACK(&call.work, lunatik_queued_call_run);
	spin_lock(&lunatik_waiting_lock);
	*waiting = &call;
	queue_work(queue, &call.work);
	spin_unlock(&lunatik_waiting_lock);
	wait_for_completion_state(&call.done, TASK_IDLE);
	destroy_work_on_stack(&call.work);
	return !call.cancelled;
}

bool lunatik_boost_waiting(struct lunatik_queued_call **waiting)
{
	struct lunatik_queued_call *call;
	struct task_struct *boosted = NULL;

	spin_lock(&lunatik_waiting_lock);
	call = *waiting;
	if (call && cancel_work(&call->work)) {
		*waiting = NULL;
		call->cancelled = true;
		boosted = call->caller;
		lunatik_boost(boosted);
		complete(&call->done);
	} else if (call && call->worker) {
		boosted = call->worker;
		lunatik_boost(boosted);
	}
	spin_unlock(&lunatik_waiting_lock);
	return boosted != NULL;
}
