// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Operations that depend on the root directory, the umask and the credentials of the caller, done as for the init
 * process: see init_root.h.
 */

#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "helpers.h"

const struct cred *lunatik_take_kernel_credentials(void)
{
	return override_creds(kernel_cred());
}

void lunatik_restore_credentials(const struct cred *former)
{
	revert_creds(former);
}

/*
 * Whether the calling thread has the root directory and the umask of the init process. An exiting thread has neither
 * any more when the kernel closes the files that it left open.
 */
static bool is_like_init(void)
{
	struct path own, init;
	bool same;

	if (!current->fs || current->fs->umask != userspace_init_fs->umask)
		return false;
	get_fs_root(current->fs, &own);
	get_fs_root(userspace_init_fs, &init);
	same = path_equal(&own, &init);
	path_put(&own);
	path_put(&init);
	return same;
}

struct request {
	struct work_struct work;
	void (*serve)(struct request *request);
	const struct path *path;
	void *result;
	/* The text of a path. */
	char *buffer;
	int size;
	/* The file to open. */
	const char *name;
	int flags;
	umode_t mode;
};

static void serve_on_worker(struct work_struct *work)
{
	struct request *request = container_of(work, struct request, work);

	scoped_with_init_fs()
		request->serve(request);
}

/*
 * Serves a request with init's root directory and umask. A kernel thread may switch to them for the moment. A process
 * must not get them, not even for a moment: other processes may look up /proc/PID/root meanwhile, for example from a
 * chroot. So a kernel worker serves the request for a process.
 */
static void serve_like_init(struct request *request)
{
	if (current->flags & PF_KTHREAD) {
		serve_on_worker(&request->work);
	} else if (is_like_init()) {
		request->serve(request);
	} else {
		INIT_WORK_ONSTACK(&request->work, serve_on_worker);
		queue_work(system_dfl_wq, &request->work);
		flush_work(&request->work);
		destroy_work_on_stack(&request->work);
	}
}

static void serve_text(struct request *request)
{
	request->result = d_path(request->path, request->buffer, request->size);
}

char *lunatik_path_text(const struct path *path, char *buffer, int size)
{
	struct request request = {
		.serve = serve_text,
		.path = path,
		.buffer = buffer,
		.size = size,
	};

	serve_like_init(&request);
	return request.result;
}

static void serve_open(struct request *request)
{
	scoped_with_kernel_creds()
		request->result = file_open_root(request->path, request->name, request->flags,
						 request->mode);
}

struct file *lunatik_open_file(const struct path *root, const char *name, int flags, umode_t mode)
{
	struct request request = {
		.serve = serve_open,
		.path = root,
		.name = name,
		.flags = flags,
		.mode = mode,
	};

	serve_like_init(&request);
	return request.result;
}
