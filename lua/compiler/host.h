/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the compiler of lua/lib/ changes in the kernel's configuration of Lua; included after it. A process of the
 * host has one deep stack: it is never low.
 */
#ifndef LUNATIK_HOST_H
#define LUNATIK_HOST_H

#include <setjmp.h>

#define lunatik_setjmp _setjmp
#define lunatik_longjmp _longjmp
#define lunatik_stackislow() 0
#define lunatik_stackleft() LUNATIK_THREAD_SIZE

#endif
