// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The rules for the order of tokens, for both the writer and the reader.

/// How deep tables may nest.
pub const MAX_DEPTH: u8 = 100;

// One bit for each open table.
const _: () = assert!((MAX_DEPTH as u32) < 2 * u64::BITS);

/// Why a sequence of tokens is not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShapeError {
    /// Tables nest deeper than [`MAX_DEPTH`].
    TooDeep,
    /// More tables than a reference can count.
    TooManyTables,
    /// A table key is nil.
    NilKey,
    /// A table key is NaN.
    NanKey,
    /// A table ends after a key.
    MissingValue,
    /// A table ends where none is open.
    UnexpectedEnd,
    /// The message ends within a table.
    OpenTable,
    /// A reference to a table that has not begun.
    NoSuchTable,
}

impl ShapeError {
    /// One sentence fragment for a message to people.
    pub const fn text(self) -> &'static str {
        match self {
            Self::TooDeep => "tables nested too deep",
            Self::TooManyTables => "too many tables",
            Self::NilKey => "a table key is nil",
            Self::NanKey => "a table key is NaN",
            Self::MissingValue => "a table key has no value",
            Self::UnexpectedEnd => "the end of a table that never began",
            Self::OpenTable => "a table without end",
            Self::NoSuchTable => "a reference to a table that has not begun",
        }
    }
}

impl core::fmt::Display for ShapeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.text())
    }
}

/// A bit for each open table, the innermost first.
///
/// Two halves instead of one number of 128 bits, which would need an alignment of 16 bytes. Kernel
/// stacks do not have that alignment where C calls Rust.
#[derive(Clone, Copy, Debug, Default)]
struct Bits {
    low: u64,
    high: u64,
}

impl Bits {
    #[inline]
    const fn get(self, place: u8) -> bool {
        let half = if place < 64 { self.low } else { self.high };
        half >> (place & 63) & 1 == 1
    }

    /// Inverts the first bit.
    #[inline]
    fn flip(&mut self) {
        self.low ^= 1;
    }

    /// Inserts a cleared bit at the front.
    #[inline]
    fn open(&mut self) {
        self.high = self.high << 1 | self.low >> 63;
        self.low <<= 1;
    }

    /// Removes the first bit.
    #[inline]
    fn close(&mut self) {
        self.low = self.low >> 1 | self.high << 63;
        self.high >>= 1;
    }
}

/// The state of a message between two tokens, which decides what may come next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shape {
    /// Open tables.
    depth: u8,
    /// A bit for each open table, the innermost lowest: set when its next token is a value.
    value_is_next: Bits,
    /// The number of tables that have begun.
    tables: u32,
    /// The number of finished values outside all tables.
    values: u32,
    /// Whether there was a reference to a table.
    has_references: bool,
}

impl Shape {
    pub(super) const fn depth(&self) -> u8 {
        self.depth
    }

    pub(super) const fn tables(&self) -> u32 {
        self.tables
    }

    pub(super) const fn values(&self) -> u32 {
        self.values
    }

    pub(super) const fn has_references(&self) -> bool {
        self.has_references
    }

    /// Whether the next value is the key of a table.
    pub(super) const fn key_is_next(&self) -> bool {
        self.depth > 0 && !self.value_is_next.get(0)
    }

    /// Whether the next token of an open table, or the table that is open in it, belongs to a key.
    /// Tables are counted from the innermost, which is 0.
    pub(super) const fn is_in_key(&self, table: u8) -> bool {
        table < self.depth && !self.value_is_next.get(table)
    }

    /// A value without parts.
    #[inline]
    pub(super) fn scalar(&mut self) {
        if self.depth == 0 {
            self.values = self.values.saturating_add(1);
        } else {
            self.value_is_next.flip();
        }
    }

    /// Nil.
    #[inline]
    pub(super) fn nil(&mut self) -> Result<(), ShapeError> {
        if self.key_is_next() {
            return Err(ShapeError::NilKey);
        }
        self.scalar();
        Ok(())
    }

    /// A float of these bits.
    #[inline]
    pub(super) fn float(&mut self, bits: u64) -> Result<(), ShapeError> {
        if self.key_is_next() && super::token::is_nan(bits) {
            return Err(ShapeError::NanKey);
        }
        self.scalar();
        Ok(())
    }

    /// A reference to an earlier table.
    #[inline]
    pub(super) fn reference(&mut self, table: u64) -> Result<u32, ShapeError> {
        match u32::try_from(table) {
            Ok(table) if table < self.tables => {
                self.has_references = true;
                self.scalar();
                Ok(table)
            }
            _ => Err(ShapeError::NoSuchTable),
        }
    }

    /// A table begins. Returns its number.
    #[inline]
    pub(super) fn begin(&mut self) -> Result<u32, ShapeError> {
        if self.depth >= MAX_DEPTH {
            return Err(ShapeError::TooDeep);
        }
        let number = self.tables;
        self.tables = number.checked_add(1).ok_or(ShapeError::TooManyTables)?;
        self.depth = self.depth.saturating_add(1);
        self.value_is_next.open();
        Ok(number)
    }

    /// The innermost table ends.
    #[inline]
    pub(super) fn end(&mut self) -> Result<(), ShapeError> {
        if self.depth == 0 {
            return Err(ShapeError::UnexpectedEnd);
        }
        if !self.key_is_next() {
            return Err(ShapeError::MissingValue);
        }
        self.depth = self.depth.saturating_sub(1);
        self.value_is_next.close();
        // For the table around it, the finished table is a key or a value like any other.
        self.scalar();
        Ok(())
    }

    /// The message ends.
    pub(super) const fn finish(&self) -> Result<(), ShapeError> {
        if self.depth > 0 {
            return Err(ShapeError::OpenTable);
        }
        Ok(())
    }
}
