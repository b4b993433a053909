/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Work queues of the module, and calls on them. */
#ifndef LUNATIK_QUEUE_H
#define LUNATIK_QUEUE_H

#include <linux/types.h>

struct workqueue_struct;

/* Each returns null if there is no memory. */
struct workqueue_struct *lunatik_alloc_reaper_queue(void);
struct workqueue_struct *lunatik_alloc_reclaim_queue(void);
struct workqueue_struct *lunatik_alloc_segment_queue(void);
struct workqueue_struct *lunatik_alloc_pool_queue(void);
struct workqueue_struct *lunatik_alloc_pool_end_queue(void);

struct lunatik_queued_call;

/*
 * Calls run(argument) in a worker of the queue. Sleeps until it has returned. Returns false if it was cancelled before it
 * began. 'waiting' is where lunatik_boost_waiting() finds the call; calls that share that do not wait for a
 * worker at the same time, and return before those that were queued before.
 */
bool lunatik_run_on_queue(struct workqueue_struct *queue, void (*run)(void *argument), void *argument,
			  struct lunatik_queued_call **waiting);

/*
 * If a call waits for a worker there, cancels it and boosts its caller; if the worker runs it, boosts that. They
 * call lunatik_restore_priority() some time. Returns whether there was one. In process context; does not sleep.
 */
bool lunatik_boost_waiting(struct lunatik_queued_call **waiting);

#endif
