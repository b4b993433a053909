// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What the hooks do with a packet. */

#include <linux/bottom_half.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <net/ip.h>

#include "hook_bench.h"

/* The port whose datagrams are dropped: that of the protocol "discard". */
#define DROPPED_PORT 9

DEFINE_PER_CPU(struct hook_bench_counts, hook_bench_counts);

/* The header of IPv4, or NULL if the packet has none. */
static const struct iphdr *ip_header(const struct sk_buff *skb, struct iphdr *copy)
{
	if (skb->protocol != htons(ETH_P_IP))
		return NULL;
	return skb_header_pointer(skb, skb_network_offset(skb), sizeof(*copy), copy);
}

/* The ports of TCP and UDP, or NULL. */
static const __be16 *ports_of(const struct sk_buff *skb, const struct iphdr *ip, __be16 copy[2])
{
	if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)
		return NULL;
	if (ip->frag_off & htons(IP_OFFSET))
		return NULL;
	return skb_header_pointer(skb, skb_network_offset(skb) + ip->ihl * 4, 2 * sizeof(*copy), copy);
}

/*
 * The counts of this CPU, until put_counts(). A hook at local_out may be interrupted by one in a softirq.
 * this_cpu_add() would do on x86, but turns interrupts off elsewhere, which takes User Mode Linux 400 ns each time.
 */
static struct hook_bench_counts *get_counts(void)
{
	local_bh_disable();
	return this_cpu_ptr(&hook_bench_counts);
}

static void put_counts(void)
{
	local_bh_enable();
}

static unsigned int do_nothing(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static unsigned int read_fields(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct iphdr ip_copy;
	__be16 ports_copy[2];
	const struct iphdr *ip = ip_header(skb, &ip_copy);
	struct hook_bench_counts *counts;
	const __be16 *ports;
	u64 sum;

	if (!ip)
		return NF_ACCEPT;
	sum = (u64)ntohl(ip->saddr) + ntohl(ip->daddr) + ip->protocol;
	ports = ports_of(skb, ip, ports_copy);
	if (ports)
		sum += ntohs(ports[0]) + ntohs(ports[1]);
	counts = get_counts();
	counts->packets++;
	counts->bytes += ntohs(ip->tot_len);
	counts->fields += sum;
	put_counts();
	return NF_ACCEPT;
}

static unsigned int look_up(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct iphdr copy;
	const struct iphdr *ip = ip_header(skb, &copy);
	struct hook_bench_counts *counts;

	if (!ip)
		return NF_ACCEPT;
	counts = get_counts();
	counts->packets++;
	counts->found += hook_bench_find_address(ip->saddr);
	put_counts();
	return NF_ACCEPT;
}

static unsigned int drop(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct iphdr ip_copy;
	__be16 ports_copy[2];
	const struct iphdr *ip = ip_header(skb, &ip_copy);
	const __be16 *ports;

	if (!ip || ip->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	ports = ports_of(skb, ip, ports_copy);
	if (!ports || ports[1] != htons(DROPPED_PORT))
		return NF_ACCEPT;
	get_counts()->packets++;
	put_counts();
	return NF_DROP;
}

nf_hookfn *hook_bench_find(const char *name)
{
	static const struct {
		const char *name;
		nf_hookfn *hook;
	} hooks[] = {
		{ "empty", do_nothing },
		{ "fields", read_fields },
		{ "lookup", look_up },
		{ "drop", drop },
	};

	for (int i = 0; i < ARRAY_SIZE(hooks); i++)
		if (!strcmp(hooks[i].name, name))
			return hooks[i].hook;
	return NULL;
}
