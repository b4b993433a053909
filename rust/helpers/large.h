/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Large blocks of memory (megabytes), which take the kernel milliseconds to map and to unmap. A kernel worker does
 * that, so that a thread that waits for it can be told to stop waiting. See large.c.
 */
#ifndef LUNATIK_LARGE_H
#define LUNATIK_LARGE_H

#include <linux/types.h>

struct mem_cgroup;
struct lunatik_large;

/* Blocks with more bytes than this are allocated and freed by these functions. */
#define LUNATIK_LARGE_SIZE 65536UL

struct lunatik_large *lunatik_large_new(void (*freed)(void *account, size_t size), void *account);
void lunatik_large_destroy(struct lunatik_large *large);
void *lunatik_large_take(struct lunatik_large *large, size_t size, bool exact,
			 struct mem_cgroup *memcg, bool (*ended)(void *argument), void *argument);
void lunatik_large_give(struct lunatik_large *large, void *block, size_t size);
size_t lunatik_large_given(const struct lunatik_large *large);
void lunatik_large_settle(struct lunatik_large *large, bool (*ended)(void *argument),
			  void *argument);
void lunatik_large_wake(struct lunatik_large *large);
void lunatik_large_drop(void *block, size_t size);
void lunatik_large_finish_drops(void);

#endif
