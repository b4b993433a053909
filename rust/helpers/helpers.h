/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Kernel items that are macros or inline functions in C, or whose form depends
 * on the configuration, and that the kernel crate does not wrap. One wrapper per
 * item and no logic: the Rust side decides.
 */
#ifndef LUNATIK_HELPERS_H
#define LUNATIK_HELPERS_H

#include <linux/types.h>

#include "../stdio/helpers.h"
#include "file.h"
#include "large.h"
#include "queue.h"
#include "stack.h"
#include "watch.h"

struct mem_cgroup;
struct task_struct;

/* linux/capability.h, linux/security.h */
bool lunatik_capable_sys_admin(void);
int lunatik_locked_down_integrity(void);
int lunatik_locked_down_module_parameter(void);

/* linux/memcontrol.h, linux/sched/mm.h */
struct mem_cgroup *lunatik_memcg_get_current(void);
void lunatik_memcg_get(struct mem_cgroup *memcg);
void lunatik_memcg_put(struct mem_cgroup *memcg);
struct mem_cgroup *lunatik_set_active_memcg(struct mem_cgroup *memcg);
size_t lunatik_memcg_room(struct mem_cgroup *memcg);

/* linux/sched.h */
u64 lunatik_task_cpu_ns(struct task_struct *task);
bool lunatik_task_is_running(struct task_struct *task);
unsigned int lunatik_task_cpu(struct task_struct *task);
void lunatik_task_comm(struct task_struct *task, char *buffer, size_t size);
bool lunatik_fatal_signal_pending(void);
bool lunatik_task_fatal_signal_pending(struct task_struct *task);
void lunatik_cond_resched(void);
void lunatik_give_way(void);
bool lunatik_in_task(void);

/* linux/random.h */
unsigned int lunatik_random_seed(void);

/* linux/siphash.h */
const void *lunatik_hidden_address(const void *address);
u32 lunatik_hsiphash(const void *bytes, size_t size, u64 first_key, u64 second_key);

/*
 * linux/hrtimer.h, linux/sched/signal.h: sleeps while *word is 'sleeping', at most 'timeout'
 * nanoseconds (U64_MAX: for ever), or until a signal comes, for which it returns false.
 */
bool lunatik_park(const int *word, int sleeping, u64 timeout);

/* linux/mm.h */
u64 lunatik_total_ram(void);
void *lunatik_kvmalloc(size_t size, bool no_fail);
void lunatik_kvfree(const void *block);

/* linux/kasan.h; both do nothing on kernels without KASAN */
void lunatik_kasan_unpoison(const void *block, size_t size);
void lunatik_kasan_poison(const void *block, size_t size);

/* linux/cpumask.h, linux/smp.h */
unsigned int lunatik_num_online_cpus(void);
unsigned int lunatik_current_cpu(void);

/* linux/err.h */
const char *lunatik_errname(int error);

#endif
