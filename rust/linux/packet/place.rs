// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Arithmetic of ranges. Pure code: it takes nothing of the kernel.

/// Where `length` bytes at `offset` of a part of a packet are in the packet. The part is from
/// `start` to `end`. `None` if not all of them are in the part.
pub(crate) fn place(start: i32, end: i32, offset: i64, length: usize) -> Option<i32> {
    let size = i64::from(end).checked_sub(start.into())?;
    let behind = offset.checked_add(i64::try_from(length).ok()?)?;
    if offset < 0 || behind > size {
        return None;
    }
    i32::try_from(offset.checked_add(start.into())?).ok()
}
