/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Boosts kernel threads: a boosted thread runs before others for a moment, because its code must end and cannot end
 * while the thread waits for its turn. See boost.c.
 */
#ifndef LUNATIK_BOOST_H
#define LUNATIK_BOOST_H

struct task_struct;

void lunatik_boost(struct task_struct *task);
void lunatik_restore_priority(void);

#endif
