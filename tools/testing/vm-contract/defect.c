// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Commits one defect on purpose when it is loaded, so that the tests can see whether
 * the machines tell. For tests only.
 */

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *kind = "none";
module_param(kind, charp, 0);
MODULE_PARM_DESC(kind, "none, warn, bug, null, use-after-free, leak, atomic-sleep, lock-order or print");

static void use_after_free(void)
{
	char *memory = kmalloc(64, GFP_KERNEL);

	if (!memory)
		return;
	kfree(memory);
	WRITE_ONCE(memory[8], 1);
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
