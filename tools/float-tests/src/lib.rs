// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the tests share: the functions of `rust/float`, the numbers to try them on, and how long.

pub mod cases;
pub mod soft;

use std::time::{
    Duration, //
    Instant,
};

/// Tries cases for as long as one test may take: `FLOAT_TESTS_SECONDS` says how many seconds, 2 if
/// it is not set. Prints how many cases those were.
pub fn repeatedly(what: &str, mut case: impl FnMut(&mut cases::Random)) {
    let seconds = std::env::var("FLOAT_TESTS_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(2.0);
    let limit = Duration::from_secs_f64(seconds);
    let start = Instant::now();
    let mut random = cases::Random::new(what);
    let mut count = 0u64;
    while start.elapsed() < limit {
        for _ in 0..1000 {
            case(&mut random);
        }
        count += 1000;
    }
    println!("{what}: {count} cases");
}
