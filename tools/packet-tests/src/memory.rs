// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Packets in memory.

use crate::layout::{Bytes, Extensions};

/// A packet, all of whose bytes are there. The network header may be anywhere in it.
pub(crate) struct Memory<'a>(pub(crate) &'a [u8]);

impl Memory<'_> {
    fn at(&self, offset: i32, count: usize) -> Option<&[u8]> {
        let offset = usize::try_from(offset).ok()?;
        self.0.get(offset..offset.checked_add(count)?)
    }
}

impl Bytes for Memory<'_> {
    fn read(&self, offset: i32, to: &mut [u8]) -> bool {
        match self.at(offset, to.len()) {
            Some(bytes) => {
                to.copy_from_slice(bytes);
                true
            }
            None => false,
        }
    }

    /// As `ipv6_skip_exthdr()` of Linux does it.
    fn skip_extensions(&self, mut start: i32, mut next: u8) -> Option<Extensions> {
        const MOST: usize = 8;
        let mut fragment = 0;
        for count in 0.. {
            if !matches!(next, 0 | 43 | 44 | 51 | 59 | 60) {
                break;
            }
            if next == 59 || count >= MOST {
                return None;
            }
            let header = self.at(start, 2)?;
            let size = match next {
                44 => {
                    let offset = self.at(start + 2, 2)?;
                    fragment = u16::from_be_bytes([offset[0], offset[1]]);
                    if fragment & !7 != 0 {
                        break;
                    }
                    8
                }
                51 => (i32::from(header[1]) + 2) * 4,
                _ => (i32::from(header[1]) + 1) * 8,
            };
            next = header[0];
            start += size;
        }
        Some(Extensions {
            end: start,
            next,
            fragment,
        })
    }
}
