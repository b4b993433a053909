// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Wrappers around inline functions and macros of the kernel; see helpers.h.
 */

#include <linux/bottom_half.h>
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/errname.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/once.h>
#include <linux/preempt.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/siphash.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "helpers.h"

bool lunatik_capable_sys_admin(void)
{
	return capable(CAP_SYS_ADMIN);
}

int lunatik_locked_down_integrity(void)
{
	return security_locked_down(LOCKDOWN_INTEGRITY_MAX);
}

int lunatik_locked_down_module_parameter(void)
{
	return security_locked_down(LOCKDOWN_MODULE_PARAMETERS);
}

u64 lunatik_task_cpu_ns(struct task_struct *task)
{
	return READ_ONCE(task->se.sum_exec_runtime);
}

/* The number of times that the calling thread has left its CPU. */
u64 lunatik_switches(void)
{
	return (u64)current->nvcsw + current->nivcsw;
}

/* Makes the kernel count the CPU time that the calling thread has used until now. The thread may yield its CPU. */
void lunatik_update_cpu_time(void)
{
	schedule();
}

/* True also if the task waits for a CPU. */
bool lunatik_task_is_running(struct task_struct *task)
{
	return task_is_running(task);
}

unsigned int lunatik_task_cpu(struct task_struct *task)
{
	return task_cpu(task);
}

void lunatik_task_comm(struct task_struct *task, char *buffer, size_t size)
{
	strscpy_pad(buffer, task->comm, size);
}

bool lunatik_fatal_signal_pending(void)
{
	return fatal_signal_pending(current);
}

bool lunatik_task_fatal_signal_pending(struct task_struct *task)
{
	return fatal_signal_pending(task);
}

void lunatik_cond_resched(void)
{
	cond_resched();
}

/* This does not use cond_resched(), which does nothing on kernels that are configured as preemptible. */
void lunatik_give_way(void)
{
	/* A thread that continues is not ending yet; it may be cleaning up, for example. */
	lunatik_restore_priority();
	if (need_resched())
		schedule();
}

/* For code that asks to yield: other threads get their turn even if this thread has time left. */
void lunatik_yield(void)
{
	lunatik_restore_priority();
	yield();
}

bool lunatik_in_task(void)
{
	return in_task() && !irqs_disabled() && !in_atomic();
}

void lunatik_might_sleep(void)
{
	might_sleep();
}

void lunatik_bh_disable(void)
{
	local_bh_disable();
}

void lunatik_bh_enable(void)
{
	local_bh_enable();
}

void lunatik_spin_lock_bh(spinlock_t *lock)
{
	spin_lock_bh(lock);
}

void lunatik_spin_unlock_bh(spinlock_t *lock)
{
	spin_unlock_bh(lock);
}

bool lunatik_spin_trylock_bh(spinlock_t *lock)
{
	return spin_trylock_bh(lock);
}

u32 lunatik_hsiphash(const void *bytes, size_t size, u64 first_key, u64 second_key)
{
	hsiphash_key_t key = { { first_key, second_key } };

	return hsiphash(bytes, size, &key);
}

/* Called by Lua. */
unsigned int lunatik_random_seed(void)
{
	return get_random_u32();
}

/* Called by Lua; lua/port/lunatik_lua.h says why. */
const void *lunatik_hidden_address(const void *address)
{
	static siphash_key_t key;

	if (!address)
		return NULL;
	get_random_once(&key, sizeof(key));
	return (const void *)((siphash_1u64((unsigned long)address, &key) >> 16) | 1);
}

bool lunatik_park(const int *word, int sleeping, u64 timeout)
{
	ktime_t expires, *until = NULL;
	bool signal = false;

	if (timeout != U64_MAX) {
		expires = ktime_add_safe(ktime_get(), min_t(u64, timeout, KTIME_MAX));
		until = &expires;
	}
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (READ_ONCE(*word) != sleeping)
			break;
		signal = signal_pending(current);
		if (signal || !schedule_hrtimeout_range(until, 0, HRTIMER_MODE_ABS))
			break;
	}
	__set_current_state(TASK_RUNNING);
	return !signal;
}

unsigned int lunatik_num_online_cpus(void)
{
	return num_online_cpus();
}

unsigned int lunatik_next_online_cpu(unsigned int from)
{
	return from < nr_cpu_ids ? cpumask_next((int)from - 1, cpu_online_mask) : nr_cpu_ids;
}

unsigned int lunatik_cpu_ids(void)
{
	return nr_cpu_ids;
}

unsigned int lunatik_current_cpu(void)
{
	return raw_smp_processor_id();
}

const char *lunatik_errname(int error)
{
	return errname(error);
}
