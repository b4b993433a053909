// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Work queues: see queue.h. */

#include <linux/completion.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "helpers.h"

/*
 * The number of ending runtimes that are waited for at a time while they clean up. Each takes a kernel worker with its
 * stack. The others wait for their turn, which comes because each runtime has a bounded grace.
 */
#define LUNATIK_REAPERS 256

struct workqueue_struct *lunatik_alloc_reaper_queue(void)
{
	return alloc_workqueue("lunatik_reaper", WQ_UNBOUND, LUNATIK_REAPERS);
}

struct workqueue_struct *lunatik_alloc_hook_queue(void)
{
	return alloc_workqueue("lunatik_hooks", WQ_UNBOUND | WQ_HIGHPRI, 0);
}

struct workqueue_struct *lunatik_alloc_reclaim_queue(void)
{
	return alloc_workqueue("lunatik_reclaim", WQ_UNBOUND, 1);
}

/*
 * The queue is unbound: C code that computes on a segment must not delay work that is queued on the same CPU, and some
 * kernels do not preempt kernel code.
 */
struct workqueue_struct *lunatik_alloc_segment_queue(void)
{
	return alloc_workqueue("lunatik_segment", WQ_UNBOUND, WQ_MAX_ACTIVE);
}

/*
 * The items of this queue run as long as there are runtimes to run. They must not keep other work of the CPU from
 * running.
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
 * Lies on the stack of the caller, and ceases to exist when 'done' is completed. From then on the worker must not
 * access it.
 */
struct lunatik_queued_call {
	struct work_struct work;
	struct completion done;
	void (*run)(void *argument);
	void *argument;
	struct task_struct *caller;
	/* The thread that runs the call. */
	struct task_struct *worker;
	/* Points to this call, unless another call has replaced it. */
	struct lunatik_queued_call **waiting;
	bool cancelled;
};

/* Protects all pointers that 'waiting' points to, and 'worker'. */
static DEFINE_SPINLOCK(lunatik_waiting_lock);

static void lunatik_queued_call_run(struct work_struct *work)
{
	struct lunatik_queued_call *call =
		container_of(work, struct lunatik_queued_call, work);

	spin_lock(&lunatik_waiting_lock);
	call->worker = current;
	spin_unlock(&lunatik_waiting_lock);
	call->run(call->argument);
	/* From here on a stop would boost the caller, which still waits for this thread. */
	preempt_disable();
	spin_lock(&lunatik_waiting_lock);
	if (*call->waiting == call)
		*call->waiting = NULL;
	spin_unlock(&lunatik_waiting_lock);
	/* A boost of this thread lasts until here and must end now: otherwise the woken caller would look for another CPU. */
	lunatik_restore_priority();
	complete(&call->done);
	preempt_enable();
}

/*
 * This uses a completion instead of flush_work(): a call may be queued from within another one, which lockdep would
 * report as recursion. It waits in TASK_IDLE because the callee may legitimately sleep for hours, and the wait cannot
 * be interrupted because the callee uses this thread's frames.
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
