// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The names of error numbers, as `errno.h` gives them.

use kernel::prelude::*;

use crate::lua::{Error, Raised, State};

/// The names, indexed by number; empty for a number without a name.
const NAMES: [&[u8]; 134] = [
    b"",
    b"EPERM",
    b"ENOENT",
    b"ESRCH",
    b"EINTR",
    b"EIO",
    b"ENXIO",
    b"E2BIG",
    b"ENOEXEC",
    b"EBADF",
    b"ECHILD",
    b"EAGAIN",
    b"ENOMEM",
    b"EACCES",
    b"EFAULT",
    b"ENOTBLK",
    b"EBUSY",
    b"EEXIST",
    b"EXDEV",
    b"ENODEV",
    b"ENOTDIR",
    b"EISDIR",
    b"EINVAL",
    b"ENFILE",
    b"EMFILE",
    b"ENOTTY",
    b"ETXTBSY",
    b"EFBIG",
    b"ENOSPC",
    b"ESPIPE",
    b"EROFS",
    b"EMLINK",
    b"EPIPE",
    b"EDOM",
    b"ERANGE",
    b"EDEADLK",
    b"ENAMETOOLONG",
    b"ENOLCK",
    b"ENOSYS",
    b"ENOTEMPTY",
    b"ELOOP",
    b"",
    b"ENOMSG",
    b"EIDRM",
    b"ECHRNG",
    b"EL2NSYNC",
    b"EL3HLT",
    b"EL3RST",
    b"ELNRNG",
    b"EUNATCH",
    b"ENOCSI",
    b"EL2HLT",
    b"EBADE",
    b"EBADR",
    b"EXFULL",
    b"ENOANO",
    b"EBADRQC",
    b"EBADSLT",
    b"",
    b"EBFONT",
    b"ENOSTR",
    b"ENODATA",
    b"ETIME",
    b"ENOSR",
    b"ENONET",
    b"ENOPKG",
    b"EREMOTE",
    b"ENOLINK",
    b"EADV",
    b"ESRMNT",
    b"ECOMM",
    b"EPROTO",
    b"EMULTIHOP",
    b"EDOTDOT",
    b"EBADMSG",
    b"EOVERFLOW",
    b"ENOTUNIQ",
    b"EBADFD",
    b"EREMCHG",
    b"ELIBACC",
    b"ELIBBAD",
    b"ELIBSCN",
    b"ELIBMAX",
    b"ELIBEXEC",
    b"EILSEQ",
    b"ERESTART",
    b"ESTRPIPE",
    b"EUSERS",
    b"ENOTSOCK",
    b"EDESTADDRREQ",
    b"EMSGSIZE",
    b"EPROTOTYPE",
    b"ENOPROTOOPT",
    b"EPROTONOSUPPORT",
    b"ESOCKTNOSUPPORT",
    b"EOPNOTSUPP",
    b"EPFNOSUPPORT",
    b"EAFNOSUPPORT",
    b"EADDRINUSE",
    b"EADDRNOTAVAIL",
    b"ENETDOWN",
    b"ENETUNREACH",
    b"ENETRESET",
    b"ECONNABORTED",
    b"ECONNRESET",
    b"ENOBUFS",
    b"EISCONN",
    b"ENOTCONN",
    b"ESHUTDOWN",
    b"ETOOMANYREFS",
    b"ETIMEDOUT",
    b"ECONNREFUSED",
    b"EHOSTDOWN",
    b"EHOSTUNREACH",
    b"EALREADY",
    b"EINPROGRESS",
    b"ESTALE",
    b"EUCLEAN",
    b"ENOTNAM",
    b"ENAVAIL",
    b"EISNAM",
    b"EREMOTEIO",
    b"EDQUOT",
    b"ENOMEDIUM",
    b"EMEDIUMTYPE",
    b"ECANCELED",
    b"ENOKEY",
    b"EKEYEXPIRED",
    b"EKEYREVOKED",
    b"EKEYREJECTED",
    b"EOWNERDEAD",
    b"ENOTRECOVERABLE",
    b"ERFKILL",
    b"EHWPOISON",
];

/// The name of an error number of either sign.
pub(crate) fn name(number: i64) -> Option<&'static [u8]> {
    let number = usize::try_from(number.unsigned_abs()).ok()?;
    NAMES.get(number).copied().filter(|name| !name.is_empty())
}

/// The error of a kernel function, as scripts get it: its bare name, `"EEXIST"`, without a position.
pub(crate) fn raise(state: State, error: kernel::error::Error) -> Error {
    if error == ENOMEM {
        return Error::NoMemory;
    }
    let name = name(error.to_errno().into()).unwrap_or(b"unknown");
    match state.push_bytes(name) {
        Ok(()) | Err(Raised) => Error::Raised,
    }
}

/// The positive number of the error called `name`.
pub(crate) fn number(name: &[u8]) -> Option<i32> {
    let name = match name {
        b"EWOULDBLOCK" => &b"EAGAIN"[..],
        b"EDEADLOCK" => b"EDEADLK",
        b"ENOTSUP" => b"EOPNOTSUPP",
        name => name,
    };
    if name.is_empty() {
        return None;
    }
    let number = NAMES.iter().position(|&known| known == name)?;
    i32::try_from(number).ok()
}
