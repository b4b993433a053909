/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Netfilter hooks in C, to compare hooks in Lua with: what they do, and what their calls cost. For benchmarks only.
 */
#ifndef HOOK_BENCH_H
#define HOOK_BENCH_H

#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <linux/types.h>

/* What the hooks have counted on a CPU. */
struct hook_bench_counts {
	u64 packets;
	/* Packets from an address in the table. */
	u64 found;
	/* The sum of the lengths, and that of all other fields, which keeps the compiler from leaving them out. */
	u64 bytes;
	u64 fields;
};
DECLARE_PER_CPU(struct hook_bench_counts, hook_bench_counts);

/* The hook with a name, or NULL. */
nf_hookfn *hook_bench_find(const char *name);

/*
 * The table of addresses: 10.1.0.0 and those after it. Find counts a packet from an address, and returns whether it is
 * in the table; for code under rcu_read_lock() with bottom halves off.
 */
int hook_bench_fill_addresses(unsigned int count);
void hook_bench_free_addresses(void);
bool hook_bench_find_address(__be32 address);

/* The files in debugfs. They call the hook; 'ops' is what it is registered with. */
void hook_bench_make_files(const struct nf_hook_ops *ops);
void hook_bench_remove_files(void);

#endif
