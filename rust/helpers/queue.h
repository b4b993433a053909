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
/* Calls run(argument) in a worker of the queue. Sleeps until it has returned. */
void lunatik_run_on_queue(struct workqueue_struct *queue, void (*run)(void *argument),
			  void *argument);

#endif
