// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The table of addresses, which each have a counter for each CPU. */

#include <linux/percpu.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "hook_bench.h"

/* 10.1.0.0 */
#define FIRST_ADDRESS 0x0a010000

struct entry {
	__be32 address;
	struct rhash_head node;
	u64 __percpu *packets;
};

static const struct rhashtable_params params = {
	.key_len = sizeof_field(struct entry, address),
	.key_offset = offsetof(struct entry, address),
	.head_offset = offsetof(struct entry, node),
};

static struct rhashtable table;

bool hook_bench_find_address(__be32 address)
{
	struct entry *entry = rhashtable_lookup(&table, &address, params);

	if (!entry)
		return false;
	(*this_cpu_ptr(entry->packets))++;
	return true;
}

static void free_entry(void *pointer, void *argument)
{
	struct entry *entry = pointer;

	free_percpu(entry->packets);
	kfree(entry);
}

static int add(__be32 address)
{
	struct entry *entry = kzalloc_obj(*entry);
	int error;

	if (!entry)
		return -ENOMEM;
	entry->address = address;
	entry->packets = alloc_percpu(u64);
	error = entry->packets ? rhashtable_insert_fast(&table, &entry->node, params) : -ENOMEM;
	if (error)
		free_entry(entry, NULL);
	return error;
}

int hook_bench_fill_addresses(unsigned int count)
{
	int error = rhashtable_init(&table, &params);

	if (error)
		return error;
	for (unsigned int i = 0; !error && i < count; i++)
		error = add(htonl(FIRST_ADDRESS + i));
	if (error)
		hook_bench_free_addresses();
	return error;
}

void hook_bench_free_addresses(void)
{
	rhashtable_free_and_destroy(&table, free_entry, NULL);
}
