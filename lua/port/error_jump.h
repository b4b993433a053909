/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The destination of a Lua error. Included by ldo.c, in place of its own structure. */
#ifndef LUNATIK_ERROR_JUMP_H
#define LUNATIK_ERROR_JUMP_H

#include <setjmp.h>

typedef struct lua_longjmp {
	struct lua_longjmp *previous;
	jmp_buf b;
	volatile TStatus status;
	/* The last call that continues after an error; null if any call may. */
	CallInfo *ci;
	/* Whether the error is for the first level of the thread. */
	volatile lu_byte tobase;
	/* Whether `previous` lies on another stack. */
	volatile lu_byte segment;
} lua_longjmp;

#endif
