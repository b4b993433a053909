// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Prints a set of permissions for people.

use core::fmt;

use super::{
    name::BASES,
    set::{Entry, Seal, Set}, //
};

/// Prints the specs that make the set, separated by spaces, or `all` for all permissions. A value
/// that narrows a parent's value follows it after `&`.
impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let everything = self.entries.len() == BASES.len()
            && self
                .entries
                .iter()
                .all(|entry| !entry.rejected && entry.values.is_empty());
        if everything {
            f.write_str("all")?;
        } else if self.entries.is_empty() {
            f.write_str("none")?;
        } else {
            for (index, entry) in self.entries.iter().enumerate() {
                if index != 0 {
                    f.write_str(" ")?;
                }
                entry.fmt(f)?;
            }
        }
        match self.seal {
            Seal::Open => Ok(()),
            Seal::Grants => f.write_str(" (inherited)"),
            Seal::Full => f.write_str(" (sealed)"),
        }
    }
}

/// Bytes that a script has chosen, printed on one line and without a zero.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c.is_control() {
                    true => write!(f, "{}", c.escape_default())?,
                    false => write!(f, "{c}")?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Shown(&self.name);
        if self.rejected {
            return write!(f, "~{name}");
        }
        name.fmt(f)?;
        let mut layer = None;
        for value in self.values.iter() {
            let separator = match layer.replace(value.layer) {
                None => "=",
                Some(former) if former == value.layer => "|",
                Some(_) => "&",
            };
            write!(f, "{separator}{}", Shown(&value.text))?;
        }
        Ok(())
    }
}
