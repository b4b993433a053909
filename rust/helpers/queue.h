/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Work queues of the module, and calls on them. */
#ifndef LUNATIK_QUEUE_H
#define LUNATIK_QUEUE_H

struct workqueue_struct;

/* Each returns null if there is no memory. */
struct workqueue_struct *lunatik_alloc_reaper_queue(void);
struct workqueue_struct *lunatik_alloc_reclaim_queue(void);
struct workqueue_struct *lunatik_alloc_segment_queue(void);
struct workqueue_struct *lunatik_alloc_pool_queue(void);

struct lunatik_queued_call;

/*
 * What runs in a worker, and is told which call it is. It returns to how many callers it returns, from the inside,
 * of those that wait for each other: 1, or more. Then the callers in between, and what they run in, are
 * passed by, and those functions are to return 0.
 */
typedef unsigned int (*lunatik_queued_function)(void *argument, struct lunatik_queued_call *call);

/*
 * Calls run(argument, ...) in a worker of the queue, for a caller that runs in the call 'outer', which
 * may be null. Sleeps until it returns to this caller, and returns true; or past it, and returns false.
 */
bool lunatik_run_on_queue(struct workqueue_struct *queue, lunatik_queued_function run,
			  void *argument, struct lunatik_queued_call *outer);

#endif
