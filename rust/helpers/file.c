// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Files by their paths: see file.h. */

#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/mm.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "helpers.h"

/*
 * Reads up to 'room' bytes from the start. Returns the number of bytes, or -errno.
 *
 * This does not use kernel_read_file(): each of its identifiers stands for a kind of file that security modules have
 * rules for (firmware, modules, policies), and they warn about an identifier without rules.
 */
static ssize_t read_whole(struct file *file, void *buffer, size_t room)
{
	loff_t position = 0;
	ssize_t length = 0;

	scoped_with_kernel_creds()
		while (position < room) {
			struct kvec vector = {
				.iov_base = buffer + position,
				.iov_len = room - position,
			};
			struct iov_iter iter;

			if (fatal_signal_pending(current))
				return -EINTR;
			iov_iter_kvec(&iter, ITER_DEST, &vector, 1, vector.iov_len);
			length = vfs_iter_read(file, &iter, &position, 0);
			if (length <= 0)
				break;
		}
	return length < 0 ? length : position;
}

/*
 * This does not use kernel_read_file_from_path_initns(), which waits when it opens a FIFO until somebody writes to it.
 * No stop could end that wait.
 */
int lunatik_read_file(const char *path, size_t limit, bool (*count)(void *argument, size_t size),
		      void *argument, void **data, size_t *size)
{
	struct path root;
	struct file *file;
	void *buffer = NULL;
	ssize_t length = 0;
	size_t room;
	loff_t known;

	get_fs_root(userspace_init_fs, &root);
	file = lunatik_open_file(&root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_LARGEFILE, 0);
	path_put(&root);
	if (IS_ERR(file))
		return PTR_ERR(file);
	known = i_size_read(file_inode(file));
	room = clamp_t(loff_t, known, 1, (loff_t)limit + 1);
	if (!S_ISREG(file_inode(file)->i_mode)) {
		length = -ENOENT;
	} else if (room > limit) {
		length = -EFBIG;
	} else if (known) {
		buffer = count(argument, room) ? lunatik_kvmalloc(room, false) : NULL;
		length = buffer ? read_whole(file, buffer, room) : -ENOMEM;
	}
	/* fput() on a kernel thread would leave the work to a kernel worker. */
	__fput_sync(file);
	if (length < 0) {
		kvfree(buffer);
		return length;
	}
	*data = buffer;
	*size = length;
	return 0;
}

bool lunatik_dev_node_exists(const char *name)
{
	struct path root, dev, node;
	bool exists = false;

	get_fs_root(userspace_init_fs, &root);
	scoped_with_kernel_creds()
		if (!vfs_path_lookup(root.dentry, root.mnt, "dev", 0, &dev)) {
			if (!vfs_path_lookup(dev.dentry, dev.mnt, name, 0, &node)) {
				exists = true;
				path_put(&node);
			}
			path_put(&dev);
		}
	path_put(&root);
	return exists;
}
