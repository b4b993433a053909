/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Processes of user space: starting, watching and signalling them, and their open files. */
#ifndef LUNATIK_PROCESS_H
#define LUNATIK_PROCESS_H

#include <linux/types.h>

struct file;
struct pid;

/* The module parameter "host": the program that hosts user-space actors. */
const char *lunatik_host_path(void);

/* linux/pid.h. The first two return a reference; the second one sees the numbers that the calling process sees. */
struct pid *lunatik_current_process(void);
struct pid *lunatik_find_process(int number);
void lunatik_get_process(struct pid *process);
bool lunatik_is_current_process(struct pid *process);
/* Whether the thread group that calls has started this process, and it lives. */
bool lunatik_is_child_process(struct pid *process);
int lunatik_process_number(struct pid *process);
bool lunatik_process_has_ended(struct pid *process);

/*
 * linux/umh.h: starts a program with root's credentials and an empty environment. started(argument) is called in the
 * new process before it executes the program; its result may be an error that ends it. Returns 0 when the program was
 * executed, or -errno. Sleeps. -EBUSY: programs cannot be started now.
 */
int lunatik_start_program(const char *path, const char *mode, const char *token, int (*started)(void *argument),
			  void *argument);

/*
 * Between the first two calls, sweep() is called in a workqueue after each time that a watched process may have ended.
 * A process may have ended before its watch is started.
 */
void lunatik_exits_begin(void (*sweep)(void));
void lunatik_exits_end(void);

struct lunatik_exit_watch {
	unsigned long space[8];
};

void lunatik_exit_watch_start(struct lunatik_exit_watch *watch, struct pid *process);
void lunatik_exit_watch_cancel(struct lunatik_exit_watch *watch, struct pid *process);

/* linux/file.h: gives the calling process a descriptor of a file, which is closed by execve(2). Returns it, or -errno. */
int lunatik_receive_file(struct file *file);
/* Reads and writes of the file wait. */
void lunatik_make_blocking(struct file *file);
/* Whether two files have the same operations. */
bool lunatik_same_operations(struct file *one, struct file *other);

#endif
