// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Statistics of a few values.

/// The least, the median and the greatest of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The least value.
    pub least: f64,
    /// The value in the middle, or the mean of the two there.
    pub median: f64,
    /// The greatest value.
    pub greatest: f64,
}

impl Summary {
    /// Summarizes `values`; `None` if there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let above = *sorted.get(middle)?;
        let median = if sorted.len().is_multiple_of(2) {
            (sorted[middle - 1] + above) / 2.0
        } else {
            above
        };
        Some(Self {
            least: sorted[0],
            median,
            greatest: sorted[sorted.len() - 1],
        })
    }
}

/// The probability that chance alone puts `after` so far above `before`: the one-sided rank test of
/// Mann and Whitney, with its exact distribution. It is 1 if either is empty.
///
/// The test assumes no distribution of the values, so neither outliers nor skew mislead it.
pub fn chance_of_increase(before: &[f64], after: &[f64]) -> f64 {
    if before.is_empty() || after.is_empty() {
        return 1.0;
    }
    // The number of pairs in which the later value is not above the earlier one. A tie counts as
    // half a pair, so this counts in halves.
    let against: usize = after
        .iter()
        .flat_map(|after| {
            before
                .iter()
                .map(move |before| match after.total_cmp(before) {
                    std::cmp::Ordering::Less => 2,
                    std::cmp::Ordering::Equal => 1,
                    std::cmp::Ordering::Greater => 0,
                })
        })
        .sum();
    let orders = orders_by_pairs(before.len(), after.len());
    let all: f64 = orders.iter().sum();
    // Half a pair counts as a whole one, to be on the safe side.
    orders.iter().take(against.div_ceil(2) + 1).sum::<f64>() / all
}

/// The numbers of orders of `m` and `n` different values that have 0, 1, 2, ... pairs with the
/// second value below the first.
fn orders_by_pairs(m: usize, n: usize) -> Vec<f64> {
    // ways[i][pairs]: for i values of the first kind and as many values of the second as were added
    // so far.
    let mut ways: Vec<Vec<f64>> = vec![vec![1.0]; m + 1];
    for j in 1..=n {
        let mut next: Vec<Vec<f64>> = Vec::with_capacity(m + 1);
        next.push(vec![1.0]);
        for i in 1..=m {
            // The greatest of all values is either of the first kind, above all j of the second, or
            // of the second.
            let mut counts = vec![0.0; i * j + 1];
            for (pairs, count) in next[i - 1].iter().enumerate() {
                counts[pairs + j] += count;
            }
            for (pairs, count) in ways[i].iter().enumerate() {
                counts[pairs] += count;
            }
            next.push(counts);
        }
        ways = next;
    }
    ways.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries() {
        assert_eq!(Summary::of(&[]), None);
        let odd = Summary::of(&[3.0, 1.0, 2.0]).unwrap();
        assert_eq!((odd.least, odd.median, odd.greatest), (1.0, 2.0, 3.0));
        let even = Summary::of(&[4.0, 1.0, 2.0, 3.0]).unwrap();
        assert_eq!((even.least, even.median, even.greatest), (1.0, 2.5, 4.0));
    }

    #[test]
    fn orders_are_all_of_them() {
        // 5 of 10: 252 orders; one without a pair, one with all.
        let orders = orders_by_pairs(5, 5);
        assert_eq!(orders.iter().sum::<f64>(), 252.0);
        assert_eq!((orders[0], orders[25]), (1.0, 1.0));
        assert_eq!(orders_by_pairs(2, 1), [1.0, 1.0, 1.0]);
        assert_eq!(orders_by_pairs(2, 2), [1.0, 1.0, 2.0, 1.0, 1.0]);
    }

    #[test]
    fn chances() {
        let low = [1.0, 2.0, 3.0, 4.0, 5.0];
        let high = [6.0, 7.0, 8.0, 9.0, 10.0];
        assert_eq!(chance_of_increase(&low, &high), 1.0 / 252.0);
        assert_eq!(chance_of_increase(&high, &low), 1.0);
        assert!(chance_of_increase(&low, &low) > 0.5);
        // One outlier neither hides a change nor causes one.
        let mut outlier = low;
        outlier[4] = 100.0;
        assert!(chance_of_increase(&outlier, &high) < 0.08);
        assert!(chance_of_increase(&low, &outlier) > 0.4);
        assert_eq!(chance_of_increase(&[], &high), 1.0);
    }
}
