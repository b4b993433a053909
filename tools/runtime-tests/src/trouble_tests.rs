// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! When failing calls are too many.

use crate::trouble::{Reason, Trouble};

const US: u64 = 1000;
const MS: u64 = 1000 * US;
const SECOND: u64 = 1000 * MS;

/// Some moment after the start of the machine.
const BEGIN: u64 = 100 * SECOND;

/// A short over-run, and its slices; and those of a call that was not ended.
const OVER: u64 = 1500 * US;
const TWO: u64 = 2;
const NONE: u64 = 0;

#[test]
fn the_sixteenth_over_run_in_ten_seconds_is_too_many() {
    let trouble = Trouble::new();
    for number in 0..15 {
        let now = BEGIN + number * 600 * MS;
        assert_eq!(trouble.note_failure(now, OVER, TWO), None, "{number}");
    }
    let now = BEGIN + 9999 * MS;
    assert_eq!(trouble.note_failure(now, OVER, TWO), Some(Reason::Overruns));
}

#[test]
fn a_window_begins_with_its_first_failure() {
    let trouble = Trouble::new();
    // The machine was started a moment ago.
    let begin = 9 * SECOND;
    for number in 0..15 {
        let now = begin + number * 200 * MS;
        assert_eq!(trouble.note_failure(now, OVER, TWO), None, "{number}");
    }
    let last = trouble.note_failure(begin + 9 * SECOND, OVER, TWO);
    assert_eq!(last, Some(Reason::Overruns));
    trouble.forget();
    let begin = BEGIN + 9 * SECOND;
    for number in 0..15 {
        let now = begin + number * 200 * MS;
        assert_eq!(trouble.note_failure(now, OVER, TWO), None, "{number}");
    }
    let last = trouble.note_failure(begin + 9 * SECOND, OVER, TWO);
    assert_eq!(last, Some(Reason::Overruns));
}

#[test]
fn over_runs_of_different_windows_do_not_add_up() {
    let trouble = Trouble::new();
    for number in 0..990 {
        // Fifteen in each window.
        let now = BEGIN + number / 15 * 10 * SECOND + number % 15;
        assert_eq!(trouble.note_failure(now, OVER, TWO), None, "{number}");
    }
}

#[test]
fn calls_that_succeed_in_between_do_not_excuse_over_runs() {
    let trouble = Trouble::new();
    for number in 0..15 {
        assert_eq!(trouble.note_failure(BEGIN + number, OVER, TWO), None);
        trouble.note_success(None);
    }
    let last = trouble.note_failure(BEGIN + 15, OVER, TWO);
    assert_eq!(last, Some(Reason::Overruns));
}

#[test]
fn failing_calls_may_take_32_ms_in_a_window() {
    let trouble = Trouble::new();
    for number in 0..63 {
        let now = BEGIN + number * MS;
        assert_eq!(trouble.note_failure(now, MS / 2, NONE), None, "{number}");
        trouble.note_success(None);
    }
    let now = BEGIN + 63 * MS;
    assert_eq!(trouble.note_failure(now, MS / 2, NONE), Some(Reason::Time));

    let trouble = Trouble::new();
    for number in 0..31 {
        assert_eq!(trouble.note_failure(BEGIN + number, MS, NONE), None);
    }
    // In the next window there is room again.
    let next = BEGIN + 10 * SECOND;
    for number in 0..31 {
        let failed = trouble.note_failure(next + number, MS, NONE);
        assert_eq!(failed, None, "{number}");
    }
    assert_eq!(
        trouble.note_failure(next + 31, MS, NONE),
        Some(Reason::Time)
    );
}

#[test]
fn no_call_counts_more_than_its_slice() {
    let trouble = Trouble::new();
    for number in 0..15 {
        let failed = trouble.note_failure(BEGIN + number, u64::MAX, NONE);
        assert_eq!(failed, None, "{number}");
    }
    let last = trouble.note_failure(BEGIN + 15, u64::MAX, NONE);
    assert_eq!(last, Some(Reason::Time));
}

#[test]
fn closing_methods_that_take_too_long_count_too() {
    let trouble = Trouble::new();
    for number in 0..10 {
        let failed = trouble.note_failure(BEGIN + number, u64::MAX, 3);
        assert_eq!(failed, None, "{number}");
    }
    let last = trouble.note_failure(BEGIN + 10, 0, 3);
    assert_eq!(last, Some(Reason::Time));
}

#[test]
fn over_runs_are_the_reason_where_both_are_too_much() {
    let trouble = Trouble::new();
    for number in 0..15 {
        assert_eq!(trouble.note_failure(BEGIN + number, 2 * MS, TWO), None);
    }
    let last = trouble.note_failure(BEGIN + 15, 2 * MS, TWO);
    assert_eq!(last, Some(Reason::Overruns));
}

#[test]
fn a_thousand_failures_in_a_row_must_span_a_second() {
    let trouble = Trouble::new();
    for number in 0..2000 {
        let now = BEGIN + number;
        assert_eq!(trouble.note_failure(now, US, NONE), None, "{number}");
    }
    let nearly = BEGIN + SECOND - 1;
    assert_eq!(trouble.note_failure(nearly, US, NONE), None);
    assert_eq!(
        trouble.note_failure(nearly + 1, US, NONE),
        Some(Reason::Failures)
    );
}

#[test]
fn fewer_in_a_row_may_span_any_time() {
    let trouble = Trouble::new();
    for number in 0..999 {
        let now = BEGIN + number * SECOND;
        assert_eq!(trouble.note_failure(now, US, NONE), None, "{number}");
    }
    assert_eq!(
        trouble.note_failure(BEGIN + 999 * SECOND, US, NONE),
        Some(Reason::Failures)
    );
}

#[test]
fn one_success_ends_a_row() {
    let trouble = Trouble::new();
    assert!(!trouble.is_in_row());
    for number in 0..999 {
        let now = BEGIN + number * 10 * MS;
        assert_eq!(trouble.note_failure(now, US, NONE), None);
        assert!(trouble.is_in_row());
    }
    trouble.note_success(None);
    assert!(!trouble.is_in_row());
    for number in 999..1998 {
        let now = BEGIN + number * 10 * MS;
        assert_eq!(trouble.note_failure(now, US, NONE), None, "{number}");
    }
}

#[test]
fn what_is_forgotten_begins_anew() {
    let trouble = Trouble::new();
    for number in 0..15 {
        assert_eq!(trouble.note_failure(BEGIN + number, MS, TWO), None);
    }
    trouble.forget();
    assert!(!trouble.is_in_row());
    for number in 0..15 {
        let now = BEGIN + SECOND + number;
        assert_eq!(trouble.note_failure(now, MS, TWO), None, "{number}");
    }
    assert_eq!(
        trouble.note_failure(BEGIN + 2 * SECOND, MS, TWO),
        Some(Reason::Overruns)
    );
}

#[test]
fn reasons_have_numbers_and_words() {
    for (number, reason, text) in [
        (1, Reason::Overruns, "16 over-runs in 10 s"),
        (
            2,
            Reason::Time,
            "failing calls took 32 times hook_slice_ms within 10 s",
        ),
        (3, Reason::Failures, "1000 failures in a row"),
    ] {
        assert_eq!(reason as u32, number);
        assert_eq!(Reason::from_raw(number), Some(reason));
        assert_eq!(reason.text(), text);
    }
    assert_eq!(Reason::from_raw(0), None);
    assert_eq!(Reason::from_raw(4), None);
}
