// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Measures stacks: see stack.h. */

#include <linux/irqflags.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>

#include "helpers.h"

/* Lua's files include no kernel headers: lua/Kbuild passes them the size. */
static_assert(LUNATIK_THREAD_SIZE == THREAD_SIZE);

unsigned long lunatik_stack_left(void)
{
	return current_stack_pointer - (unsigned long)task_stack_page(current);
}

/* The same computation as in Lua, so that stack-check finds the same result in both. */
bool lunatik_stack_lacks_room(void)
{
	return (current_stack_pointer & (THREAD_SIZE - 1)) < THREAD_SIZE / 16 * 11;
}

/* A value that no frame contains by chance. */
#define LUNATIK_PAINT 0x6c756e6174696b21UL

/* The words at the very end belong to the kernel, which uses them to detect overflows. */
static unsigned long *lunatik_paint_from(void)
{
	return (unsigned long *)((unsigned long)task_stack_page(current) + 128);
}

/*
 * Paints the current stack below the caller. It is not a loop in C, because the compiler may keep values in that
 * memory, and sanitizers treat it as unallocated. Interrupts are off, because they would put their frames into the
 * memory that is being painted.
 */
noinline void lunatik_paint_stack(void)
{
	unsigned long *word = lunatik_paint_from();
	unsigned long words, flags;

	local_irq_save(flags);
	words = (current_stack_pointer - 256 - (unsigned long)word) / sizeof(*word);
	asm volatile("rep stosq"
		     : "+D"(word), "+c"(words)
		     : "a"(LUNATIK_PAINT)
		     : "memory");
	local_irq_restore(flags);
}

/* The bytes at the end of the current stack that were not touched since it was painted. */
noinline unsigned long lunatik_stack_untouched(void)
{
	const unsigned long *first = lunatik_paint_from(), *word = first;

	while ((unsigned long)word < current_stack_pointer &&
	       READ_ONCE_NOCHECK(*word) == LUNATIK_PAINT)
		word++;
	return (unsigned long)word - (unsigned long)first;
}
