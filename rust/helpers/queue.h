/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Work queues of the module, and calls on them. */
#ifndef LUNATIK_QUEUE_H
#define LUNATIK_QUEUE_H

struct task_struct;
struct workqueue_struct;

/* Each returns null if there is no memory. */
struct workqueue_struct *lunatik_alloc_reaper_queue(void);
struct workqueue_struct *lunatik_alloc_reclaim_queue(void);
struct workqueue_struct *lunatik_alloc_segment_queue(void);
struct workqueue_struct *lunatik_alloc_pool_queue(void);
struct workqueue_struct *lunatik_alloc_pool_end_queue(void);

struct lunatik_queued_call;

/*
 * What runs in a worker, and is told which call it is. It returns to how many callers it returns, from the inside,
 * of those that wait for each other: 1, or more. Then the callers in between, and what they run in, are
 * passed by, and those functions are to return 0.
 */
typedef unsigned int (*lunatik_queued_function)(void *argument, struct lunatik_queued_call *call);

/* What has become of a call: it has returned to its caller, or past it; or it was cancelled before it began. */
#define LUNATIK_RAN 0
#define LUNATIK_PASSED 1
#define LUNATIK_CANCELLED 2

/*
 * Calls run(argument, ...) in a worker of the queue, for a caller that runs in the call 'outer', which
 * may be null. Sleeps until it has returned. 'waiting' is where lunatik_hurry_waiting() finds the call; calls that
 * share that do not wait for a worker at the same time, and return before those that were queued before.
 */
unsigned int lunatik_run_on_queue(struct workqueue_struct *queue, lunatik_queued_function run,
				  void *argument, struct lunatik_queued_call *outer,
				  struct lunatik_queued_call **waiting);

/*
 * Cancels the call that waits for a worker there, if one does, and has its caller hurry; or the worker, if it runs that.
 * They call lunatik_calm() then some time. Returns whether it has. In process context; does not sleep.
 */
bool lunatik_hurry_waiting(struct lunatik_queued_call **waiting);

/*
 * The thread that the function of 'call', which is to be the calling one, is going to return to, 'levels'
 * callers from the inside. It waits until the function has.
 */
struct task_struct *lunatik_queued_caller(struct lunatik_queued_call *call, unsigned int levels);

#endif
