// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Calls of hooks on private stacks: see hook.h. */

#include <linux/bottom_half.h>
#include <linux/cpuhotplug.h>
#include <linux/irqflags.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/topology.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>
#ifdef CONFIG_X86_64
#ifndef CONFIG_UML
#include <asm/irq_stack.h>
#endif
#endif

#include "fire.h"
#include "hook_cpu.h"

/*
 * Lua computes what is left of a stack from the stack pointer alone, so its part is as large and as aligned as the stack
 * of a task, and begins where those do. Lua leaves half of that to the kernel's functions and to hard interrupts. Below it
 * lie 4 KiB more, at least, because an allocation is aligned to a page only.
 */
#define LUNATIK_HOOK_STACK (THREAD_SIZE * 2)

DEFINE_PER_CPU(struct lunatik_hook_cpu, lunatik_hook_cpus);

/* Protects the state below. */
static DEFINE_MUTEX(lunatik_hook_lock);
static int lunatik_hook_state;

/* Makes the stacks of a CPU, which is not online yet or runs no hooks yet. They stay until the module is unloaded. */
static int lunatik_hook_prepare(unsigned int cpu)
{
	struct lunatik_hook_cpu *hooks = per_cpu_ptr(&lunatik_hook_cpus, cpu);

	for (int i = 0; i < LUNATIK_HOOK_NESTING; i++) {
		void *stack = hooks->stacks[i] ?: vmalloc_node(LUNATIK_HOOK_STACK, cpu_to_node(cpu));

		if (!stack)
			return -ENOMEM;
		WRITE_ONCE(hooks->stacks[i], stack);
	}
	return 0;
}

void lunatik_hook_init(u64 slice_ns)
{
	unsigned int cpu;

	lunatik_sentinel_period = ns_to_ktime(slice_ns);
	for_each_possible_cpu(cpu)
		lunatik_sentinel_setup(per_cpu_ptr(&lunatik_hook_cpus, cpu), cpu);
}

int lunatik_hook_make_stacks(void)
{
	int state = 0;

	mutex_lock(&lunatik_hook_lock);
	if (!lunatik_hook_state) {
		state = cpuhp_setup_state(CPUHP_BP_PREPARE_DYN, "lunatik/hooks:prepare",
					  lunatik_hook_prepare, NULL);
		if (state > 0)
			lunatik_hook_state = state;
	}
	mutex_unlock(&lunatik_hook_lock);
	return min(state, 0);
}

void lunatik_hook_exit(void)
{
	unsigned int cpu;

	if (lunatik_hook_state)
		cpuhp_remove_state_nocalls(lunatik_hook_state);
	for_each_possible_cpu(cpu) {
		struct lunatik_hook_cpu *hooks = per_cpu_ptr(&lunatik_hook_cpus, cpu);

		lunatik_sentinel_cancel(hooks);
		for (int i = 0; i < LUNATIK_HOOK_NESTING; i++)
			vfree(hooks->stacks[i]);
	}
}

#ifdef CONFIG_UML
/*
 * Whether this is a signal handler of User Mode Linux. Softirqs run there, too, if an interrupt came while they were
 * raised. The host holds back the signal of the timer until the handler returns, so the sentinel would never
 * end a call; and the next handler would begin at the top of the signal stack again if a call left it.
 */
static bool lunatik_on_signal_stack(void)
{
	const struct lunatik_hook_cpu *hooks;
	unsigned long here = current_stack_pointer;
	bool found;

	if (ALIGN_DOWN(here, THREAD_SIZE) == (unsigned long)task_stack_page(current))
		return false;
	hooks = get_cpu_ptr(&lunatik_hook_cpus);
	found = hooks->depth && here - (unsigned long)hooks->stacks[hooks->depth - 1] < LUNATIK_HOOK_STACK;
	put_cpu_ptr(&lunatik_hook_cpus);
	return !found;
}
#else
static bool lunatik_on_signal_stack(void)
{
	return false;
}
#endif

unsigned int lunatik_softirq_enter(void)
{
	if (unlikely(in_hardirq() || in_nmi() || irqs_disabled() || lunatik_on_signal_stack()))
		return LUNATIK_SOFTIRQ_REFUSED;
	if (in_softirq())
		return LUNATIK_SOFTIRQ_ALREADY;
	local_bh_disable();
	return LUNATIK_SOFTIRQ_ENTERED;
}

