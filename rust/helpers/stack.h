/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The stack of the calling task; all sizes are in bytes. */
#ifndef LUNATIK_STACK_H
#define LUNATIK_STACK_H

/* The bytes that are left below the caller. */
unsigned long lunatik_stack_left(void);
/* Whether it has less left than the code that makes, runs and ends runtimes needs: 11 sixteenths of the stack. */
bool lunatik_stack_lacks_room(void);
/* The first function paints the stack below the caller; the second returns how much of that was not touched since. */
void lunatik_paint_stack(void);
unsigned long lunatik_stack_untouched(void);

#endif
