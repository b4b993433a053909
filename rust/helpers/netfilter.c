// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Network namespaces and hooks of netfilter: see netfilter.h. */

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_bridge.h>
#include <linux/nsproxy.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <net/net_namespace.h>

#include "helpers.h"

struct net *lunatik_net_of_current(void)
{
	/* A process that is ending has no namespaces. */
	return current->nsproxy ? get_net(current->nsproxy->net_ns) : NULL;
}

void lunatik_net_get(struct net *net)
{
	get_net(net);
}

void lunatik_net_put(struct net *net)
{
	put_net(net);
}

static_assert((int)LUNATIK_NF_DROP == NF_DROP && (int)LUNATIK_NF_ACCEPT == NF_ACCEPT &&
	      (int)LUNATIK_NF_QUEUE == NF_QUEUE);
static_assert((int)LUNATIK_NFPROTO_INET == NFPROTO_INET && (int)LUNATIK_NFPROTO_IPV4 == NFPROTO_IPV4 &&
	      (int)LUNATIK_NFPROTO_ARP == NFPROTO_ARP && (int)LUNATIK_NFPROTO_NETDEV == NFPROTO_NETDEV &&
	      (int)LUNATIK_NFPROTO_BRIDGE == NFPROTO_BRIDGE && (int)LUNATIK_NFPROTO_IPV6 == NFPROTO_IPV6);

void lunatik_skb_set_mark(struct sk_buff *skb, u32 mark)
{
	skb->mark = mark;
}

#ifdef CONFIG_NETFILTER
struct lunatik_attached_net_hook {
	struct nf_hook_ops ops;
	/* In the list of hooks of devices. */
	struct list_head node;
	struct net *net;
	/* Whether the kernel calls the hook. */
	bool is_attached;
	bool has_mark;
	u32 mark;
	void *argument;
};

static_assert(sizeof(struct lunatik_attached_net_hook) <= sizeof(struct lunatik_net_hook));
static_assert(sizeof_field(struct lunatik_net_hook_place, device) == IFNAMSIZ);

/* The hooks of devices. Changed with RTNL held, which the notifier below is called with. */
static LIST_HEAD(lunatik_device_hooks);

static unsigned int lunatik_net_hook_call(void *priv, struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	const struct lunatik_attached_net_hook *hook = priv;

	if (hook->has_mark && skb->mark != hook->mark)
		return NF_ACCEPT;
	return lunatik_net_hook_run(hook->argument, skb, state);
}

