/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Files and device nodes, by their paths from the root directory of the init process. */
#ifndef LUNATIK_FILE_H
#define LUNATIK_FILE_H

#include <linux/types.h>

/*
 * Reads a whole file of at most 'limit' bytes into a buffer for lunatik_kvfree(), if count(argument, size) permits a
 * buffer of that size. Returns 0 or -errno. Anything except a regular file counts as missing. May sleep.
 */
int lunatik_read_file(const char *path, size_t limit, bool (*count)(void *argument, size_t size),
		      void *argument, void **data, size_t *size);

/* Whether there is a node with this name in /dev. May sleep. */
bool lunatik_dev_node_exists(const char *name);

#endif
