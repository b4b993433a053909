/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Kernel items for files and paths that are inline functions in C, or that the
 * kernel crate has no bindings for. One wrapper per item and no logic.
 */
#ifndef LUNATIK_STDIO_HELPERS_H
#define LUNATIK_STDIO_HELPERS_H

#include <linux/types.h>

struct dentry;
struct file;
struct filename;
struct mnt_idmap;
struct path;
struct qstr;
struct renamedata;
struct vfsmount;

/* linux/dcache.h */
bool lunatik_dentry_is_directory(const struct dentry *dentry);

/* linux/fs.h */
bool lunatik_file_is_directory(const struct file *file);
/* Where the file's position is kept; null if it has none. */
loff_t *lunatik_file_position(struct file *file);
void lunatik_get_file(struct file *file);

/* linux/fs_struct.h: the root directory of the init process. */
void lunatik_get_init_root(struct path *root);

/* linux/mount.h */
struct mnt_idmap *lunatik_mnt_idmap(const struct vfsmount *mount);

/* linux/namei.h */
/* 'plain' refuses links such as /proc/PID/root, which lead to where paths mean something else. */
int lunatik_path_parent_lookup(struct filename *name, bool plain, struct path *parent,
			       struct qstr *last, const struct path *root);
/* Follows symbolic links to the end. */
int lunatik_path_lookup(const struct path *root, const char *name, bool plain,
			struct path *found);
bool lunatik_has_trailing_slash(const struct qstr *last);
struct dentry *lunatik_start_removing(struct mnt_idmap *idmap, struct dentry *parent,
				      struct qstr *name);
int lunatik_start_renaming(struct renamedata *renaming, struct qstr *old_name,
			   struct qstr *new_name);
void lunatik_end_renaming(struct renamedata *renaming);

/* linux/security.h */
int lunatik_security_path_unlink(const struct path *parent, struct dentry *dentry);
int lunatik_security_path_rename(const struct path *old_parent, struct dentry *old_dentry,
				 const struct path *new_parent, struct dentry *new_dentry);

#endif
