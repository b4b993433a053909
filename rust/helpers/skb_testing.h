/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Packets that tests make. */
#ifndef LUNATIK_SKB_TESTING_H
#define LUNATIK_SKB_TESTING_H

#include <linux/types.h>

struct nf_hook_state;
struct sk_buff;

/* How a packet is to be. Offsets count from the network header. */
struct lunatik_skb_plan {
	/* The bytes, from the MAC header on. */
	const void *bytes;
	unsigned int length;
	/* How many of them the MAC header has. */
	unsigned int mac;
	bool has_mac;
	/* Whether skb->data is at the MAC header. */
	bool at_mac;
	/* How many bytes from skb->data on lie in one piece; the others are in pages, 'piece' bytes in each. */
	unsigned int linear;
	unsigned int piece;
	u16 protocol;
	unsigned int transport;
	/* 0: it is no GSO packet. */
	unsigned int gso_size;
	/* Whether a device is to complete the checksum at 'check', of the bytes from 'transport' on. */
	bool is_partial;
	unsigned int check;
	/* Whether the loopback device is its device. */
	bool has_device;
	/* Of the hook. */
	u8 family;
	u8 hook;
};

/* Makes a packet, and a state of a hook, for lunatik_skb_unmake(). Returns 0 or -errno. Sleeps. */
int lunatik_skb_make(const struct lunatik_skb_plan *plan, struct sk_buff **skb, struct nf_hook_state **state);
void lunatik_skb_unmake(struct sk_buff *skb, struct nf_hook_state *state);
/* A clone, for lunatik_skb_free(), or NULL. Sleeps. */
struct sk_buff *lunatik_skb_clone(struct sk_buff *skb);
/* What is known of the checksum: CHECKSUM_NONE and the like. */
unsigned int lunatik_skb_summed(const struct sk_buff *skb);

#endif
