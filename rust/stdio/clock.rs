// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! C's functions for the time; their C side is `lua/port/include/time.h`.

use kernel::{
    ffi::{c_char, c_long},
    str::{CStr, CStrExt}, //
};

use crate::linux::clock;

use super::{
    calendar::CalendarTime,
    strftime::strftime, //
};

/// C's `time`.
///
/// # Safety
///
/// `seconds` is null or may be written.
#[no_mangle]
unsafe extern "C" fn lunatik_time(seconds: *mut c_long) -> c_long {
    // CAST: Both have 64 bits.
    let now = clock::real_seconds() as c_long;
    if !seconds.is_null() {
        // SAFETY: By this function's contract.
        unsafe { *seconds = now };
    }
    now
}

/// C's `mktime`: -1 if the time cannot be told.
///
/// # Safety
///
/// `calendar` may be read and written; its last field need not have a value.
#[no_mangle]
unsafe extern "C" fn lunatik_mktime(calendar: *mut CalendarTime) -> c_long {
    // SAFETY: By this function's contract. Lua sets all fields that mean anything here but the last
    // three; any bits are a number.
    let mut time = unsafe { calendar.read() };
    // CAST: Both have 64 bits.
    let seconds = time.normalize().map_or(-1, |seconds| seconds as c_long);
    // SAFETY: By this function's contract.
    unsafe { calendar.write(time) };
    seconds
}

/// C's `gmtime_r`: null if the year does not fit.
///
/// # Safety
///
/// `seconds` may be read and `calendar` written.
#[no_mangle]
unsafe extern "C" fn lunatik_gmtime(
    seconds: *const c_long,
    calendar: *mut CalendarTime,
) -> *mut CalendarTime {
    // SAFETY: By this function's contract.
    unsafe { break_down(seconds, calendar, 1) }
}

/// C's `localtime_r`: null if the year does not fit.
///
/// # Safety
///
/// `seconds` may be read and `calendar` written.
#[no_mangle]
unsafe extern "C" fn lunatik_localtime(
    seconds: *const c_long,
    calendar: *mut CalendarTime,
) -> *mut CalendarTime {
    // SAFETY: By this function's contract.
    unsafe { break_down(seconds, calendar, 0) }
}

/// # Safety
///
/// `seconds` may be read and `calendar` written.
unsafe fn break_down(
    seconds: *const c_long,
    calendar: *mut CalendarTime,
    is_gmt: i32,
) -> *mut CalendarTime {
    // SAFETY: By this function's contract.
    let seconds = unsafe { *seconds };
    // CAST: Both have 64 bits.
    let Some(time) = CalendarTime::from_seconds(seconds as i64) else {
        return core::ptr::null_mut();
    };
    // SAFETY: By this function's contract.
    unsafe { calendar.write(CalendarTime { is_gmt, ..time }) };
    calendar
}

/// C's `strftime`: 0 if the text does not fit.
///
/// # Safety
///
/// `text` has `size` bytes, `format` ends with a zero, and `calendar` was made by one of the
/// functions here.
#[no_mangle]
unsafe extern "C" fn lunatik_strftime(
    text: *mut c_char,
    size: usize,
    format: *const c_char,
    calendar: *const CalendarTime,
) -> usize {
    // SAFETY: By this function's contract.
    let (text, format, time) = unsafe {
        (
            core::slice::from_raw_parts_mut(text, size),
            CStr::from_char_ptr(format),
            &*calendar,
        )
    };
    let Some((end, room)) = text.split_last_mut() else {
        return 0;
    };
    let Ok(length) = strftime(room, format.to_bytes(), time) else {
        return 0;
    };
    *room.get_mut(length).unwrap_or(end) = 0;
    length
}
