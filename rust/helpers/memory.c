// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Memory: see memory.h. */

#include <linux/kasan.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "helpers.h"

struct mem_cgroup *lunatik_memcg_get_current(void)
{
	return get_mem_cgroup_from_mm(current->mm);
}

void lunatik_memcg_get(struct mem_cgroup *memcg)
{
#ifdef CONFIG_MEMCG
	if (memcg)
		css_get(&memcg->css);
#endif
}

void lunatik_memcg_put(struct mem_cgroup *memcg)
{
	mem_cgroup_put(memcg);
}

struct mem_cgroup *lunatik_set_active_memcg(struct mem_cgroup *memcg)
{
	return set_active_memcg(memcg);
}

/* Bytes below the limits of the cgroup and of those that it is in, its page cache left out. */
size_t lunatik_memcg_room(struct mem_cgroup *memcg)
{
	size_t room = SIZE_MAX >> PAGE_SHIFT;
#ifdef CONFIG_MEMCG
	unsigned long cache = 0;
	int node, zone;

	for_each_online_node(node) {
		struct mem_cgroup_per_node *part = memcg->nodeinfo[node];

		for (zone = 0; zone < MAX_NR_ZONES; zone++)
			cache += READ_ONCE(part->lru_zone_size[zone][LRU_INACTIVE_FILE]) +
				 READ_ONCE(part->lru_zone_size[zone][LRU_ACTIVE_FILE]);
	}
	for (; memcg; memcg = parent_mem_cgroup(memcg)) {
		unsigned long used = page_counter_read(&memcg->memory);
		unsigned long limit = READ_ONCE(memcg->memory.max);

		used -= min(used, cache);
		room = min(room, limit > used ? limit - used : 0);
	}
#endif
	return room << PAGE_SHIFT;
}

u64 lunatik_total_ram(void)
{
	return (u64)totalram_pages() << PAGE_SHIFT;
}

/*
 * One page at most may be had without fail; then it is not charged.
 *
 * Neither attempt wakes the OOM killer, be it of the machine or of the memory cgroup: a
 * script that wants too much is to get an error, and nobody is to die for it. The first
 * does not look hard for contiguous pages; the second reclaims again and again before it
 * gives up.
 */
void *lunatik_kvmalloc(size_t size, bool no_fail)
{
	void *block;

	if (no_fail)
		return kvmalloc(size, GFP_KERNEL | __GFP_NOFAIL);
	block = kvmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_NORETRY);
	if (!block)
		block = kvmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
	return block;
}

void lunatik_kvfree(const void *block)
{
	kvfree(block);
}

#ifdef CONFIG_KASAN_GENERIC
/* What the compiler calls for variables on the stack; no header of the kernel has them. */
void __asan_set_shadow_00(const void *address, ssize_t size);
void __asan_set_shadow_f8(const void *address, ssize_t size);

void lunatik_kasan_unpoison(const void *block, size_t size)
{
	__asan_set_shadow_00(kasan_mem_to_shadow(block),
			     DIV_ROUND_UP(size, 1 << KASAN_SHADOW_SCALE_SHIFT));
}

void lunatik_kasan_poison(const void *block, size_t size)
{
	__asan_set_shadow_f8(kasan_mem_to_shadow(block), size >> KASAN_SHADOW_SCALE_SHIFT);
}
#else
void lunatik_kasan_unpoison(const void *block, size_t size)
{
}

void lunatik_kasan_poison(const void *block, size_t size)
{
}
#endif
