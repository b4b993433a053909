/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Memory, and the cgroups that it is charged to. */
#ifndef LUNATIK_MEMORY_H
#define LUNATIK_MEMORY_H

#include <linux/types.h>

struct mem_cgroup;

/* linux/memcontrol.h, linux/sched/mm.h */
struct mem_cgroup *lunatik_memcg_get_current(void);
void lunatik_memcg_get(struct mem_cgroup *memcg);
void lunatik_memcg_put(struct mem_cgroup *memcg);
struct mem_cgroup *lunatik_set_active_memcg(struct mem_cgroup *memcg);
size_t lunatik_memcg_room(struct mem_cgroup *memcg);

/* linux/mm.h */
u64 lunatik_total_ram(void);
u64 lunatik_available_ram(void);
void *lunatik_kvmalloc(size_t size, bool no_fail);
void lunatik_kvfree(const void *block);

/* Blocks of a heap: see memory.c. The size of a block is the size that it was taken with or shrunk to. */
void *lunatik_pages(size_t size, bool exact, gfp_t flags);
void *lunatik_block_map(size_t size);
void *lunatik_block_take(size_t size, bool no_fail);
void *lunatik_block_take_now(size_t size);
bool lunatik_block_shrink(void *block, size_t size, size_t new_size);
void lunatik_block_free(void *block, size_t size);

/* linux/kasan.h; both do nothing on kernels without KASAN */
void lunatik_kasan_unpoison(const void *block, size_t size);
void lunatik_kasan_poison(const void *block, size_t size);

#endif
