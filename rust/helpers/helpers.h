/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Kernel items that are macros or inline functions in C, or whose form depends on the configuration, and that the
 * kernel crate does not wrap. There is one wrapper per item, without logic: decisions are made in Rust.
 */
#ifndef LUNATIK_HELPERS_H
#define LUNATIK_HELPERS_H

#include <linux/spinlock_types.h>
#include <linux/types.h>

#include "../stdio/helpers.h"
#include "boost.h"
#include "file.h"
#include "fire.h"
#include "hook.h"
#include "init_root.h"
#include "large.h"
#include "memory.h"
#include "netfilter.h"
#include "percpu.h"
#include "process.h"
#include "queue.h"
#include "skb.h"
#include "skb_testing.h"
#include "stack.h"
#include "watch.h"

struct task_struct;

/* linux/capability.h, linux/security.h */
bool lunatik_capable_sys_admin(void);
int lunatik_locked_down_integrity(void);
int lunatik_locked_down_module_parameter(void);

/* linux/sched.h */
u64 lunatik_task_cpu_ns(struct task_struct *task);
bool lunatik_task_is_running(struct task_struct *task);
u64 lunatik_switches(void);
void lunatik_update_cpu_time(void);
unsigned int lunatik_task_cpu(struct task_struct *task);
void lunatik_task_comm(struct task_struct *task, char *buffer, size_t size);
bool lunatik_fatal_signal_pending(void);
bool lunatik_task_fatal_signal_pending(struct task_struct *task);
void lunatik_cond_resched(void);
void lunatik_give_way(void);
void lunatik_yield(void);
bool lunatik_in_task(void);
void lunatik_might_sleep(void);

/* linux/bottom_half.h */
void lunatik_bh_disable(void);
void lunatik_bh_enable(void);

/* linux/spinlock.h */
void lunatik_spin_lock_bh(spinlock_t *lock);
void lunatik_spin_unlock_bh(spinlock_t *lock);
bool lunatik_spin_trylock_bh(spinlock_t *lock);

/* linux/random.h */
unsigned int lunatik_random_seed(void);

/* linux/siphash.h */
const void *lunatik_hidden_address(const void *address);
u32 lunatik_hsiphash(const void *bytes, size_t size, u64 first_key, u64 second_key);

/*
 * linux/hrtimer.h, linux/sched/signal.h: sleeps while *word is 'sleeping', at most 'timeout' nanoseconds (U64_MAX:
 * forever). Returns false if a signal ends the sleep.
 */
bool lunatik_park(const int *word, int sleeping, u64 timeout);

/* linux/cpumask.h, linux/smp.h */
unsigned int lunatik_num_online_cpus(void);
unsigned int lunatik_current_cpu(void);
unsigned int lunatik_next_online_cpu(unsigned int from);
unsigned int lunatik_cpu_ids(void);

/* linux/err.h */
const char *lunatik_errname(int error);

#endif