void lunatik_softirq_leave(void)
{
	local_bh_enable();
}

u64 lunatik_hook_clock(void)
{
	return ktime_get_mono_fast_ns();
}

/* The address above Lua's part of the next private stack, or NULL. */
static void *lunatik_hook_top(const struct lunatik_hook_cpu *hooks)
{
	void *stack;

	if (unlikely(hooks->depth >= LUNATIK_HOOK_NESTING))
		return NULL;
	stack = READ_ONCE(hooks->stacks[hooks->depth]);
	if (unlikely(!stack))
		return NULL;
	return (void *)ALIGN_DOWN((unsigned long)stack + LUNATIK_HOOK_STACK, THREAD_SIZE);
}

#ifdef CONFIG_UML
/* The module may lie far from nothing that is called here, but the assembler does not know that. */
static __always_inline void lunatik_hook_switch(void *top, void *argument)
{
	register void *stack asm("rbx") = top;
	register void *first asm("rdi") = argument;
	register void (*function)(void *) asm("rax") = lunatik_hook_run;

	asm volatile("xchgq %%rbx, %%rsp\n\t"
		     "call *%%rax\n\t"
		     "movq %%rbx, %%rsp\n\t"
		     : "+r"(stack), "+r"(first), "+r"(function)
		     :
		     : "cc", "memory", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11");
}
#else
/* The macro of the kernel wants the comma within its argument. */
#define LUNATIK_HOOK_CONSTRAINT , [arg1] "r"(argument)

static __always_inline void lunatik_hook_switch(void *top, void *argument)
{
	/* The unwinder finds the way back in the word below the top. */
	call_on_stack(top - 8, lunatik_hook_run, ASM_CALL_ARG1, LUNATIK_HOOK_CONSTRAINT);
}
#endif

bool lunatik_hook_has_stack(void)
{
	return lunatik_hook_top(this_cpu_ptr(&lunatik_hook_cpus));
}

noinline void lunatik_hook_call(struct lunatik_hook_frame *frame)
{
	struct lunatik_hook_cpu *hooks = this_cpu_ptr(&lunatik_hook_cpus);
	void *top = lunatik_hook_top(hooks);

	frame->below = hooks->top;
	frame->number = ++hooks->calls;
	/* The sentinel, which interrupts this code, sees a frame that is complete. */
	barrier();
	WRITE_ONCE(hooks->top, frame);
	if (unlikely(!READ_ONCE(hooks->awake)))
		lunatik_sentinel_wake(hooks);
	hooks->depth++;
	lunatik_hook_switch(top, frame->argument);
	hooks->depth--;
	WRITE_ONCE(hooks->top, frame->below);
	barrier();
}

/* A value that no frame contains by chance. */
#define LUNATIK_HOOK_PAINT 0x6c756e6174696b21UL

void lunatik_hook_paint(void)
{
	struct lunatik_hook_cpu *hooks;

	local_bh_disable();
	hooks = this_cpu_ptr(&lunatik_hook_cpus);
	for (int i = 0; i < LUNATIK_HOOK_NESTING; i++) {
		unsigned long *stack = hooks->stacks[i];

		for (unsigned long word = 0; stack && word < LUNATIK_HOOK_STACK / sizeof(*stack); word++)
			WRITE_ONCE(stack[word], LUNATIK_HOOK_PAINT);
	}
	local_bh_enable();
}

unsigned long lunatik_hook_untouched(void)
{
	unsigned long least = LUNATIK_HOOK_STACK;
	struct lunatik_hook_cpu *hooks;

	local_bh_disable();
	hooks = this_cpu_ptr(&lunatik_hook_cpus);
	for (int i = 0; i < LUNATIK_HOOK_NESTING; i++) {
		const unsigned long *stack = hooks->stacks[i];
		unsigned long word = 0;

		while (stack && word < LUNATIK_HOOK_STACK / sizeof(*stack) &&
		       READ_ONCE_NOCHECK(stack[word]) == LUNATIK_HOOK_PAINT)
			word++;
		least = min(least, word * sizeof(*stack));
	}
	local_bh_enable();
	return least;
}
