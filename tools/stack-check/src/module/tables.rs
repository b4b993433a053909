// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Tables of jumps.

use super::{Module, Place};

impl Module {
    /// Reads jump tables whose entries count from the table. A table begins where code refers to
    /// it.
    pub(super) fn read_relative_tables(&mut self) {
        let mut found = Vec::new();
        for (index, function) in self.functions.iter().enumerate() {
            for (width, raw) in function.references.values() {
                let Place::Data(section, table) =
                    self.place(raw, if raw.relative { u64::from(*width) } else { 0 })
                else {
                    continue;
                };
                for entry in 0.. {
                    let Some(raw) = self.relative.get(&(section, table + 4 * entry)) else {
                        break;
                    };
                    match self.place(raw, (4 * entry).wrapping_neg()) {
                        Place::Inside(target, offset) if target == index => {
                            found.push((index, (section, table), offset))
                        }
                        _ => break,
                    }
                }
            }
        }
        for (index, table, offset) in found {
            self.functions[index].inside.push(offset);
            self.functions[index]
                .tables
                .entry(table)
                .or_default()
                .push(offset);
        }
    }
}
