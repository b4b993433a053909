/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Numbers that each CPU has for itself. */
#ifndef LUNATIK_PERCPU_H
#define LUNATIK_PERCPU_H

#include <linux/types.h>

/* `count` zeroes for each possible CPU, or NULL. The first function sleeps, the second takes only its result, or NULL. */
void *lunatik_percpu_alloc(size_t count);
void lunatik_percpu_free(void *words);
/* Adds to a word of the CPU that runs this, in any context. */
void lunatik_percpu_add(void *words, size_t index, u64 more);
/* The sum of a word of all CPUs, in any context. */
u64 lunatik_percpu_sum(void *words, size_t index);

/* linux/cpumask.h */
unsigned int lunatik_num_possible_cpus(void);

#endif
