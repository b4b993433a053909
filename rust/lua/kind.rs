// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The types of Lua's values.

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// There is no value at this index.
    None,
    Nil,
    Boolean,
    /// A number that is an integer.
    Integer,
    /// A number that is a float.
    Float,
    String,
    Table,
    Function,
    Userdata,
    /// A coroutine.
    Thread,
    /// A light userdata.
    Pointer,
}

impl Kind {
    /// Lua's name for values of this kind.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "no value",
            Self::Nil => "nil",
            Self::Boolean => "boolean",
            Self::Integer | Self::Float => "number",
            Self::String => "string",
            Self::Table => "table",
            Self::Function => "function",
            Self::Userdata => "userdata",
            Self::Thread => "thread",
            Self::Pointer => "light userdata",
        }
    }
}
