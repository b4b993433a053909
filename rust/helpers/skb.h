/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Packets, as a netfilter hook gets them. All functions are for softirq context, or process context with bottom halves
 * off, and for the code that a hook has lent the packet to. None sleeps. Offsets count from skb->data, and are negative
 * for what lies before it, as the MAC header at most hooks. In a kernel without netfilter there is no packet to call
 * them with.
 */
#ifndef LUNATIK_SKB_H
#define LUNATIK_SKB_H

#include <linux/types.h>

struct nf_hook_state;
struct sk_buff;

/* Where the parts of a packet are. */
struct lunatik_skb_shape {
	int network;
	/* INT_MIN if there is no MAC header. */
	int mac;
	/* Where the checksum starts that the device is to complete; INT_MIN if it has none to complete. */
	int partial;
	unsigned int headroom;
	/* The bytes from skb->data on. */
	unsigned int length;
	u16 protocol;
	bool is_gso;
	/* Whether it is a list of packets, which cannot be copied. */
	bool is_fraglist;
};
void lunatik_skb_shape(const struct sk_buff *skb, struct lunatik_skb_shape *shape);

/* Copies bytes out of the packet. Returns false if some of them are not in it. */
bool lunatik_skb_read(const struct sk_buff *skb, int offset, unsigned int length, void *to);
/* The number that 1, 2 or 4 bytes of the packet are in network order, or -1 if some of them are not in it. */
s64 lunatik_skb_number(const struct sk_buff *skb, int offset, unsigned int length);
/* The bytes, if they lie in memory one after the other, until the packet is changed. Else NULL. */
const void *lunatik_skb_linear(const struct sk_buff *skb, int offset, unsigned int length);
/*
 * Skips extension headers of IPv6 from 'start' on; 'next' is the type of the first. Returns the offset of the header
 * behind them and sets its type, or -1. *fragment is the offset and the flags of the fragment header, 0 without one.
 * For a fragment that is not the first one, the result is the offset of the fragment header.
 */
int lunatik_skb_skip_extensions(const struct sk_buff *skb, int start, u8 *next, u16 *fragment);

/*
 * Changes of a packet. Each makes private first what it changes, and returns 0 or -errno: EBUSY for a packet that
 * others use, too, EINVAL for a range outside of the packet. After a failure the content is the same.
 */
int lunatik_skb_write(struct sk_buff *skb, int offset, unsigned int length, const void *from);
/* Cuts off the packet, or appends zeros, so that there are 'length' bytes from skb->data on. Not for GSO packets. */
int lunatik_skb_resize(struct sk_buff *skb, unsigned int length);
/* Exchanges 'old' bytes at 'offset' by 'fresh' others. Not for GSO packets. */
int lunatik_skb_replace(struct sk_buff *skb, unsigned int offset, unsigned int old, const void *bytes,
			unsigned int fresh);
/* Completes the checksum that was left to the device. Not for GSO packets. */
int lunatik_skb_complete_checksum(struct sk_buff *skb);

/* The internet checksum of bytes of the packet, complemented. Returns false if some of them are not in it. */
bool lunatik_skb_sum(const struct sk_buff *skb, int offset, unsigned int length, u16 *sum);
/*
 * The checksum of TCP or UDP over 'length' bytes at 'transport', or with 'partial' the sum that a device completes. The
 * IP header is at 'network'. Returns false if some of the bytes are not in the packet.
 */
bool lunatik_skb_transport_sum(const struct sk_buff *skb, int network, bool is_ipv6, int transport,
			       unsigned int length, u8 protocol, bool partial, u16 *sum);

/* A copy with memory of its own, for lunatik_skb_free(); NULL without memory. Not for lists of packets. */
struct sk_buff *lunatik_skb_copy(const struct sk_buff *skb);
void lunatik_skb_free(struct sk_buff *skb);
/*
 * Appends a clone that begins at the MAC header to a list. Returns 0 or -errno: ENODEV without a device, ENETDOWN if it
 * is down, EDESTADDRREQ without a MAC header of the device, EMSGSIZE if the packet is too long for the device.
 */
int lunatik_skb_forward(struct sk_buff *skb, struct sk_buff **list);
/* Sends the packets of a list that the function above has made, in the RCU section in which they were made. */
void lunatik_skb_send(struct sk_buff *list);

/* Fields of struct sk_buff. */
u32 lunatik_packet_mark(const struct sk_buff *skb);
void lunatik_packet_set_mark(struct sk_buff *skb, u32 mark);
u32 lunatik_packet_priority(const struct sk_buff *skb);
void lunatik_packet_set_priority(struct sk_buff *skb, u32 priority);
/* 0 without a device. */
int lunatik_skb_ifindex(const struct sk_buff *skb);
/* -1 without a VLAN. */
int lunatik_skb_vlan(const struct sk_buff *skb);

/* The mark of the packet's connection. If it has none, the first returns false and the second does nothing. */
bool lunatik_skb_connmark(const struct sk_buff *skb, u32 *mark);
void lunatik_skb_set_connmark(const struct sk_buff *skb, u32 mark);
/* The state of the packet's connection: a number of enum ip_conntrack_info, or -1 if nobody has looked for it. */
int lunatik_skb_ctinfo(const struct sk_buff *skb);

unsigned int lunatik_hook_number(const struct nf_hook_state *state);
/* Whether no code of the kernel has looked at the packet's headers yet. */
bool lunatik_hook_is_ingress(const struct nf_hook_state *state);

#endif
