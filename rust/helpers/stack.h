/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The stack of the calling task; all sizes are in bytes. */
#ifndef LUNATIK_STACK_H
#define LUNATIK_STACK_H

/* What is left of it below the caller. */
unsigned long lunatik_stack_left(void);
/* Whether it has less left than what makes runtimes, runs their text and ends them needs: 11 sixteenths. */
bool lunatik_stack_lacks_room(void);
/* Paints what is below the caller; and says how much of that nobody touched since. */
void lunatik_paint_stack(void);
unsigned long lunatik_stack_untouched(void);

#endif
