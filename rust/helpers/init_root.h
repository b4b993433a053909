/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Files and paths as the init process sees them, whoever calls: a script's code runs in any process that
 * uses its device, in one that exits, and on kernel threads. All of them sleep.
 */
#ifndef LUNATIK_INIT_ROOT_H
#define LUNATIK_INIT_ROOT_H

#include <linux/types.h>

struct cred;
struct file;
struct path;

/*
 * Gives the calling thread the kernel's own credentials; and gives it back those that it had, in the
 * reverse order.
 */
const struct cred *lunatik_take_kernel_credentials(void);
void lunatik_restore_credentials(const struct cred *former);

/*
 * The canonical path from the root directory of the init process, written to the end of the buffer.
 * Returns where it begins, or an error pointer. The path must be held.
 */
char *lunatik_path_text(const struct path *path, char *buffer, int size);

/*
 * file_open_root() with the kernel's credentials and the umask of the init process. 'root' must be held.
 */
struct file *lunatik_open_file(const struct path *root, const char *name, int flags, umode_t mode);

#endif
