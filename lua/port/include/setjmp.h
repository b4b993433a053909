/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Non-local jumps; see setjmp.S. */
#ifndef LUNATIK_SETJMP_H
#define LUNATIK_SETJMP_H

/* rbx, rbp, r12, r13, r14, r15, rsp, return address */
typedef unsigned long jmp_buf[8];

int lunatik_setjmp(jmp_buf env) __attribute__((returns_twice));
void lunatik_longjmp(jmp_buf env, int value);

#endif
