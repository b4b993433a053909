// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Registers one hook where the parameters say, in the network namespace of the process that loads the module. Unload
 * the module before the namespace or the device goes.
 */

#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/netfilter_arp.h>
#include <linux/nsproxy.h>
#include <linux/string.h>
#include <net/net_namespace.h>

#include "hook_bench.h"

static char *hook = "empty";
module_param(hook, charp, 0400);
MODULE_PARM_DESC(hook, "empty, fields, lookup, drop (datagrams to port 9), or others: registers none, to fire those of others");

static char *family = "inet";
module_param(family, charp, 0400);
MODULE_PARM_DESC(family, "inet, ipv4, ipv6, arp, bridge, netdev");

static char *point = "local_in";
module_param(point, charp, 0400);
MODULE_PARM_DESC(point,
		 "pre_routing, local_in, forward, local_out, post_routing; ingress (inet, netdev), egress (netdev)");

static char *device;
module_param(device, charp, 0400);
MODULE_PARM_DESC(device, "for ingress and egress: the name of the device");

static int priority;
module_param(priority, int, 0400);

static unsigned int addresses = 1024;
module_param(addresses, uint, 0400);
MODULE_PARM_DESC(addresses, "how many addresses the table has, from 10.1.0.0 on");

/* The namespace, or NULL if the hook is not registered. */
static struct net *net;
static struct nf_hook_ops ops;

/* The kernel warns when it is asked for a family that it was built without, or for a point that a family lacks. */
static const char *const families[] = {
	[NFPROTO_INET] = "inet",
	[NFPROTO_IPV4] = "ipv4",
#ifdef CONFIG_NETFILTER_FAMILY_ARP
	[NFPROTO_ARP] = "arp",
#endif
	[NFPROTO_NETDEV] = "netdev",
#ifdef CONFIG_NETFILTER_FAMILY_BRIDGE
	[NFPROTO_BRIDGE] = "bridge",
#endif
	[NFPROTO_IPV6] = "ipv6",
};

static const char *const points[] = {
	[NF_INET_PRE_ROUTING] = "pre_routing",
	[NF_INET_LOCAL_IN] = "local_in",
	[NF_INET_FORWARD] = "forward",
	[NF_INET_LOCAL_OUT] = "local_out",
	[NF_INET_POST_ROUTING] = "post_routing",
	/* Only of the family inet. */
	[NF_INET_INGRESS] = "ingress",
};

static const char *const device_points[] = {
	[NF_NETDEV_INGRESS] = "ingress",
	[NF_NETDEV_EGRESS] = "egress",
};

static const char *const arp_points[] = {
	[NF_ARP_IN] = "local_in",
	[NF_ARP_OUT] = "local_out",
	[NF_ARP_FORWARD] = "forward",
};

/* The place of a text in a list that may have gaps, or -EINVAL. */
static int find(const char *const *list, unsigned int count, const char *text)
{
	for (unsigned int i = 0; i < count; i++)
		if (list[i] && !strcmp(list[i], text))
			return i;
	return -EINVAL;
}

static int find_point(void)
{
	switch (ops.pf) {
	case NFPROTO_NETDEV:
		return find(device_points, ARRAY_SIZE(device_points), point);
	case NFPROTO_ARP:
		return find(arp_points, ARRAY_SIZE(arp_points), point);
	case NFPROTO_INET:
		return find(points, ARRAY_SIZE(points), point);
	default:
		return find(points, NF_INET_NUMHOOKS, point);
	}
}

static int choose(void)
{
	int chosen = find(families, ARRAY_SIZE(families), family);

	if (chosen < 0) {
		pr_err("hook_bench: there is no family '%s'\n", family);
		return chosen;
	}
	ops.pf = chosen;
	chosen = find_point();
	if (chosen < 0) {
		pr_err("hook_bench: '%s' has no point '%s'\n", family, point);
		return chosen;
	}
	ops.hooknum = chosen;
	ops.priority = priority;
	ops.hook = hook_bench_find(hook);
	if (!ops.hook && strcmp(hook, "others")) {
		pr_err("hook_bench: there is no hook '%s'\n", hook);
		return -EINVAL;
	}
	return 0;
}

static void release(void)
{
	dev_put(ops.dev);
	put_net(net);
}

static int register_hook(void)
{
	int error = 0;

	if (!ops.hook)
		return 0;
	net = get_net(current->nsproxy->net_ns);
	if (device) {
		ops.dev = dev_get_by_name(net, device);
		error = ops.dev ? 0 : -ENODEV;
	}
	if (!error)
		error = nf_register_net_hook(net, &ops);
	if (error) {
		pr_err("hook_bench: '%s' cannot be registered at %s/%s: %d\n", hook, family, point, error);
		release();
	}
	return error;
}

static int __init hook_bench_init(void)
{
	int error = choose();

	if (error)
		return error;
	error = hook_bench_fill_addresses(addresses);
	if (error)
		return error;
	error = register_hook();
	if (error) {
		hook_bench_free_addresses();
		return error;
	}
	hook_bench_make_files(&ops);
	return 0;
}

static void __exit hook_bench_exit(void)
{
	hook_bench_remove_files();
	if (net) {
		nf_unregister_net_hook(net, &ops);
		/* Other CPUs may be in the hook still. */
		synchronize_net();
		release();
	}
	hook_bench_free_addresses();
}

module_init(hook_bench_init);
module_exit(hook_bench_exit);
MODULE_DESCRIPTION("Netfilter hooks in C, to compare hooks in Lua with");
MODULE_LICENSE("Dual MIT/GPL");
