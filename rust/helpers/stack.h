/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The stack of the calling task; all sizes are in bytes. */
#ifndef LUNATIK_STACK_H
#define LUNATIK_STACK_H

/* What is left of it below the caller. */
unsigned long lunatik_stack_left(void);
/* What there is of it in all. */
unsigned long lunatik_thread_size(void);
/* Paints what is below the caller; and says how much of that nobody touched since. */
void lunatik_paint_stack(void);
unsigned long lunatik_stack_untouched(void);

#endif
