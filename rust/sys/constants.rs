// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The constants of the kernel's headers that scripts see, as tables. They are generated:
//! `modules/linux/constants.list` names them, and their values are those of the kernel that the module is
//! built for.

use kernel::str::CStr;

/// A table of constants.
pub(crate) struct Table {
    /// How a script names the table: `linux.nf.inet`.
    pub(crate) path: &'static CStr,
    /// The entries and their names, in the order of the names' bytes.
    pub(crate) entries: &'static [(&'static [u8], Entry)],
}

/// What a table has for a name.
#[derive(Clone, Copy)]
pub(crate) enum Entry {
    /// A number.
    Constant(i64),
    /// The table with this number in [`TABLES`].
    Table(u32),
}

// All tables. The first is the module `linux`.
include!(concat!(
    env!("LUNATIK_OBJ"),
    "/rust/sys/constants_generated.rs"
));
