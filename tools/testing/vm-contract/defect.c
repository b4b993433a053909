// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Contains one deliberate defect, which happens when the module is loaded, so that the tests can check that the
 * machines report it. For tests only.
 */

#include <linux/delay.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

static char *kind = "none";
module_param(kind, charp, 0);
MODULE_PARM_DESC(kind, 
		 "none, warn, bug, null, use-after-free, bounds, leak, list, object, atomic-sleep or lock-order");

static void use_after_free(void)
{
	char *memory = kmalloc(64, GFP_KERNEL);

	if (!memory)
		return;
	kfree(memory);
	WRITE_ONCE(memory[8], 1);
}

static int numbers[4] = { 1, 2, 3, 4 };

static void index_out_of_bounds(void)
{
	int index = ARRAY_SIZE(numbers);

	OPTIMIZER_HIDE_VAR(index);
	WRITE_ONCE(numbers[index], 1);
}

static void delete_twice(void)
{
	LIST_HEAD(list);
	struct list_head entry;

	list_add(&entry, &list);
	list_del(&entry);
	list_del(&entry);
}

static void never_called(struct timer_list *timer)
{
}

static void free_active_timer(void)
{
	struct timer_list *timer = kmalloc_obj(*timer);

	if (!timer)
		return;
	timer_setup(timer, never_called, 0);
	mod_timer(timer, jiffies + 1000 * HZ);
	kfree(timer);
	/* The check that detects this has removed it. */
}

/* A stale pointer on some stack may hide a few of them from kmemleak, but not all. */
#define LEAKED_BLOCKS 64

static void leak(void)
{
	int i;

	for (i = 0; i < LEAKED_BLOCKS; i++) {
		char *memory = kmalloc(4321, GFP_KERNEL);

		if (memory)
			memset(memory, 1, 4321);
		barrier_data(memory);
	}
}

static void sleep_in_atomic_context(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	msleep(1);
	spin_unlock(&lock);
}

static void invert_lock_order(void)
{
	static DEFINE_MUTEX(first);
	static DEFINE_MUTEX(second);

	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static int __init defect_init(void)
{
	int *volatile nowhere = NULL;

	if (!strcmp(kind, "warn"))
		WARN(1, "asked for by the test\n");
	else if (!strcmp(kind, "bug"))
		BUG();
	else if (!strcmp(kind, "null"))
		WRITE_ONCE(*nowhere, 1);
	else if (!strcmp(kind, "use-after-free"))
		use_after_free();
	else if (!strcmp(kind, "bounds"))
		index_out_of_bounds();
	else if (!strcmp(kind, "list"))
		delete_twice();
	else if (!strcmp(kind, "object"))
		free_active_timer();
	else if (!strcmp(kind, "leak"))
		leak();
	else if (!strcmp(kind, "atomic-sleep"))
		sleep_in_atomic_context();
	else if (!strcmp(kind, "lock-order"))
		invert_lock_order();
	else
		pr_info("no defect\n");
	return 0;
}
module_init(defect_init);

static void __exit defect_exit(void)
{
}
module_exit(defect_exit);

MODULE_DESCRIPTION("Deliberate defects, for the tests of the machines");
MODULE_LICENSE("Dual MIT/GPL");
