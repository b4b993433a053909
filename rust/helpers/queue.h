/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Workqueues of the module, and calls on them. */
#ifndef LUNATIK_QUEUE_H
#define LUNATIK_QUEUE_H

#include <linux/types.h>

struct workqueue_struct;

/* Each returns null if there is no memory. */
struct workqueue_struct *lunatik_alloc_reaper_queue(void);
struct workqueue_struct *lunatik_alloc_hook_queue(void);
struct workqueue_struct *lunatik_alloc_reclaim_queue(void);
struct workqueue_struct *lunatik_alloc_segment_queue(void);
struct workqueue_struct *lunatik_alloc_pool_queue(void);
struct workqueue_struct *lunatik_alloc_pool_end_queue(void);

struct lunatik_queued_call;

/*
 * Calls run(argument) in a worker of the queue, and sleeps until it has returned. Returns false if the call was
 * cancelled before it began. lunatik_boost_waiting() finds the call through 'waiting'. Calls that share a 'waiting'
 * must be nested: only one of them waits for a worker at a time, and a later call returns before the earlier ones.
 */
bool lunatik_run_on_queue(struct workqueue_struct *queue, void (*run)(void *argument), void *argument,
			  struct lunatik_queued_call **waiting);

/*
 * If a call waits for a worker there, cancels it and boosts its caller. If a worker runs the call, boosts the worker.
 * The boosted thread later calls lunatik_restore_priority(). Returns whether a thread was boosted. Must be called in
 * process context; does not sleep.
 */
bool lunatik_boost_waiting(struct lunatik_queued_call **waiting);

#endif
