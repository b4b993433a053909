// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Processes of user space: see process.h. */

#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/moduleparam.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/umh.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "helpers.h"

/* Where "make install" puts the tool. The kernel crate has no parameters that are strings. */
static char lunatik_host[256] = "/usr/local/bin/lunatik";
module_param_string(host, lunatik_host, sizeof(lunatik_host), 0444);
MODULE_PARM_DESC(host, "Path of the program that hosts user-space actors; empty: there are none");

const char *lunatik_host_path(void)
{
	return lunatik_host;
}

struct pid *lunatik_current_process(void)
{
	return get_pid(task_tgid(current));
}

struct pid *lunatik_find_process(int number)
{
	return find_get_pid(number);
}

void lunatik_get_process(struct pid *process)
{
	get_pid(process);
}

bool lunatik_is_current_process(struct pid *process)
{
	return task_tgid(current) == process;
}

bool lunatik_is_child_process(struct pid *process)
{
	struct task_struct *task, *parent;
	bool is_child = false;

	rcu_read_lock();
	task = pid_task(process, PIDTYPE_TGID);
	if (task) {
		parent = rcu_dereference(task->real_parent);
		is_child = !task->exit_state && task_tgid(parent) == task_tgid(current);
	}
	rcu_read_unlock();
	return is_child;
}

int lunatik_process_number(struct pid *process)
{
	return pid_nr(process);
}

bool lunatik_process_has_ended(struct pid *process)
{
	struct task_struct *task;
	bool ended;

	/* The same check as that of pidfd_poll(): a thread may outlive the first one, and take its number with execve. */
	rcu_read_lock();
	task = pid_task(process, PIDTYPE_PID);
	ended = !task || (READ_ONCE(task->exit_state) && !delay_group_leader(task));
	rcu_read_unlock();
	return ended;
}

struct start {
	int (*started)(void *argument);
	void *argument;
};

static int lunatik_program_started(struct subprocess_info *info, struct cred *new)
{
	struct start *start = info->data;

	return start->started(start->argument);
}

int lunatik_start_program(const char *path, const char *mode, const char *token, int (*started)(void *argument),
			  void *argument)
{
	struct start start = { started, argument };
	char *argv[] = { (char *)path, (char *)mode, (char *)token, NULL };
	char *envp[] = { NULL };
	struct subprocess_info *info;

	info = call_usermodehelper_setup(path, argv, envp, GFP_KERNEL, lunatik_program_started, NULL, &start);
	if (!info)
		return -ENOMEM;
	/* When this returns, the program was executed, or never will be: nothing refers to this stack any more. */
	return call_usermodehelper_exec(info, UMH_WAIT_EXEC);
}

static void (*lunatik_sweep)(void);

static void lunatik_sweep_work(struct work_struct *work)
{
	lunatik_sweep();
}

static DECLARE_WORK(lunatik_exits, lunatik_sweep_work);

void lunatik_exits_begin(void (*sweep)(void))
{
	lunatik_sweep = sweep;
}

void lunatik_exits_end(void)
{
	cancel_work_sync(&lunatik_exits);
}

static_assert(sizeof(struct wait_queue_entry) <= sizeof(struct lunatik_exit_watch));

/* Called with interrupts disabled and locks held: the rest is done later. */
static int lunatik_exit_noticed(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	schedule_work(&lunatik_exits);
	return 0;
}

void lunatik_exit_watch_start(struct lunatik_exit_watch *watch, struct pid *process)
{
	struct wait_queue_entry *entry = (struct wait_queue_entry *)watch;

	init_waitqueue_func_entry(entry, lunatik_exit_noticed);
	add_wait_queue(&process->wait_pidfd, entry);
}

void lunatik_exit_watch_cancel(struct lunatik_exit_watch *watch, struct pid *process)
{
	remove_wait_queue(&process->wait_pidfd, (struct wait_queue_entry *)watch);
}

int lunatik_receive_file(struct file *file)
{
	return receive_fd(file, NULL, O_CLOEXEC);
}

void lunatik_make_blocking(struct file *file)
{
	spin_lock(&file->f_lock);
	file->f_flags &= ~O_NONBLOCK;
	spin_unlock(&file->f_lock);
}

bool lunatik_same_operations(struct file *one, struct file *other)
{
	return one->f_op == other->f_op;
}
