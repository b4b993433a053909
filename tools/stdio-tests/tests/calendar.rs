// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The calendar and `strftime` agree with the C library in UTC.

use std::ffi::CString;
use std::sync::Once;

use stdio_tests::calendar::CalendarTime;
use stdio_tests::clib;
use stdio_tests::random::Random;
use stdio_tests::strftime::strftime;

const CONVERSIONS: &str = "aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%";
const MODIFIED: [&str; 20] = [
    "Ec", "EC", "Ex", "EX", "Ey", "EY", "Od", "Oe", "OH", "OI", "Om", "OM", "OS", "Ou", "OU", "OV",
    "Ow", "OW", "Oy", "Y-%m",
];

fn use_utc() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::env::set_var("TZ", "UTC0");
        // SAFETY: `Once` keeps other threads of the tests from reading the
        // environment meanwhile.
        unsafe { clib::tzset() };
    });
}

fn c_time(seconds: i64, local: bool) -> Option<clib::Tm> {
    // SAFETY: All-zero bytes are a valid `struct tm`.
    let mut tm: clib::Tm = unsafe { std::mem::zeroed() };
    // SAFETY: Both point to what the functions expect.
    let result = unsafe {
        match local {
            true => clib::localtime_r(&seconds, &mut tm),
            false => clib::gmtime_r(&seconds, &mut tm),
        }
    };
    (!result.is_null()).then_some(tm)
}

fn to_c(time: &CalendarTime) -> clib::Tm {
    clib::Tm {
        sec: time.second,
        min: time.minute,
        hour: time.hour,
        mday: time.day,
        mon: time.month,
        year: time.year,
        wday: time.weekday,
        yday: time.yearday,
        isdst: time.daylight_saving,
        gmtoff: 0,
        zone: std::ptr::null(),
    }
}

fn to_ours(tm: &clib::Tm) -> CalendarTime {
    CalendarTime {
        second: tm.sec,
        minute: tm.min,
        hour: tm.hour,
        day: tm.mday,
        month: tm.mon,
        year: tm.year,
        weekday: tm.wday,
        yearday: tm.yday,
        daylight_saving: tm.isdst,
        is_gmt: 0,
    }
}

fn c_format(format: &str, tm: &clib::Tm) -> Vec<u8> {
    let format = CString::new(format).unwrap();
    let mut text = [0u8; 250];
    // SAFETY: The buffer is as long as said, the format ends with a zero.
    let length =
        unsafe { clib::strftime(text.as_mut_ptr().cast(), text.len(), format.as_ptr(), tm) };
    text[..length].to_vec()
}

fn our_format(format: &str, time: &CalendarTime) -> Vec<u8> {
    let mut text = [0u8; 250];
    let length = strftime(&mut text, format.as_bytes(), time).unwrap();
    text[..length].to_vec()
}

fn check_formats(seconds: i64) {
    for local in [false, true] {
        let Some(tm) = c_time(seconds, local) else {
            assert_eq!(CalendarTime::from_seconds(seconds), None, "{seconds}");
            continue;
        };
        let mut time = CalendarTime::from_seconds(seconds).unwrap();
        assert_eq!(time, to_ours(&tm), "{seconds}");
        time.is_gmt = i32::from(!local);
        // Here the C library's sums overflow.
        if tm.year > i32::MAX - 1900 {
            continue;
        }
        let single = CONVERSIONS.chars().map(|letter| letter.to_string());
        for conversion in single.chain(MODIFIED.map(String::from)) {
            let format = format!("%{conversion}");
            let (ours, theirs) = (our_format(&format, &time), c_format(&format, &tm));
            assert_eq!(
                String::from_utf8_lossy(&ours),
                String::from_utf8_lossy(&theirs),
                "{format} of {seconds}, {tm:?}"
            );
        }
    }
}

#[test]
fn days_of_eight_centuries_formats_as_in_c() {
    use_utc();
    for day in (-150_000..150_000i64).step_by(3) {
        check_formats(day * 86_400 + (day * 7919).rem_euclid(86_400));
    }
}

#[test]
fn random_times_of_any_magnitude_format_as_in_c() {
    use_utc();
    let mut random = Random(1);
    for _ in 0..60_000 {
        check_formats(random.any_magnitude());
    }
}

#[test]
fn the_edges_of_time_format_as_in_c() {
    use_utc();
    let years = [
        i64::from(i32::MIN) + 1900,
        i64::from(i32::MAX) + 1900,
        0,
        -1,
        -99,
        -100,
        -101,
    ];
    for year in years {
        let days = (year as i128 * 146_097).div_euclid(400) as i64 - 719_528;
        for offset in -800..800 {
            check_formats((days + offset).saturating_mul(86_400));
            check_formats((days + offset).saturating_mul(86_400).saturating_sub(1));
        }
    }
    for seconds in [i64::MIN, i64::MAX, -1, 0, 1] {
        check_formats(seconds);
    }
}

#[test]
fn mktime_brings_fields_into_range_as_in_c() {
    use_utc();
    let mut random = Random(2);
    for round in 0..400_000u32 {
        let mut field = |usual: i64| -> i32 {
            if round % 4 == 0 {
                (random.any() as i32) >> random.below(32)
            } else {
                (random.below(usual as u64 * 4) as i64 - usual) as i32
            }
        };
        let time = CalendarTime {
            second: field(60),
            minute: field(60),
            hour: field(24),
            day: field(31),
            month: field(12),
            year: field(300),
            weekday: 0,
            yearday: 0,
            daylight_saving: field(1).signum(),
            is_gmt: 0,
        };
        let mut tm = to_c(&time);
        // SAFETY: The pointer is valid.
        let theirs = unsafe { clib::mktime(&mut tm) };
        let mut normal = time;
        let ours = normal.normalize();
        if theirs == -1 && ours != Some(-1) {
            assert_eq!(ours, None, "{time:?}");
            assert_eq!(normal, time);
            continue;
        }
        assert_eq!(ours, Some(theirs), "{time:?}");
        assert_eq!(normal, to_ours(&tm), "{time:?}");
    }
}

#[test]
fn text_that_does_not_fit_is_refused() {
    let time = CalendarTime::from_seconds(0).unwrap();
    let mut text = [0u8; 3];
    assert!(strftime(&mut text, b"%Y", &time).is_err());
    assert_eq!(strftime(&mut text, b"%j", &time), Ok(3));
}
