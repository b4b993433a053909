// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Packets that tests make: see skb_testing.h. */

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/sizes.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "helpers.h"

/* Bytes of a page that do not belong to the packet: the first one of it is at an odd address. */
#define BEFORE 7

static int append_pages(struct sk_buff *skb, const void *bytes, unsigned int length, unsigned int piece)
{
	piece = clamp(piece, 1u, (unsigned int)PAGE_SIZE - BEFORE);
	for (int i = 0; length > 0; i++) {
		unsigned int part = min(length, piece);
		struct page *page;

		if (i == MAX_SKB_FRAGS)
			return -E2BIG;
		page = alloc_page(GFP_KERNEL);
		if (!page)
			return -ENOMEM;
		memcpy(page_address(page) + BEFORE, bytes, part);
		skb_add_rx_frag(skb, i, page, BEFORE, part, PAGE_SIZE);
		bytes += part;
		length -= part;
	}
	return 0;
}

static int fill(struct sk_buff *skb, const struct lunatik_skb_plan *plan)
{
	unsigned int mac = plan->has_mac ? plan->mac : 0;
	unsigned int pulled = plan->at_mac ? 0 : mac;
	unsigned int linear;
	int error;

	if (mac > plan->length)
		return -EINVAL;
	/* No room behind, so that a packet grows only by moving. */
	linear = min(plan->length, max(pulled + plan->linear, mac));
	skb_put_data(skb, plan->bytes, linear);
	error = append_pages(skb, plan->bytes + linear, plan->length - linear, plan->piece);
	if (error)
		return error;
	if (plan->has_mac)
		skb_reset_mac_header(skb);
	skb_set_network_header(skb, mac);
	skb_set_transport_header(skb, mac + plan->transport);
	if (plan->is_partial) {
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = skb_headroom(skb) + mac + plan->transport;
		skb->csum_offset = plan->check;
	} else {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	}
	__skb_pull(skb, pulled);
	skb->protocol = htons(plan->protocol);
	if (plan->gso_size) {
		skb_shinfo(skb)->gso_size = plan->gso_size;
		skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
		skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(plan->length, plan->gso_size);
	}
	/* The device of the first namespace is never removed. */
	skb->dev = plan->has_device ? init_net.loopback_dev : NULL;
	return 0;
}

int lunatik_skb_make(const struct lunatik_skb_plan *plan, struct sk_buff **skb, struct nf_hook_state **state)
{
	unsigned int headroom = 32;
	int error;

	if (plan->length > SZ_128K)
		return -EINVAL;
	*state = kzalloc(sizeof(**state), GFP_KERNEL | __GFP_NOWARN);
	*skb = alloc_skb(headroom + plan->length, GFP_KERNEL);
	if (!*state || !*skb) {
		error = -ENOMEM;
	} else {
		(*state)->hook = plan->hook;
		(*state)->pf = plan->family;
		skb_reserve(*skb, headroom);
		error = fill(*skb, plan);
	}
	if (error)
		lunatik_skb_unmake(*skb, *state);
	return error;
}

void lunatik_skb_unmake(struct sk_buff *skb, struct nf_hook_state *state)
{
	consume_skb(skb);
	kfree(state);
}

struct sk_buff *lunatik_skb_clone(struct sk_buff *skb)
{
	return skb_clone(skb, GFP_KERNEL);
}

unsigned int lunatik_skb_summed(const struct sk_buff *skb)
{
	return skb->ip_summed;
}
