/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A timer that looks after a task: when the task that armed a watch has a fatal
 * signal pending, or it has used deadline_ms of CPU time since (0: any), or slept for ten times that,
 * fire(argument) is called in hard interrupt context, once; and every 10 ms tick(argument, used, slept),
 * with what the task did since the last one, in nanoseconds, 10 ms at most.
 */
#ifndef LUNATIK_WATCH_H
#define LUNATIK_WATCH_H

#include <linux/types.h>

struct lunatik_watch {
	unsigned long space[20];
};

void lunatik_watch_arm(struct lunatik_watch *watch, void (*fire)(void *argument),
		       void (*tick)(void *argument, u64 used, u64 slept), void *argument,
		       unsigned int deadline_ms);
/* For the task that armed it. Returns whether fire() was called; neither is running any more then. */
bool lunatik_watch_disarm(struct lunatik_watch *watch);

#endif
