// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Calls functions in the contexts of hooks: see fire.h. */

#include <linux/bottom_half.h>
#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/sched.h>

#include "helpers.h"

struct lunatik_shot {
	struct tasklet_struct tasklet;
	struct hrtimer timer;
	struct completion done;
	unsigned long count;
	void (*function)(void *argument);
	void *argument;
};

static void lunatik_shoot(const struct lunatik_shot *shot)
{
	for (unsigned long i = 0; i < shot->count; i++)
		shot->function(shot->argument);
}

static void lunatik_shoot_in_softirq(struct tasklet_struct *tasklet)
{
	struct lunatik_shot *shot = from_tasklet(shot, tasklet, tasklet);

	lunatik_shoot(shot);
	complete(&shot->done);
}

static enum hrtimer_restart lunatik_shoot_in_timer(struct hrtimer *timer)
{
	struct lunatik_shot *shot = container_of(timer, struct lunatik_shot, timer);

	lunatik_shoot(shot);
	complete(&shot->done);
	return HRTIMER_NORESTART;
}

void lunatik_fire(unsigned int place, unsigned long count, void (*function)(void *argument), void *argument)
{
	struct lunatik_shot shot = { .count = count, .function = function, .argument = argument };
	enum hrtimer_mode mode;
	unsigned long flags;

	switch (place) {
	case LUNATIK_FIRE_BOTTOM_HALVES_OFF:
		local_bh_disable();
		lunatik_shoot(&shot);
		local_bh_enable();
		break;
	case LUNATIK_FIRE_SOFTIRQ:
		init_completion(&shot.done);
		tasklet_setup(&shot.tasklet, lunatik_shoot_in_softirq);
		/* Softirqs run at the end of this section, before any interrupt can have them run. */
		local_bh_disable();
		tasklet_schedule(&shot.tasklet);
		local_bh_enable();
		wait_for_completion(&shot.done);
		tasklet_kill(&shot.tasklet);
		break;
	case LUNATIK_FIRE_INTERRUPTS_OFF:
		local_irq_save(flags);
		lunatik_shoot(&shot);
		local_irq_restore(flags);
		break;
	case LUNATIK_FIRE_TIMER:
	case LUNATIK_FIRE_HARDIRQ:
		mode = place == LUNATIK_FIRE_HARDIRQ ? HRTIMER_MODE_REL_PINNED_HARD : HRTIMER_MODE_REL_PINNED_SOFT;
		init_completion(&shot.done);
		hrtimer_setup_on_stack(&shot.timer, lunatik_shoot_in_timer, CLOCK_MONOTONIC, mode);
		hrtimer_start(&shot.timer, 0, mode);
		wait_for_completion(&shot.done);
		hrtimer_cancel(&shot.timer);
		destroy_hrtimer_on_stack(&shot.timer);
		break;
	default:
		lunatik_shoot(&shot);
	}
}
