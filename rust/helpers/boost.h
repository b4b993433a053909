/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Threads of the kernel that run before others for a moment: what they execute is to end, and cannot while
 * they wait for their turn. See boost.c.
 */
#ifndef LUNATIK_BOOST_H
#define LUNATIK_BOOST_H

struct task_struct;

void lunatik_boost(struct task_struct *task);
void lunatik_restore_priority(void);

#endif
