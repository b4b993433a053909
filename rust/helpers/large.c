// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Large blocks: see large.h.
 */

#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/llist.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/rcuwait.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "helpers.h"

/* The state of the block that the owner asked for. */
enum lunatik_large_state {
	LUNATIK_LARGE_IDLE,		/* nobody asks; only the owner leaves this state */
	LUNATIK_LARGE_WANTED,		/* the worker leaves it, or the owner when it waits no longer */
	LUNATIK_LARGE_TAKEN,		/* only the owner leaves this state */
	LUNATIK_LARGE_ABANDONED,	/* only the worker leaves this state */
};

/* The link at the start of a block that was given back. */
struct lunatik_large_given {
	struct llist_node node;
	size_t size;
};

/*
 * Only one thread at a time, that of the owner, uses it, except for lunatik_large_wake() and _given(). So at most one
 * thread waits, which a hard interrupt may wake. The waking code holds no lock that the woken thread needs: a host that
 * deschedules the waking CPU would keep the lock held.
 */
struct lunatik_large {
	struct work_struct work;
	struct rcuwait wait;
	struct llist_head given;
	atomic_long_t bytes_given;
	int state;
	size_t size;
	struct mem_cgroup *memcg;
	void *block;
	/* Whether the worker was ever used. */
	bool used;
	/* Called for each block of lunatik_large_give() that was freed. */
	void (*freed)(void *account, size_t size);
	void *account;
};

/*
 * User Mode Linux maps memory with interrupts off, and its scheduler wakes a thread on the CPU where it went to sleep,
 * even if that CPU is busy. So the worker must use another CPU than its owner.
 */
static void lunatik_large_queue(struct work_struct *work)
{
	unsigned int cpu = nr_cpu_ids;

	if (IS_ENABLED(CONFIG_UML))
		cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	if (cpu < nr_cpu_ids)
		queue_work_on(cpu, system_percpu_wq, work);
	else
		queue_work(system_dfl_wq, work);
}

static void lunatik_large_start(struct lunatik_large *large)
{
	large->used = true;
	lunatik_large_queue(&large->work);
}

static void lunatik_large_free_given(struct lunatik_large *large)
{
	struct lunatik_large_given *given, *next;

	llist_for_each_entry_safe(given, next, llist_del_all(&large->given), node) {
		size_t size = given->size;

		vfree(given);
		large->freed(large->account, size);
		atomic_long_sub(size, &large->bytes_given);
		rcuwait_wake_up(&large->wait);
		lunatik_give_way();
	}
}

/*
 * In User Mode Linux the first access to each page is a fault in the host. The fault waits for the host's lock on all
 * mappings, which workers take all the time. So that no script waits for that lock, the worker that maps the pages also
 * touches them. Ends when the owner waits no longer.
 */
static void lunatik_large_touch(const struct lunatik_large *large, char *block)
{
	size_t offset;

	if (!IS_ENABLED(CONFIG_UML))
		return;
	for (offset = 0; offset < large->size; offset += PAGE_SIZE) {
		if (READ_ONCE(large->state) != LUNATIK_LARGE_WANTED)
			return;
		WRITE_ONCE(block[offset], 0);
		lunatik_give_way();
	}
}

static void lunatik_large_work(struct work_struct *work)
{
	struct lunatik_large *large = container_of(work, struct lunatik_large, work);
	struct mem_cgroup *former;
	void *block;

	/* Do this first, because the owner relies on it. */
	lunatik_large_free_given(large);
	if (smp_load_acquire(&large->state) == LUNATIK_LARGE_WANTED) {
		former = set_active_memcg(large->memcg);
		block = lunatik_block_map(large->size);
		set_active_memcg(former);
		if (block)
			lunatik_large_touch(large, block);
		large->block = block;
		if (cmpxchg(&large->state, LUNATIK_LARGE_WANTED, LUNATIK_LARGE_TAKEN) ==
		    LUNATIK_LARGE_ABANDONED)
			vfree(block);
	}
	cmpxchg(&large->state, LUNATIK_LARGE_ABANDONED, LUNATIK_LARGE_IDLE);
	rcuwait_wake_up(&large->wait);
}

/*
 * freed(account, size) is called for each block that was given back, when it was freed. Returns null if there is no
 * memory. May sleep.
 */
struct lunatik_large *lunatik_large_new(void (*freed)(void *account, size_t size), void *account)
{
	struct lunatik_large *large = kzalloc(sizeof(*large), GFP_KERNEL_ACCOUNT);

	if (!large)
		return NULL;
	INIT_WORK(&large->work, lunatik_large_work);
	rcuwait_init(&large->wait);
	init_llist_head(&large->given);
	large->freed = freed;
	large->account = account;
	return large;
}

/*
 * Returns when all blocks that were given back are freed. No block may be in use. May sleep.
 */
void lunatik_large_destroy(struct lunatik_large *large)
{
	if (large->used)
		flush_work(&large->work);
	WARN_ON_ONCE(!llist_empty(&large->given));
	kfree(large);
}

/*
 * A physically contiguous block needs no mapping. Without `exact` the block is for kvfree(). kmalloc() rounds up to a
 * power of two, so it is used only for sizes that waste little.
 */
