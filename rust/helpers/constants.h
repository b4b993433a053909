/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The headers of the kernel whose constants scripts see. rust/modules/linux/constants.list says which constants.
 */
#ifndef LUNATIK_CONSTANTS_H
#define LUNATIK_CONSTANTS_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/stat.h>
#include <uapi/linux/netfilter/nf_conntrack_tcp.h>
#include <uapi/linux/netfilter/nf_conntrack_tuple_common.h>
#include <uapi/linux/netfilter_arp.h>
#include <uapi/linux/netfilter_bridge.h>
#include <uapi/linux/netfilter_ipv4.h>
#include <uapi/linux/netfilter_ipv6.h>

/* bindgen does not see a macro that stands for an enumerator. */
enum {
	LUNATIK_SYN_SENT2 = TCP_CONNTRACK_SYN_SENT2,
};
#undef TCP_CONNTRACK_SYN_SENT2
enum {
	TCP_CONNTRACK_SYN_SENT2 = LUNATIK_SYN_SENT2,
};

#endif
