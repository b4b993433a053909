// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Memory: see memory.h. */

#include <linux/kasan.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

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

/* The bytes left below the limits of the cgroup and of those around it. Page cache does not count as used. */
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

u64 lunatik_available_ram(void)
{
	return (u64)max(si_mem_available(), 0L) << PAGE_SHIFT;
}

/*
 * With 'no_fail', the size must be at most one page, and the memory is not charged.
 *
 * Neither attempt wakes the OOM killer, neither that of the machine nor that of the memory cgroup: a script that wants
 * too much must get an error, and no process must die for it. The first attempt does not try hard to find contiguous
 * pages. The second reclaims repeatedly before it gives up.
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

static void lunatik_poison_rest(char *block, size_t size)
{
	lunatik_kasan_poison(block + ALIGN(size, 8), PAGE_ALIGN(size) - ALIGN(size, 8));
}

/*
 * Allocates contiguous pages, or returns null: a power of two of pages, or with `exact` as many as are needed. The
 * surplus pages are freed one by one to per-CPU lists, where they are not merged at once; so `exact` is for large
 * blocks.
 */
void *lunatik_pages(size_t size, bool exact, gfp_t flags)
{
	unsigned int order = get_order(size);
	void *block;

	if (order > MAX_PAGE_ORDER)
		return NULL;
	if (exact && PAGE_ALIGN(size) != PAGE_SIZE << order)
		block = alloc_pages_exact(size, flags);
	else
		block = (void *)__get_free_pages(flags | __GFP_COMP, order);
	if (block)
		lunatik_poison_rest(block, size);
	return block;
}

/* Allocates and maps whole pages, or returns null. As lunatik_kvmalloc(), it wakes no OOM killer. */
void *lunatik_block_map(size_t size)
{
	void *block = __vmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_NORETRY);

	if (!block)
		block = __vmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
	return block;
}

/*
 * Allocates a block that is not large, as pages. In a slab, one such block would keep all pages of that slab allocated.
 */
void *lunatik_block_take(size_t size, bool no_fail)
{
	void *block;

	if (no_fail)
		return lunatik_pages(size, false, GFP_KERNEL | __GFP_NOFAIL);
	block = lunatik_pages(size, false, GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_NORETRY);
	if (!block)
		block = lunatik_block_map(size);
	return block;
}

/* The same where the caller must not sleep: takes only memory that is free now, and maps none. */
void *lunatik_block_take_now(size_t size)
{
	return lunatik_pages(size, false, GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN);
}

/*
 * Frees the surplus pages of an exact block. Returns whether it has done so; the block is then as if it was allocated
 * with its new size.
 */
bool lunatik_block_shrink(void *block, size_t size, size_t new_size)
{
	if (is_vmalloc_addr(block) || folio_test_large(virt_to_folio(block)))
		return false;
	if (PAGE_ALIGN(size) > PAGE_ALIGN(new_size))
		free_pages_exact(block + PAGE_ALIGN(new_size),
				 PAGE_ALIGN(size) - PAGE_ALIGN(new_size));
	lunatik_poison_rest(block, new_size);
	return true;
}

void lunatik_block_free(void *block, size_t size)
{
	struct folio *folio;

	if (is_vmalloc_addr(block)) {
		vfree(block);
		return;
	}
	folio = virt_to_folio(block);
	if (folio_test_large(folio))
		__free_pages(folio_page(folio, 0), folio_order(folio));
	else
		free_pages_exact(block, size);
}

#ifdef CONFIG_KASAN_GENERIC
/* The compiler calls these for variables on the stack; no kernel header declares them. */
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
