// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The constants in the table `C`.

use mlua::Table;

use super::landlock;

/// Sets a field for each constant of `libc` that is named.
macro_rules! define {
    ($table:expr; $($name:ident)*) => {
        // CAST: Each of them is a small number or a set of less than 64 flags.
        $($table.raw_set(stringify!($name), libc::$name as i64)?;)*
    };
}

/// The flags of cap_set_secbits, whose bits follow each other.
const SECURE_BITS: [&str; 8] = [
    "SECBIT_NOROOT",
    "SECBIT_NOROOT_LOCKED",
    "SECBIT_NO_SETUID_FIXUP",
    "SECBIT_NO_SETUID_FIXUP_LOCKED",
    "SECBIT_KEEP_CAPS",
    "SECBIT_KEEP_CAPS_LOCKED",
    "SECBIT_NO_CAP_AMBIENT_RAISE",
    "SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED",
];

/// Adds them.
pub fn define(table: &Table) -> mlua::Result<()> {
    files(table)?;
    mounts(table)?;
    errors(table)?;
    bits(table, "", &SECURE_BITS)?;
    bits(table, "LANDLOCK_ACCESS_FS_", &landlock::FILES)?;
    bits(table, "LANDLOCK_ACCESS_NET_", &landlock::NET)?;
    bits(table, "LANDLOCK_SCOPE_", &landlock::SCOPES)?;
    table.raw_set(
        "LANDLOCK_CREATE_RULESET_VERSION",
        landlock::CREATE_RULESET_VERSION,
    )?;
    table.raw_set("LANDLOCK_RULE_PATH_BENEATH", landlock::RULE_PATH_BENEATH)?;
    table.raw_set("LANDLOCK_RULE_NET_PORT", landlock::RULE_NET_PORT)
}

/// The names are in the order of their bits.
fn bits(table: &Table, prefix: &str, names: &[&str]) -> mlua::Result<()> {
    for (bit, name) in names.iter().enumerate() {
        let name = format!("{prefix}{}", name.to_ascii_uppercase());
        table.raw_set(name, 1_i64 << bit)?;
    }
    Ok(())
}

/// For open, mkdir, chmod and umask.
fn files(table: &Table) -> mlua::Result<()> {
    define!(table;
        O_APPEND O_ASYNC O_CLOEXEC O_CREAT O_DIRECT O_DIRECTORY O_DSYNC O_EXCL O_LARGEFILE O_NOATIME
        O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH O_RDONLY O_RDWR O_SYNC O_TMPFILE O_TRUNC O_WRONLY
        S_IRWXU S_IRUSR S_IWUSR S_IXUSR S_IRWXG S_IRGRP S_IWGRP S_IXGRP S_IRWXO S_IROTH S_IWOTH S_IXOTH
        S_ISUID S_ISGID S_ISVTX
    );
    Ok(())
}

/// For mount, umount2, unshare and setns.
fn mounts(table: &Table) -> mlua::Result<()> {
    define!(table;
        MS_BIND MS_DIRSYNC MS_LAZYTIME MS_MANDLOCK MS_MOVE MS_NOATIME MS_NODEV MS_NODIRATIME MS_NOEXEC
        MS_NOSUID MS_NOSYMFOLLOW MS_PRIVATE MS_RDONLY MS_REC MS_RELATIME MS_REMOUNT MS_SHARED MS_SILENT
        MS_SLAVE MS_STRICTATIME MS_SYNCHRONOUS MS_UNBINDABLE
        MNT_DETACH MNT_EXPIRE MNT_FORCE UMOUNT_NOFOLLOW
        CLONE_NEWCGROUP CLONE_NEWIPC CLONE_NEWNET CLONE_NEWNS CLONE_NEWPID CLONE_NEWTIME CLONE_NEWUSER
        CLONE_NEWUTS
    );
    Ok(())
}

/// What the second result can be.
fn errors(table: &Table) -> mlua::Result<()> {
    define!(table;
        E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF EBADMSG EBUSY ECANCELED
        ECHILD ECONNABORTED ECONNREFUSED ECONNRESET EDEADLK EDESTADDRREQ EDOM EEXIST EFAULT EFBIG
        EHOSTUNREACH EIDRM EILSEQ EINPROGRESS EINTR EINVAL EIO EISCONN EISDIR ELOOP EMFILE EMLINK EMSGSIZE
        ENAMETOOLONG ENETDOWN ENETRESET ENETUNREACH ENFILE ENOBUFS ENODEV ENOENT ENOEXEC ENOLCK ENOLINK
        ENOMEM ENOMSG ENOPROTOOPT ENOSPC ENOSYS ENOTCONN ENOTDIR ENOTEMPTY ENOTRECOVERABLE ENOTSOCK ENOTSUP
        ENOTTY ENXIO EOPNOTSUPP EOVERFLOW EOWNERDEAD EPERM EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE ERANGE
        EROFS ESPIPE ESRCH ETIMEDOUT ETXTBSY EUSERS EWOULDBLOCK EXDEV
    );
    Ok(())
}
