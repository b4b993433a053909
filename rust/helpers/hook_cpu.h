/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What each CPU has for hooks. Only that CPU touches it, with preemption off. */
#ifndef LUNATIK_HOOK_CPU_H
#define LUNATIK_HOOK_CPU_H

#include <linux/hrtimer.h>
#include <linux/percpu.h>

#include "hook.h"

/* Calls of hooks that may interrupt each other on one CPU: in a task, a softirq and a hard interrupt. */
#define LUNATIK_HOOK_NESTING 3

struct lunatik_hook_cpu {
	/* The innermost call, and how many there are. */
	struct lunatik_hook_frame *top;
	unsigned int depth;
	/* The number of the last call. */
	u64 calls;
	/* vmalloc() gave these. */
	void *stacks[LUNATIK_HOOK_NESTING];
	/* The sentinel: see sentinel.c. */
	struct hrtimer sentinel;
	unsigned int cpu;
	bool awake;
	unsigned int idle;
	u64 seen;
	unsigned int looks;
};

DECLARE_PER_CPU(struct lunatik_hook_cpu, lunatik_hook_cpus);

/* How often the sentinel looks. */
extern ktime_t lunatik_sentinel_period;

void lunatik_sentinel_setup(struct lunatik_hook_cpu *hooks, unsigned int cpu);
/* Makes the sentinel watch. For the CPU itself, in any context but NMI. */
void lunatik_sentinel_wake(struct lunatik_hook_cpu *hooks);
/* To be called when no hook is left. Sleeps. */
void lunatik_sentinel_cancel(struct lunatik_hook_cpu *hooks);

#endif
