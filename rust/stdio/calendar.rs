// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The calendar: seconds since 1970 to a date in UTC, and back.
//!
//! Pure code; the host tests compare it with a C library.

const SECONDS_PER_DAY: i64 = 86_400;
/// The calendar repeats itself after 400 years, an era.
const DAYS_PER_ERA: i64 = 146_097;
/// From 1 March of year 0 to 1 January 1970.
const DAYS_TO_EPOCH: i64 = 719_468;

/// C's `struct tm`; the twin of the one in `lua/port/include/time.h`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CalendarTime {
    /// 0 to 59.
    pub second: i32,
    /// 0 to 59.
    pub minute: i32,
    /// 0 to 23.
    pub hour: i32,
    /// 1 to 31.
    pub day: i32,
    /// 0 to 11.
    pub month: i32,
    /// Since 1900.
    pub year: i32,
    /// Days since Sunday.
    pub weekday: i32,
    /// Days since 1 January.
    pub yearday: i32,
    /// Positive if daylight saving is in force. In UTC it never is.
    pub daylight_saving: i32,
    /// Not zero if this is called GMT rather than UTC.
    pub is_gmt: i32,
}

impl CalendarTime {
    /// The date and time `seconds` after the start of 1970, unless its year
    /// does not fit.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        let days = seconds.div_euclid(SECONDS_PER_DAY);
        let rest = seconds.rem_euclid(SECONDS_PER_DAY);
        let (year, month, day) = date_of(days);
        let yearday = days - days_to(year, 0);
        // 1 January 1970 was a Thursday.
        let weekday = (days + 4).rem_euclid(7);
        // CAST: All but the year are small.
        Some(Self {
            second: (rest % 60) as i32,
            minute: (rest / 60 % 60) as i32,
            hour: (rest / 3600) as i32,
            day: day as i32,
            month: month as i32,
            year: i32::try_from(year - 1900).ok()?,
            weekday: weekday as i32,
            yearday: yearday as i32,
            daylight_saving: 0,
            is_gmt: 0,
        })
    }

    /// Seconds since the start of 1970. The fields may have any value, such as
    /// month 14 or second -3; `weekday` and `yearday` are not read.
    pub fn seconds(&self) -> i64 {
        // A time that claims to be in daylight saving is taken to be one hour ahead, as glibc does
        // in a zone without daylight saving.
        let ahead = if self.daylight_saving > 0 { 3600 } else { 0 };
        // OVERFLOW: The fields are 32 bits, so the months are fewer than 2^36,
        // the days than 2^41 and the seconds than 2^59.
        let months = (i64::from(self.year) + 1900) * 12 + i64::from(self.month);
        let days = days_to(months.div_euclid(12), months.rem_euclid(12)) + i64::from(self.day) - 1;
        days * SECONDS_PER_DAY
            + i64::from(self.hour) * 3600
            + i64::from(self.minute) * 60
            + i64::from(self.second)
            - ahead
    }

    /// Brings all fields into their ranges, as `mktime` does. Returns the
    /// seconds since the start of 1970, or `None`, with nothing changed, if
    /// the year does not fit.
    pub fn normalize(&mut self) -> Option<i64> {
        let seconds = self.seconds();
        *self = Self::from_seconds(seconds)?;
        Some(seconds)
    }
}

/// Year, month (0 to 11) and day (1 to 31) that begin `days` after the start
/// of 1970.
///
/// Years are counted from March here, so that the leap day comes last and the
/// lengths of the months follow a straight line.
fn date_of(days: i64) -> (i64, i64, i64) {
    // OVERFLOW: `days` are at most 2^63 seconds' worth.
    let days = days + DAYS_TO_EPOCH;
    let era = days.div_euclid(DAYS_PER_ERA);
    let day_of_era = days.rem_euclid(DAYS_PER_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let (month, carry) = match month_from_march {
        0..=9 => (month_from_march + 2, 0),
        _ => (month_from_march - 10, 1),
    };
    (era * 400 + year_of_era + carry, month, day)
}

/// Days from the start of 1970 to the first day of a month (0 to 11).
fn days_to(year: i64, month: i64) -> i64 {
    let (year, month_from_march) = match month {
        0..=1 => (year - 1, month + 10),
        _ => (year, month - 2),
    };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month_from_march + 2) / 5;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH
}
