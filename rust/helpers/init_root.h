/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Files and paths as the init process sees them, independent of the caller: a script's code runs in any process that
 * uses its device, in exiting processes, and on kernel threads. All these functions may sleep.
 */
#ifndef LUNATIK_INIT_ROOT_H
#define LUNATIK_INIT_ROOT_H

#include <linux/types.h>

struct cred;
struct file;
struct path;

/*
 * The first function gives the calling thread the kernel's own credentials; the second restores the former ones. Calls
 * must be undone in the reverse order.
 */
const struct cred *lunatik_take_kernel_credentials(void);
void lunatik_restore_credentials(const struct cred *former);

/*
 * Writes the canonical path from the root directory of the init process to the end of the buffer. Returns its start, or
 * an error pointer. The caller must hold a reference to the path.
 */
char *lunatik_path_text(const struct path *path, char *buffer, int size);

/*
 * file_open_root() with the kernel's credentials and the umask of the init process. The caller must hold a reference to
 * 'root'.
 */
struct file *lunatik_open_file(const struct path *root, const char *name, int flags, umode_t mode);

#endif
