// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! C's functions for the time; their C side is `lua/port/include/time.h`.
//!
//! Their types say what Lua's C code passes: a reference is a valid pointer to a value of its type,
//! which nobody else uses during the call. A value that is only written need not be initialised.

use core::mem::MaybeUninit;

use kernel::{
    ffi::{c_char, c_long},
    str::{CStr, CStrExt}, //
};

use crate::linux::clock;

use super::{
    calendar::CalendarTime,
    strftime::strftime, //
};

/// C's `time`; `seconds` may be null.
#[no_mangle]
extern "C" fn lunatik_time(seconds: Option<&mut MaybeUninit<c_long>>) -> c_long {
    // CAST: Both have 64 bits.
    let now = clock::real_seconds() as c_long;
    if let Some(seconds) = seconds {
        seconds.write(now);
    }
    now
}

/// C's `mktime`: -1 if the time cannot be represented.
///
/// Lua sets all fields that are used here: all but the last three. Any bits in those three are
/// valid numbers, too.
#[no_mangle]
extern "C" fn lunatik_mktime(calendar: &mut CalendarTime) -> c_long {
    // CAST: Both have 64 bits.
    calendar.normalize().map_or(-1, |seconds| seconds as c_long)
}

/// C's `gmtime_r`: null if the year does not fit.
#[no_mangle]
extern "C" fn lunatik_gmtime<'a>(
    seconds: &c_long,
    calendar: &'a mut MaybeUninit<CalendarTime>,
) -> Option<&'a mut CalendarTime> {
    break_down(*seconds, calendar, 1)
}

/// C's `localtime_r`: null if the year does not fit.
#[no_mangle]
extern "C" fn lunatik_localtime<'a>(
    seconds: &c_long,
    calendar: &'a mut MaybeUninit<CalendarTime>,
) -> Option<&'a mut CalendarTime> {
    break_down(*seconds, calendar, 0)
}

fn break_down(
    seconds: c_long,
    calendar: &mut MaybeUninit<CalendarTime>,
    is_gmt: i32,
) -> Option<&mut CalendarTime> {
    // CAST: Both have 64 bits.
    let time = CalendarTime::from_seconds(seconds as i64)?;
    Some(calendar.write(CalendarTime { is_gmt, ..time }))
}

/// C's `strftime`: 0 if the text does not fit.
///
/// # Safety
///
/// `text` has `size` bytes, and `format` ends with a zero; nobody else uses either during the call.
#[no_mangle]
unsafe extern "C" fn lunatik_strftime(
    text: *mut c_char,
    size: usize,
    format: *const c_char,
    calendar: &CalendarTime,
) -> usize {
    // SAFETY: Lua's `os_date` gives a buffer of its own, with its size, and a format that it has
    // made and ended with a zero.
    let (text, format) = unsafe {
        (
            core::slice::from_raw_parts_mut(text, size),
            CStr::from_char_ptr(format),
        )
    };
    let Some((end, room)) = text.split_last_mut() else {
        return 0;
    };
    let Ok(length) = strftime(room, format.to_bytes(), calendar) else {
        return 0;
    };
    *room.get_mut(length).unwrap_or(end) = 0;
    length
}
