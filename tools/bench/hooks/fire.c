// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Files in debugfs, in the folder hook_bench. A number that is written to "fire" is how often the hooks at the point are
 * called with a made packet, whoever has registered them; reading tells what a call has cost. "counts" tells what those of
 * this module have counted.
 */

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/ip.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/net_namespace.h>

#include "hook_bench.h"

/* Calls that are measured at a time, with bottom halves off. */
#define BATCH 1000

/* Bytes after the headers. */
#define PAYLOAD 18

/* 10.1.0.1, which the table has, and 10.2.0.1. */
#define FROM 0x0a010001
#define TO 0x0a020001

static const struct nf_hook_ops *fired;
static struct dentry *folder;

/* Guards the three. */
static DEFINE_MUTEX(lock);
static u64 calls_done;
static u64 total_ns;
static u64 least_batch_ns;

/* A datagram, as hooks for IPv4 see it. */
static struct sk_buff *make_packet(void)
{
	const unsigned int length = sizeof(struct iphdr) + sizeof(struct udphdr) + PAYLOAD;
	struct sk_buff *skb = alloc_skb(LL_MAX_HEADER + length, GFP_KERNEL);
	struct udphdr *udp;
	struct iphdr *ip;

	if (!skb)
		return NULL;
	skb_reserve(skb, LL_MAX_HEADER);
	skb_reset_network_header(skb);
	ip = skb_put_zero(skb, length);
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tot_len = htons(length);
	ip->ttl = 64;
	ip->protocol = IPPROTO_UDP;
	ip->saddr = htonl(FROM);
	ip->daddr = htonl(TO);
	skb_set_transport_header(skb, sizeof(*ip));
	udp = udp_hdr(skb);
	udp->source = htons(1024);
	udp->dest = htons(7);
	udp->len = htons(sizeof(*udp) + PAYLOAD);
	skb->protocol = htons(ETH_P_IP);
	skb->dev = init_net.loopback_dev;
	return skb;
}

/* Calls the hooks. Returns nanoseconds, or 0 if one did not accept the packet, which is freed then. */
static u64 fire_batch(struct sk_buff *skb, unsigned int calls)
{
	/* Hooks of the family inet are among those of IPv4. */
	const u8 family = fired->pf == NFPROTO_INET ? NFPROTO_IPV4 : fired->pf;
	bool accepted = true;
	u64 begin, time;

	local_bh_disable();
	begin = ktime_get_ns();
	for (unsigned int i = 0; accepted && i < calls; i++)
		accepted = nf_hook(family, fired->hooknum, &init_net, NULL, skb, skb->dev, NULL, NULL) == 1;
	time = ktime_get_ns() - begin;
	local_bh_enable();
	return accepted ? time : 0;
}

static int fire(u64 calls)
{
	struct sk_buff *skb = make_packet();
	int error = 0;

	if (!skb)
		return -ENOMEM;
	calls_done = 0;
	total_ns = 0;
	least_batch_ns = U64_MAX;
	while (calls_done < calls) {
		u64 time = fire_batch(skb, BATCH);

		if (!time)
			/* The kernel has freed the packet. */
			return -EIO;
		calls_done += BATCH;
		total_ns += time;
		least_batch_ns = min(least_batch_ns, time);
		if (fatal_signal_pending(current)) {
			error = -EINTR;
			break;
		}
		cond_resched();
	}
	kfree_skb(skb);
	return error;
}

static ssize_t fire_write(struct file *file, const char __user *text, size_t length, loff_t *offset)
{
	u64 calls;
	int error = kstrtou64_from_user(text, length, 0, &calls);

	if (error)
		return error;
	error = mutex_lock_interruptible(&lock);
	if (error)
		return error;
	error = fire(calls);
	mutex_unlock(&lock);
	return error ?: length;
}

static int fire_show(struct seq_file *file, void *unused)
{
	int error = mutex_lock_interruptible(&lock);

	if (error)
		return error;
	if (calls_done) {
		/* Tenths of a nanosecond. */
		u64 mean = div64_u64(total_ns * 10, calls_done);
		u64 least = div64_u64(least_batch_ns * 10, BATCH);
		u32 mean_tenths, least_tenths;

		mean = div_u64_rem(mean, 10, &mean_tenths);
		least = div_u64_rem(least, 10, &least_tenths);
		seq_printf(file, "calls=%llu mean_ns=%llu.%u least_ns=%llu.%u\n", calls_done, mean, mean_tenths,
			   least, least_tenths);
	}
	mutex_unlock(&lock);
	return 0;
}
DEFINE_SHOW_STORE_ATTRIBUTE(fire);

static int counts_show(struct seq_file *file, void *unused)
{
	struct hook_bench_counts sum = {};
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct hook_bench_counts *counts = per_cpu_ptr(&hook_bench_counts, cpu);

		sum.packets += READ_ONCE(counts->packets);
		sum.found += READ_ONCE(counts->found);
		sum.bytes += READ_ONCE(counts->bytes);
		sum.fields += READ_ONCE(counts->fields);
	}
	seq_printf(file, "packets=%llu found=%llu bytes=%llu fields=%llu\n", sum.packets, sum.found, sum.bytes,
		   sum.fields);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counts);

void hook_bench_make_files(const struct nf_hook_ops *ops)
{
	fired = ops;
	folder = debugfs_create_dir("hook_bench", NULL);
	debugfs_create_file("fire", 0600, folder, NULL, &fire_fops);
	debugfs_create_file("counts", 0400, folder, NULL, &counts_fops);
}

void hook_bench_remove_files(void)
{
	debugfs_remove(folder);
}