static void *lunatik_large_piece(size_t size, bool exact)
{
	gfp_t flags = (GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_NORETRY) & ~__GFP_DIRECT_RECLAIM;

	if (exact)
		return lunatik_pages(size, true, flags);
	if (size > KMALLOC_MAX_SIZE || roundup_pow_of_two(size) - size > size / 32)
		return NULL;
	return kmalloc(size, flags);
}

/*
 * Takes a block of more than LUNATIK_LARGE_SIZE bytes, charged to memcg (which may be null). With `exact` only
 * lunatik_large_give() may free it, otherwise only kvfree() and lunatik_large_drop(). May sleep. Returns null if there
 * is no memory, or if ended(argument) became true and lunatik_large_wake() was called after that.
 */
void *lunatik_large_take(struct lunatik_large *large, size_t size, bool exact,
			 struct mem_cgroup *memcg, bool (*ended)(void *argument), void *argument)
{
	struct mem_cgroup *former;
	void *block;

	if (ended(argument))
		return NULL;
	former = set_active_memcg(memcg);
	block = lunatik_large_piece(size, exact);
	set_active_memcg(former);
	if (block)
		return block;
	/* The worker may still work on an abandoned block. */
	rcuwait_wait_event(&large->wait,
			   smp_load_acquire(&large->state) == LUNATIK_LARGE_IDLE ||
				   ended(argument),
			   TASK_IDLE);
	if (smp_load_acquire(&large->state) != LUNATIK_LARGE_IDLE)
		return NULL;
	large->size = size;
	large->memcg = memcg;
	smp_store_release(&large->state, LUNATIK_LARGE_WANTED);
	lunatik_large_start(large);
	rcuwait_wait_event(&large->wait,
			   smp_load_acquire(&large->state) == LUNATIK_LARGE_TAKEN ||
				   ended(argument),
			   TASK_IDLE);
	if (cmpxchg(&large->state, LUNATIK_LARGE_WANTED, LUNATIK_LARGE_ABANDONED) ==
	    LUNATIK_LARGE_WANTED)
		return NULL;
	block = large->block;
	smp_store_release(&large->state, LUNATIK_LARGE_IDLE);
	return block;
}

/* Gives back a block of more than LUNATIK_LARGE_SIZE bytes. It is freed some time later. */
void lunatik_large_give(struct lunatik_large *large, void *block, size_t size)
{
	struct lunatik_large_given *given = block;

	if (!is_vmalloc_addr(block)) {
		lunatik_block_free(block, size);
		large->freed(large->account, size);
		return;
	}
	given->size = size;
	atomic_long_add(size, &large->bytes_given);
	llist_add(&given->node, &large->given);
	lunatik_large_start(large);
}

/* The bytes that were given back and are not freed yet. May be called in any context. */
size_t lunatik_large_given(const struct lunatik_large *large)
{
	return atomic_long_read(&large->bytes_given);
}

/*
 * Returns when all blocks that were given back are freed, or when the wait is ended as for lunatik_large_take(). May
 * sleep.
 */
void lunatik_large_settle(struct lunatik_large *large, bool (*ended)(void *argument),
			  void *argument)
{
	rcuwait_wait_event(&large->wait, lunatik_large_given(large) == 0 || ended(argument),
			   TASK_IDLE);
}

/* Makes the waiting thread check whether it must end. May be called in any context. */
void lunatik_large_wake(struct lunatik_large *large)
{
	rcuwait_wake_up(&large->wait);
}

/* The most bytes of dropped blocks that may wait to be freed: as many as a few of the longest messages have. */
#define LUNATIK_LARGE_MAX_DROPPED (64L << 20)

static LLIST_HEAD(lunatik_large_dropped);
static atomic_long_t lunatik_large_bytes_dropped;

static void lunatik_large_free_dropped(struct work_struct *work)
{
	struct lunatik_large_given *given, *next;

	llist_for_each_entry_safe(given, next, llist_del_all(&lunatik_large_dropped), node) {
		size_t size = given->size;

		kvfree(given);
		atomic_long_sub(size, &lunatik_large_bytes_dropped);
		lunatik_give_way();
	}
}

static DECLARE_WORK(lunatik_large_drop_work, lunatik_large_free_dropped);

/*
 * Gives back a block of more than LUNATIK_LARGE_SIZE bytes that belongs to no VM. It is freed some time later, or at
 * once if many bytes wait to be freed already. May sleep.
 */
void lunatik_large_drop(void *block, size_t size)
{
	struct lunatik_large_given *given = block;

	if (!is_vmalloc_addr(block)) {
		kfree(block);
		return;
	}
	if (atomic_long_add_return(size, &lunatik_large_bytes_dropped) >
	    LUNATIK_LARGE_MAX_DROPPED) {
		atomic_long_sub(size, &lunatik_large_bytes_dropped);
		kvfree(block);
		return;
	}
	given->size = size;
	if (llist_add(&given->node, &lunatik_large_dropped))
		lunatik_large_queue(&lunatik_large_drop_work);
}

/* Waits until all dropped blocks are freed. May sleep. */
void lunatik_large_finish_drops(void)
{
	flush_work(&lunatik_large_drop_work);
}
