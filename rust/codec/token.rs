// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The units that a message is made of.

/// One unit of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// Lua's nil.
    Nil,
    /// A boolean.
    Boolean(bool),
    /// A Lua integer.
    Integer(i64),
    /// A Lua float, as the bits of an IEEE 754 binary64.
    Float(u64),
    /// A string of any bytes.
    String(&'a [u8]),
    /// A table starts; keys and values follow in turn until the matching [`Token::TableEnd`].
    TableBegin,
    /// The innermost open table ends.
    TableEnd,
    /// The table that the n-th [`Token::TableBegin`] of this message started, counted from 0.
    Reference(u32),
    /// Something shareable that is not copied.
    Handle {
        /// The kind of the object. The users of the codec define its meaning.
        kind: u8,
        /// The position in a list that travels beside the message.
        index: u32,
    },
}

/// Tag bytes; see the table in the documentation of the codec.
pub(super) mod tag {
    pub(in super::super) const NIL: u8 = 0x00;
    pub(in super::super) const FALSE: u8 = 0x01;
    pub(in super::super) const TRUE: u8 = 0x02;
    pub(in super::super) const INTEGER: u8 = 0x03;
    pub(in super::super) const FLOAT: u8 = 0x04;
    pub(in super::super) const STRING: u8 = 0x05;
    pub(in super::super) const TABLE_BEGIN: u8 = 0x06;
    pub(in super::super) const TABLE_END: u8 = 0x07;
    pub(in super::super) const REFERENCE: u8 = 0x08;
    pub(in super::super) const HANDLE: u8 = 0x09;
}

/// Whether these are the bits of a NaN, which cannot be a table key.
pub(super) const fn is_nan(bits: u64) -> bool {
    const WITHOUT_SIGN: u64 = !(1 << 63);
    const INFINITY: u64 = 0x7ff0_0000_0000_0000;
    bits & WITHOUT_SIGN > INFINITY
}
