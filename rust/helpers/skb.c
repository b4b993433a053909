// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Packets: see skb.h. */

#include <linux/bottom_half.h>
#include <linux/gfp.h>
#include <linux/if_vlan.h>
#include <linux/ipv6.h>
#include <linux/limits.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_ecache.h>

#include "helpers.h"

/* A hook must do without memory if there is none: the script gets an error. */
#define GFP_HOOK (GFP_ATOMIC | __GFP_NOWARN)

void lunatik_skb_shape(const struct sk_buff *skb, struct lunatik_skb_shape *shape)
{
	shape->network = skb_network_offset(skb);
	shape->mac = skb_mac_header_was_set(skb) ? skb_mac_offset(skb) : INT_MIN;
	shape->partial = skb->ip_summed == CHECKSUM_PARTIAL ? skb_checksum_start_offset(skb) : INT_MIN;
	shape->headroom = skb_headroom(skb);
	shape->length = skb->len;
	shape->protocol = ntohs(skb->protocol);
	shape->is_gso = skb_is_gso(skb);
	shape->is_fraglist = skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST;
}

static bool is_inside(const struct sk_buff *skb, int offset, unsigned int length)
{
	return offset >= -(int)skb_headroom(skb) && length <= INT_MAX && (s64)offset + length <= skb->len;
}

bool lunatik_skb_read(const struct sk_buff *skb, int offset, unsigned int length, void *to)
{
	const void *bytes;

	if (!is_inside(skb, offset, length))
		return false;
	bytes = skb_header_pointer(skb, offset, length, to);
	if (!bytes)
		return false;
	if (bytes != to)
		memcpy(to, bytes, length);
	return true;
}

s64 lunatik_skb_number(const struct sk_buff *skb, int offset, unsigned int length)
{
	u8 copy[sizeof(u32)];
	const void *bytes;

	if (length > sizeof(copy) || !is_inside(skb, offset, length))
		return -1;
	bytes = skb_header_pointer(skb, offset, length, copy);
	if (!bytes)
		return -1;
	switch (length) {
	case sizeof(u8):
		return *(const u8 *)bytes;
	case sizeof(u16):
		return get_unaligned_be16(bytes);
	case sizeof(u32):
		return get_unaligned_be32(bytes);
	}
	return -1;
}

const void *lunatik_skb_linear(const struct sk_buff *skb, int offset, unsigned int length)
{
	if (!is_inside(skb, offset, length) || (s64)offset + length > skb_headlen(skb))
		return NULL;
	return skb->data + offset;
}

int lunatik_skb_skip_extensions(const struct sk_buff *skb, int start, u8 *next, u16 *fragment)
{
	__be16 found;
	int behind = ipv6_skip_exthdr(skb, start, next, &found);

	*fragment = ntohs(found);
	return behind;
}

/* Notes that bytes from the network header on have changed. */
static void note_change(struct sk_buff *skb)
{
	if (skb_is_gso(skb)) {
		/* The headers are checked, and the segments counted, before a device sees it. */
		skb_shinfo(skb)->gso_type |= SKB_GSO_DODGY;
		skb_shinfo(skb)->gso_segs = 0;
	} else if (skb->ip_summed != CHECKSUM_PARTIAL) {
		/* What a device has found does not hold any more. */
		skb->ip_summed = CHECKSUM_NONE;
	}
}

int lunatik_skb_write(struct sk_buff *skb, int offset, unsigned int length, const void *from)
{
	int end, error;

	if (!is_inside(skb, offset, length))
		return -EINVAL;
	if (skb_shared(skb))
		return -EBUSY;
	/* note_change() writes into what clones share, too. */
	error = skb_is_gso(skb) ? skb_unclone(skb, GFP_HOOK) : 0;
	if (error)
		return error;
	/* This makes what lies before skb->data private, too. */
	end = offset + (int)length;
	error = skb_ensure_writable(skb, max(end, 0));
	if (error)
		return error;
	memcpy(skb->data + offset, from, length);
	if (end > skb_network_offset(skb))
		note_change(skb);
	return 0;
}

