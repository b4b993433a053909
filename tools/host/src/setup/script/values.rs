// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Arguments of calls.

use std::{
    ffi::{CStr, CString},
    ops::Deref,
    os::fd::{BorrowedFd, RawFd},
};

use mlua::{Error, FromLua, Lua, LuaString, Value};
use nix::errno::Errno;

use crate::setup::descriptors;

/// The error of a conversion to `to` that has failed.
pub fn wrong(value: &Value, to: &str, message: &str) -> Error {
    Error::FromLuaConversionError {
        from: value.type_name(),
        to: to.to_owned(),
        message: Some(message.to_owned()),
    }
}

/// A string without zero bytes: a path, or another text for the system.
pub struct Text(CString);

impl FromLua for Text {
    fn from_lua(value: Value, lua: &Lua) -> mlua::Result<Self> {
        let bytes = LuaString::from_lua(value.clone(), lua)?.as_bytes().to_vec();
        match CString::new(bytes) {
            Ok(text) => Ok(Self(text)),
            Err(_) => Err(wrong(&value, "text", "it has a zero byte")),
        }
    }
}

impl Deref for Text {
    type Target = CStr;

    fn deref(&self) -> &CStr {
        &self.0
    }
}

impl AsRef<CStr> for Text {
    fn as_ref(&self) -> &CStr {
        &self.0
    }
}

/// A number of a descriptor, which need not exist.
pub struct Number(RawFd);

impl Number {
    /// The descriptor.
    ///
    /// # Errors
    ///
    /// Fails with `EBADF` if there is none.
    pub fn descriptor(&self) -> Result<BorrowedFd<'static>, Errno> {
        descriptors::borrow(self.0)
    }
}

impl FromLua for Number {
    fn from_lua(value: Value, lua: &Lua) -> mlua::Result<Self> {
        RawFd::from_lua(value, lua).map(Self)
    }
}

/// The number of a user or a group; -1 is the one that means *none*.
pub struct Id(pub u32);

impl FromLua for Id {
    fn from_lua(value: Value, lua: &Lua) -> mlua::Result<Self> {
        match i64::from_lua(value.clone(), lua)? {
            -1 => Ok(Self(u32::MAX)),
            number => u32::try_from(number)
                .map(Self)
                .map_err(|_| wrong(&value, "identity", "it is out of range")),
        }
    }
}
