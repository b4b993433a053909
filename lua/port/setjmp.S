/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * setjmp and longjmp for x86-64 kernel code.
 *
 * The jump back is a return, not an indirect branch. So it is compatible with retpolines and indirect branch
 * tracking, and uses the return thunk where there is one. User Mode Linux has none of these, and there a branch is
 * predicted better.
 */
#if !defined(__x86_64__)
#error "setjmp.S knows x86-64 only; see Documentation/porting.md"
#endif

#include <linux/linkage.h>
#ifndef CONFIG_UML
#include <linux/objtool.h>
#include <asm/nospec-branch.h>
#endif
#ifndef RET
#define RET ret
#endif

	.text

/* int lunatik_setjmp(jmp_buf env) */
SYM_FUNC_START(lunatik_setjmp)
	movq	%rbx, 0(%rdi)
	movq	%rbp, 8(%rdi)
	movq	%r12, 16(%rdi)
	movq	%r13, 24(%rdi)
	movq	%r14, 32(%rdi)
	movq	%r15, 40(%rdi)
	leaq	8(%rsp), %rax
	movq	%rax, 48(%rdi)
	movq	(%rsp), %rax
	movq	%rax, 56(%rdi)
	xorl	%eax, %eax
	RET
SYM_FUNC_END(lunatik_setjmp)

/* void lunatik_longjmp(jmp_buf env, int value) */
SYM_FUNC_START(lunatik_longjmp)
	movl	%esi, %eax
	movq	0(%rdi), %rbx
	movq	8(%rdi), %rbp
	movq	16(%rdi), %r12
	movq	24(%rdi), %r13
	movq	32(%rdi), %r14
	movq	40(%rdi), %r15
	movq	48(%rdi), %rsp
#ifdef CONFIG_UML
	jmpq	*56(%rdi)
#else
	pushq	56(%rdi)
	UNWIND_HINT_FUNC
	RET
#endif
SYM_FUNC_END(lunatik_longjmp)