int lunatik_skb_complete_checksum(struct sk_buff *skb)
{
	int start, end;

	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return 0;
	if (skb_shared(skb))
		return -EBUSY;
	start = skb_checksum_start_offset(skb);
	end = start + skb->csum_offset + (int)sizeof(__sum16);
	if (start < 0 || end > skb->len) {
		/* There is none. The kernel would warn. */
		skb->ip_summed = CHECKSUM_NONE;
		return 0;
	}
	if (!pskb_may_pull(skb, end))
		return -ENOMEM;
	return skb_csum_hwoffload_help(skb, 0);
}

/* Appends zeros. All of the packet is private and in one piece then. */
static int grow(struct sk_buff *skb, unsigned int more)
{
	unsigned int room;

	if (skb_linearize(skb))
		return -ENOMEM;
	room = skb_tailroom(skb);
	if ((skb_cloned(skb) || room < more) &&
	    pskb_expand_head(skb, 0, more > room ? more - room : 0, GFP_HOOK))
		return -ENOMEM;
	skb_put_zero(skb, more);
	return 0;
}

int lunatik_skb_resize(struct sk_buff *skb, unsigned int length)
{
	int error;

	if (skb_is_gso(skb))
		return -EINVAL;
	if (skb_shared(skb))
		return -EBUSY;
	/* A device might complete a checksum beyond the end. */
	error = lunatik_skb_complete_checksum(skb);
	if (error)
		return error;
	error = length > skb->len ? grow(skb, length - skb->len) : pskb_trim(skb, length);
	if (!error)
		note_change(skb);
	return error;
}

int lunatik_skb_replace(struct sk_buff *skb, unsigned int offset, unsigned int old, const void *bytes,
			unsigned int fresh)
{
	unsigned int length = skb->len;
	int error;

	if (skb_is_gso(skb) || offset > length || old > length - offset)
		return -EINVAL;
	if (skb_shared(skb))
		return -EBUSY;
	error = lunatik_skb_complete_checksum(skb);
	if (error)
		return error;
	if (fresh > old) {
		error = grow(skb, fresh - old);
	} else {
		error = skb_linearize(skb);
		if (!error)
			error = skb_unclone(skb, GFP_HOOK);
	}
	if (error)
		return error;
	memmove(skb->data + offset + fresh, skb->data + offset + old, length - offset - old);
	memcpy(skb->data + offset, bytes, fresh);
	if (fresh < old)
		skb_trim(skb, length - (old - fresh));
	note_change(skb);
	return 0;
}

bool lunatik_skb_sum(const struct sk_buff *skb, int offset, unsigned int length, u16 *sum)
{
	if (!is_inside(skb, offset, length) || !skb_frags_readable(skb))
		return false;
	*sum = (__force u16)csum_fold(skb_checksum(skb, offset, length, 0));
	return true;
}

bool lunatik_skb_transport_sum(const struct sk_buff *skb, int network, bool is_ipv6, int transport,
			       unsigned int length, u8 protocol, bool partial, u16 *sum)
{
	__wsum bytes = 0;
	__sum16 folded;

	if (!is_inside(skb, transport, length) || !skb_frags_readable(skb))
		return false;
	if (!partial)
		bytes = skb_checksum(skb, transport, length, 0);
	if (is_ipv6) {
		struct in6_addr addresses[2];

		if (!lunatik_skb_read(skb, network + (int)offsetof(struct ipv6hdr, saddr),
				      sizeof(addresses), addresses))
			return false;
		folded = csum_ipv6_magic(&addresses[0], &addresses[1], length, protocol, bytes);
	} else {
		__be32 addresses[2];

		if (!lunatik_skb_read(skb, network + (int)offsetof(struct iphdr, saddr), sizeof(addresses),
				      addresses))
			return false;
		folded = csum_tcpudp_magic(addresses[0], addresses[1], length, protocol, bytes);
	}
	*sum = (__force u16)folded;
	if (partial)
		*sum = ~*sum;
	return true;
}

struct sk_buff *lunatik_skb_copy(const struct sk_buff *skb)
{
	return skb_copy(skb, GFP_HOOK);
}

void lunatik_skb_free(struct sk_buff *skb)
{
	consume_skb(skb);
}