/* The kernel holds no reference to a device for the sake of a hook, so the hook goes with the device. */
static int lunatik_device_event(struct notifier_block *block, unsigned long event, void *data)
{
	struct net_device *device = netdev_notifier_info_to_dev(data);
	struct lunatik_attached_net_hook *hook, *next;

	if (event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	list_for_each_entry_safe(hook, next, &lunatik_device_hooks, node) {
		if (hook->ops.dev != device)
			continue;
		nf_unregister_net_hook(hook->net, &hook->ops);
		hook->is_attached = false;
		list_del_init(&hook->node);
	}
	return NOTIFY_DONE;
}

static struct notifier_block lunatik_device_notifier = {
	.notifier_call = lunatik_device_event,
};

/* How many hooks of devices there are, and with them the notifier. */
static DEFINE_MUTEX(lunatik_notifier_lock);
static unsigned int lunatik_notifier_users;

static int lunatik_notifier_get(void)
{
	int result = 0;

	mutex_lock(&lunatik_notifier_lock);
	if (lunatik_notifier_users == 0)
		result = register_netdevice_notifier(&lunatik_device_notifier);
	if (!result)
		lunatik_notifier_users++;
	mutex_unlock(&lunatik_notifier_lock);
	return result;
}

static void lunatik_notifier_put(void)
{
	mutex_lock(&lunatik_notifier_lock);
	if (--lunatik_notifier_users == 0)
		unregister_netdevice_notifier(&lunatik_device_notifier);
	mutex_unlock(&lunatik_notifier_lock);
}

bool lunatik_netfilter_exists(void)
{
	return true;
}

static bool lunatik_is_device_place(const struct lunatik_net_hook_place *place)
{
	return place->family == NFPROTO_NETDEV ||
	       (place->family == NFPROTO_INET && place->number == NF_INET_INGRESS);
}

static struct net_device *lunatik_find_device(struct net *net,
					      const struct lunatik_net_hook_place *place)
{
	return place->device_index ? __dev_get_by_index(net, place->device_index) :
				     __dev_get_by_name(net, place->device);
}

/* The kernel warns of places that do not exist, so it is not asked for one. */
static int lunatik_check_place(const struct lunatik_net_hook_place *place)
{
	switch (place->family) {
	case NFPROTO_INET:
		if (place->number == NF_INET_INGRESS)
			return IS_ENABLED(CONFIG_NETFILTER_INGRESS) ? 0 : -EOPNOTSUPP;
		fallthrough;
	case NFPROTO_IPV4:
		return place->number < NF_INET_NUMHOOKS ? 0 : -EINVAL;
	case NFPROTO_IPV6:
		if (!IS_ENABLED(CONFIG_IPV6))
			return -EOPNOTSUPP;
		return place->number < NF_INET_NUMHOOKS ? 0 : -EINVAL;
	case NFPROTO_ARP:
		if (!IS_ENABLED(CONFIG_NETFILTER_FAMILY_ARP))
			return -EOPNOTSUPP;
		return place->number < NF_ARP_NUMHOOKS ? 0 : -EINVAL;
	case NFPROTO_BRIDGE:
		if (!IS_ENABLED(CONFIG_NETFILTER_FAMILY_BRIDGE))
			return -EOPNOTSUPP;
		return place->number < NF_BR_NUMHOOKS ? 0 : -EINVAL;
	case NFPROTO_NETDEV:
		if (place->number == NF_NETDEV_INGRESS)
			return IS_ENABLED(CONFIG_NETFILTER_INGRESS) ? 0 : -EOPNOTSUPP;
		if (place->number == NF_NETDEV_EGRESS)
			return IS_ENABLED(CONFIG_NETFILTER_EGRESS) ? 0 : -EOPNOTSUPP;
		return -EINVAL;
	default:
		return -EINVAL;
	}
}

int lunatik_net_hook_check(struct net *net, const struct lunatik_net_hook_place *place)
{
	int result = lunatik_check_place(place);

	if (!result && lunatik_is_device_place(place)) {
		rtnl_lock();
		if (!lunatik_find_device(net, place))
			result = -ENODEV;
		rtnl_unlock();
	}
	return result;
}

static int lunatik_attach_to_device(struct lunatik_attached_net_hook *hook,
				    const struct lunatik_net_hook_place *place)
{
	int result = lunatik_notifier_get();

	if (result)
		return result;
	rtnl_lock();
	hook->ops.dev = lunatik_find_device(hook->net, place);
	result = hook->ops.dev ? nf_register_net_hook(hook->net, &hook->ops) : -ENODEV;
	if (!result)
		list_add(&hook->node, &lunatik_device_hooks);
	rtnl_unlock();
	if (result)
		lunatik_notifier_put();
	return result;
}

int lunatik_net_hook_attach(struct lunatik_net_hook *space, struct net *net,
			    const struct lunatik_net_hook_place *place, void *argument)
{
	struct lunatik_attached_net_hook *hook = (struct lunatik_attached_net_hook *)space;
	int result = lunatik_check_place(place);

	if (result)
		return result;
	*hook = (struct lunatik_attached_net_hook){
		.ops = {
			.hook = lunatik_net_hook_call,
			.priv = hook,
			.pf = place->family,
			.hooknum = place->number,
			.priority = place->priority,
		},
		.net = net,
		.has_mark = place->has_mark,
		.mark = place->mark,
		.argument = argument,
	};
	INIT_LIST_HEAD(&hook->node);
	if (lunatik_is_device_place(place))
		result = lunatik_attach_to_device(hook, place);
	else
		result = nf_register_net_hook(net, &hook->ops);
	hook->is_attached = !result;
	return result;
}

void lunatik_net_hook_detach(struct lunatik_net_hook *space)
{
	struct lunatik_attached_net_hook *hook = (struct lunatik_attached_net_hook *)space;

	if (!hook->ops.dev) {
		if (hook->is_attached)
			nf_unregister_net_hook(hook->net, &hook->ops);
		hook->is_attached = false;
		return;
	}
	rtnl_lock();
	if (hook->is_attached) {
		nf_unregister_net_hook(hook->net, &hook->ops);
		list_del_init(&hook->node);
	}
	hook->is_attached = false;
	rtnl_unlock();
	/* The device is gone for this hook, and with it its share of the notifier. */
	hook->ops.dev = NULL;
	lunatik_notifier_put();
}
#else
bool lunatik_netfilter_exists(void)
{
	return false;
}

int lunatik_net_hook_check(struct net *net, const struct lunatik_net_hook_place *place)
{
	return -EOPNOTSUPP;
}

int lunatik_net_hook_attach(struct lunatik_net_hook *hook, struct net *net,
			    const struct lunatik_net_hook_place *place, void *argument)
{
	return -EOPNOTSUPP;
}

void lunatik_net_hook_detach(struct lunatik_net_hook *hook)
{
}
#endif
