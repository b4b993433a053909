// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Wrappers for files and paths; see helpers.h.
 */

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/security.h>

#include "helpers.h"

bool lunatik_dentry_is_directory(const struct dentry *dentry)
{
	return d_is_dir(dentry);
}

bool lunatik_file_is_directory(const struct file *file)
{
	return S_ISDIR(file_inode(file)->i_mode);
}

loff_t *lunatik_file_position(struct file *file)
{
	return file->f_mode & FMODE_STREAM ? NULL : &file->f_pos;
}

void lunatik_get_file(struct file *file)
{
	get_file(file);
}

void lunatik_get_init_root(struct path *root)
{
	get_fs_root(userspace_init_fs, root);
}

struct mnt_idmap *lunatik_mnt_idmap(const struct vfsmount *mount)
{
	return mnt_idmap(mount);
}

int lunatik_path_parent_lookup(struct filename *name, bool plain, struct path *parent,
			       struct qstr *last, const struct path *root)
{
	return vfs_path_parent_lookup(name, plain ? LOOKUP_NO_MAGICLINKS : 0, parent, last, root);
}

int lunatik_path_lookup(const struct path *root, const char *name, bool plain,
			struct path *found)
{
	return vfs_path_lookup(root->dentry, root->mnt, name,
			       LOOKUP_FOLLOW | (plain ? LOOKUP_NO_MAGICLINKS : 0), found);
}

bool lunatik_has_trailing_slash(const struct qstr *last)
{
	return last->name[last->len] != '\0';
}

struct dentry *lunatik_start_removing(struct mnt_idmap *idmap, struct dentry *parent,
				      struct qstr *name)
{
	return start_removing_killable(idmap, parent, name);
}

int lunatik_start_renaming(struct renamedata *renaming, struct qstr *old_name,
			   struct qstr *new_name)
{
	return start_renaming(renaming, 0, old_name, new_name);
}

void lunatik_end_renaming(struct renamedata *renaming)
{
	end_renaming(renaming);
}

int lunatik_security_path_unlink(const struct path *parent, struct dentry *dentry)
{
	return security_path_unlink(parent, dentry);
}

int lunatik_security_path_rename(const struct path *old_parent, struct dentry *old_dentry,
				 const struct path *new_parent, struct dentry *new_dentry)
{
	return security_path_rename(old_parent, old_dentry, new_parent, new_dentry, 0);
}
