-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta linux.stat

---Types of files and bits of file modes: `S_…` in C. They cannot be changed; a name that the kernel's headers do not have is nil.
---@class linux.stat
---@field IALLUGO integer
---@field IFBLK integer
---@field IFCHR integer
---@field IFDIR integer
---@field IFIFO integer
---@field IFLNK integer
---@field IFMT integer
---@field IFREG integer
---@field IFSOCK integer
---@field IMA integer
---@field IMMUTABLE integer
---@field IRGRP integer The group may read.
---@field IROTH integer Others may read.
---@field IRUGO integer All may read.
---@field IRUSR integer The owner may read.
---@field IRWXG integer
---@field IRWXO integer
---@field IRWXU integer
---@field IRWXUGO integer All may do all.
---@field ISGID integer
---@field ISUID integer
---@field ISVTX integer
---@field IWGRP integer The group may write.
---@field IWOTH integer Others may write.
---@field IWUGO integer All may write.
---@field IWUSR integer The owner may write.
---@field IXGRP integer The group may execute.
---@field IXOTH integer Others may execute.
---@field IXUGO integer All may execute.
---@field IXUSR integer The owner may execute.
local stat = {}

return stat
