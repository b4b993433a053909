/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Network namespaces, and hooks of netfilter. */
#ifndef LUNATIK_NETFILTER_H
#define LUNATIK_NETFILTER_H

#include <linux/types.h>

struct net;
struct sk_buff;

/* net/net_namespace.h. The first one returns a reference to the namespace of the calling process, or NULL. */
struct net *lunatik_net_of_current(void);
void lunatik_net_get(struct net *net);
void lunatik_net_put(struct net *net);

/* Where a hook is attached, and for which packets. */
struct lunatik_net_hook_place {
	unsigned int family;
	unsigned int number;
	int priority;
	/* For the family of devices: the name (16 bytes at most, with a zero), or the index if that is not 0. */
	char device[16];
	int device_index;
	/* Whether only packets with the mark call the hook. */
	bool has_mark;
	u32 mark;
};

struct lunatik_net_hook {
	unsigned long space[24];
};

/* Whether the kernel has hooks of netfilter. */
bool lunatik_netfilter_exists(void);
/*
 * Checks a place: 0, -EINVAL for one that does not exist, -EOPNOTSUPP for one that this kernel was built without, -ENODEV
 * without the device. Sleeps.
 */
int lunatik_net_hook_check(struct net *net, const struct lunatik_net_hook_place *place);
/*
 * Attaches a hook to a namespace, which must outlive it, or returns -errno. The hook calls
 * lunatik_net_hook_run(argument, ...) with bottom halves off or not, in a softirq or in a task. It is also taken off when its
 * device goes. Sleeps.
 */
int lunatik_net_hook_attach(struct lunatik_net_hook *hook, struct net *net,
			    const struct lunatik_net_hook_place *place, void *argument);
/* Takes it off. Calls that have begun may still run until a grace period is over. Sleeps. */
void lunatik_net_hook_detach(struct lunatik_net_hook *hook);

/* linux/netfilter.h: verdicts, as constants for Rust. */
enum {
	LUNATIK_NF_DROP = 0,
	LUNATIK_NF_ACCEPT = 1,
	LUNATIK_NF_QUEUE = 3,
};

/* The families. */
enum {
	LUNATIK_NFPROTO_INET = 1,
	LUNATIK_NFPROTO_IPV4 = 2,
	LUNATIK_NFPROTO_ARP = 3,
	LUNATIK_NFPROTO_NETDEV = 5,
	LUNATIK_NFPROTO_BRIDGE = 7,
	LUNATIK_NFPROTO_IPV6 = 10,
};

void lunatik_skb_set_mark(struct sk_buff *skb, u32 mark);

/* In Rust. `state` is a struct nf_hook_state. */
unsigned int lunatik_net_hook_run(void *argument, struct sk_buff *skb, const void *state);

#endif
