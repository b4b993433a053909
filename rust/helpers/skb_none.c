// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The functions of skb.h and skb_testing.h in a kernel without netfilter. Nobody calls them, but the Rust code that
 * would is there.
 */

#include <linux/errno.h>
#include <linux/stddef.h>

#include "helpers.h"

void lunatik_skb_shape(const struct sk_buff *skb, struct lunatik_skb_shape *shape)
{
	*shape = (struct lunatik_skb_shape){};
}

bool lunatik_skb_read(const struct sk_buff *skb, int offset, unsigned int length, void *to)
{
	return false;
}

s64 lunatik_skb_number(const struct sk_buff *skb, int offset, unsigned int length)
{
	return -1;
}

const void *lunatik_skb_linear(const struct sk_buff *skb, int offset, unsigned int length)
{
	return NULL;
}

int lunatik_skb_skip_extensions(const struct sk_buff *skb, int start, u8 *next, u16 *fragment)
{
	return -EOPNOTSUPP;
}

int lunatik_skb_write(struct sk_buff *skb, int offset, unsigned int length, const void *from)
{
	return -EOPNOTSUPP;
}

int lunatik_skb_resize(struct sk_buff *skb, unsigned int length)
{
	return -EOPNOTSUPP;
}

int lunatik_skb_replace(struct sk_buff *skb, unsigned int offset, unsigned int old,
			const void *bytes, unsigned int fresh)
{
	return -EOPNOTSUPP;
}

int lunatik_skb_complete_checksum(struct sk_buff *skb)
{
	return -EOPNOTSUPP;
}

bool lunatik_skb_sum(const struct sk_buff *skb, int offset, unsigned int length, u16 *sum)
{
	return false;
}

bool lunatik_skb_transport_sum(const struct sk_buff *skb, int network, bool is_ipv6, int transport,
	unsigned int length, u8 protocol, bool partial, u16 *sum)
{
	return false;
}

struct sk_buff *lunatik_skb_copy(const struct sk_buff *skb)
{
	return NULL;
}

void lunatik_skb_free(struct sk_buff *skb)
{
}

int lunatik_skb_forward(struct sk_buff *skb, struct sk_buff **list)
{
	return -EOPNOTSUPP;
}

void lunatik_skb_send(struct sk_buff *list)
{
}

u32 lunatik_packet_mark(const struct sk_buff *skb)
{
	return 0;
}

void lunatik_packet_set_mark(struct sk_buff *skb, u32 mark)
{
}

u32 lunatik_packet_priority(const struct sk_buff *skb)
{
	return 0;
}

void lunatik_packet_set_priority(struct sk_buff *skb, u32 priority)
{
}

int lunatik_skb_ifindex(const struct sk_buff *skb)
{
	return 0;
}

int lunatik_skb_vlan(const struct sk_buff *skb)
{
	return -EOPNOTSUPP;
}

bool lunatik_skb_connmark(const struct sk_buff *skb, u32 *mark)
{
	return false;
}

void lunatik_skb_set_connmark(const struct sk_buff *skb, u32 mark)
{
}

int lunatik_skb_ctinfo(const struct sk_buff *skb)
{
	return -EOPNOTSUPP;
}

unsigned int lunatik_hook_number(const struct nf_hook_state *state)
{
	return 0;
}

bool lunatik_hook_is_ingress(const struct nf_hook_state *state)
{
	return false;
}

int lunatik_skb_make(const struct lunatik_skb_plan *plan, struct sk_buff **skb, struct nf_hook_state **state)
{
	return -EOPNOTSUPP;
}

void lunatik_skb_unmake(struct sk_buff *skb, struct nf_hook_state *state)
{
}

struct sk_buff *lunatik_skb_clone(struct sk_buff *skb)
{
	return NULL;
}

unsigned int lunatik_skb_summed(const struct sk_buff *skb)
{
	return 0;
}
