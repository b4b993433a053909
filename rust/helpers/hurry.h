/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Threads of the kernel that run before others for a moment: what they execute is to end, and cannot while
 * they wait for their turn. See hurry.c.
 */
#ifndef LUNATIK_HURRY_H
#define LUNATIK_HURRY_H

#include <linux/types.h>

struct task_struct;

bool lunatik_hurry(struct task_struct *task, bool even_with_cpu);
void lunatik_end_first(void);
void lunatik_calm(void);

#endif
