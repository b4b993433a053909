// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Numbers that each CPU has for itself: see percpu.h. */

#include <linux/cpumask.h>
#include <linux/percpu.h>

#include <asm/local64.h>

#include "helpers.h"

/*
 * Not this_cpu_add(), for which some architectures turn interrupts off: User Mode Linux does so by system calls. These
 * words are changed by one instruction where there is one, and atomically where there is none.
 */
static local64_t __percpu *word(void *words, size_t index)
{
	/* The cast goes through an integer: GCC has no cast from one address space to another. */
	return (local64_t __percpu *)(unsigned long)words + index;
}

void *lunatik_percpu_alloc(size_t count)
{
	return (void *)(__force unsigned long)__alloc_percpu_gfp(count * sizeof(local64_t), __alignof__(local64_t),
								 GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
}

void lunatik_percpu_free(void *words)
{
	free_percpu((void __percpu *)(unsigned long)words);
}

void lunatik_percpu_add(void *words, size_t index, u64 more)
{
	local64_t __percpu *chosen = word(words, index);

	local64_add(more, get_cpu_ptr(chosen));
	put_cpu_ptr(chosen);
}

u64 lunatik_percpu_sum(void *words, size_t index)
{
	u64 sum = 0;
	unsigned int cpu;

	/* A CPU that has gone keeps what it has counted. */
	for_each_possible_cpu(cpu)
		sum += local64_read(per_cpu_ptr(word(words, index), cpu));
	return sum;
}

unsigned int lunatik_num_possible_cpus(void)
{
	return num_possible_cpus();
}
