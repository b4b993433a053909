/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A timer that checks a task every 10 ms, in hard interrupt context. It calls fire(argument) once when the task that
 * armed the watch has a fatal signal pending, has used deadline_ms of CPU time since (0: no deadline), or has slept for
 * ten times that. At each check it calls tick(argument, used, slept) with the nanoseconds that the task has used and
 * slept since the last check, at most 10 ms.
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
/*
 * Only the task that armed the watch may call this. Returns whether fire() was called. After the return, neither
 * function is running.
 */
bool lunatik_watch_disarm(struct lunatik_watch *watch);

#endif
