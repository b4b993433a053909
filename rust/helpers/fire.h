/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Calls functions in the contexts in which the kernel calls hooks. For tests. */
#ifndef LUNATIK_FIRE_H
#define LUNATIK_FIRE_H

#include <linux/types.h>

/* Where a function is called. */
enum {
	LUNATIK_FIRE_TASK,
	LUNATIK_FIRE_BOTTOM_HALVES_OFF,
	LUNATIK_FIRE_SOFTIRQ,
	/* A softirq that runs upon an interrupt. */
	LUNATIK_FIRE_TIMER,
	LUNATIK_FIRE_INTERRUPTS_OFF,
	LUNATIK_FIRE_HARDIRQ,
	LUNATIK_FIRE_PLACES,
};

/* Calls function(argument) `count` times in that context, on this CPU, and waits until it has. Sleeps. */
void lunatik_fire(unsigned int place, unsigned long count, void (*function)(void *argument), void *argument);

/* Paints the private stacks of this CPU, which must not be in use; the fewest bytes of one that are untouched since. */
void lunatik_hook_paint(void);
unsigned long lunatik_hook_untouched(void);

#endif