int lunatik_skb_forward(struct sk_buff *skb, struct sk_buff **list)
{
	struct net_device *device = skb->dev;
	struct sk_buff *clone;

	if (!device)
		return -ENODEV;
	if (!skb_mac_header_was_set(skb) || skb_mac_offset(skb) > 0)
		return -EDESTADDRREQ;
	if (!(device->flags & IFF_UP))
		return -ENETDOWN;
	clone = skb_clone(skb, GFP_HOOK);
	if (!clone)
		return -ENOMEM;
	skb_push(clone, -skb_mac_offset(clone));
	if (!clone->len || clone->len < device->hard_header_len) {
		consume_skb(clone);
		return -EDESTADDRREQ;
	}
	if (!is_skb_forwardable(device, clone)) {
		consume_skb(clone);
		return -EMSGSIZE;
	}
	/*
	 * It is a new packet: neither a checksum of a device nor a connection is known. It keeps its route, for there is
	 * none from the loopback device to a loopback address. Other devices let go of it.
	 */
	skb_forward_csum(clone);
	skb_clear_tstamp(clone);
	nf_reset_ct(clone);
	skb_mark_not_on_list(clone);
	while (*list)
		list = &(*list)->next;
	*list = clone;
	return 0;
}

/* How often the CPU is in lunatik_skb_send(): hooks of a device may forward in their turn. */
static DEFINE_PER_CPU(unsigned int, lunatik_sending);
#define MAX_SENDING 2

void lunatik_skb_send(struct sk_buff *list)
{
	struct sk_buff *skb, *next;

	if (!list)
		return;
	local_bh_disable();
	skb_list_walk_safe(list, skb, next) {
		skb_mark_not_on_list(skb);
		if (__this_cpu_read(lunatik_sending) >= MAX_SENDING) {
			kfree_skb(skb);
			continue;
		}
		__this_cpu_inc(lunatik_sending);
		dev_queue_xmit(skb);
		__this_cpu_dec(lunatik_sending);
	}
	local_bh_enable();
}

u32 lunatik_packet_mark(const struct sk_buff *skb)
{
	return skb->mark;
}

void lunatik_packet_set_mark(struct sk_buff *skb, u32 mark)
{
	skb->mark = mark;
}

u32 lunatik_packet_priority(const struct sk_buff *skb)
{
	return skb->priority;
}

void lunatik_packet_set_priority(struct sk_buff *skb, u32 priority)
{
	skb->priority = priority;
}

int lunatik_skb_ifindex(const struct sk_buff *skb)
{
	return skb->dev ? skb->dev->ifindex : 0;
}

int lunatik_skb_vlan(const struct sk_buff *skb)
{
	return skb_vlan_tag_present(skb) ? skb_vlan_tag_get_id(skb) : -1;
}

#if IS_ENABLED(CONFIG_NF_CONNTRACK)
static struct nf_conn *connection(const struct sk_buff *skb)
{
	enum ip_conntrack_info info;
	struct nf_conn *found = nf_ct_get(skb, &info);

	/* A template stands for no connection: packets share it. */
	return found && !nf_ct_is_template(found) ? found : NULL;
}
#endif

bool lunatik_skb_connmark(const struct sk_buff *skb, u32 *mark)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK) && defined(CONFIG_NF_CONNTRACK_MARK)
	struct nf_conn *found = connection(skb);

	if (found)
		*mark = READ_ONCE(found->mark);
	return found;
#else
	return false;
#endif
}

void lunatik_skb_set_connmark(const struct sk_buff *skb, u32 mark)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK) && defined(CONFIG_NF_CONNTRACK_MARK)
	struct nf_conn *found = connection(skb);

	if (found && READ_ONCE(found->mark) != mark) {
		WRITE_ONCE(found->mark, mark);
		nf_conntrack_event_cache(IPCT_MARK, found);
	}
#endif
}

int lunatik_skb_ctinfo(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info info;

	if (nf_ct_get(skb, &info) || info == IP_CT_UNTRACKED)
		return info;
#endif
	return -1;
}

unsigned int lunatik_hook_number(const struct nf_hook_state *state)
{
	return state->hook;
}

bool lunatik_hook_is_ingress(const struct nf_hook_state *state)
{
	return state->pf == NFPROTO_NETDEV && state->hook == NF_NETDEV_INGRESS;
}
