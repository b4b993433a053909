// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Figures of round trips.

use std::{fmt, time::Duration};

/// Times, of which the least, the median, the 99th percentile and the greatest are printed in microseconds.
#[derive(Default)]
pub struct Figures(Vec<Duration>);

impl Figures {
    /// Adds a time.
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }
}

/// The least time that so many hundredths of all do not exceed.
fn percentile(sorted: &[Duration], hundredths: usize) -> Option<Duration> {
    let rank = (sorted.len() * hundredths).div_ceil(100);
    sorted.get(rank.max(1) - 1).copied()
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let named = [("min", 0), ("median", 50), ("p99", 99), ("max", 100)];
        for (number, (name, hundredths)) in named.into_iter().enumerate() {
            let separator = if number == 0 { "" } else { " " };
            match percentile(&sorted, hundredths) {
                Some(time) => {
                    let us = time.as_secs_f64() * 1e6;
                    write!(formatter, "{separator}{name}_us={us:.1}")?;
                }
                None => write!(formatter, "{separator}{name}_us=-")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_hundred_times() {
        let mut figures = Figures::default();
        for us in (1..=100).rev() {
            figures.add(Duration::from_micros(us));
        }
        assert_eq!(
            figures.to_string(),
            "min_us=1.0 median_us=50.0 p99_us=99.0 max_us=100.0"
        );
    }

    #[test]
    fn of_one_time() {
        let mut figures = Figures::default();
        figures.add(Duration::from_nanos(1250));
        assert_eq!(
            figures.to_string(),
            "min_us=1.2 median_us=1.2 p99_us=1.2 max_us=1.2"
        );
    }

    #[test]
    fn of_none() {
        assert_eq!(
            Figures::default().to_string(),
            "min_us=- median_us=- p99_us=- max_us=-"
        );
    }
}
