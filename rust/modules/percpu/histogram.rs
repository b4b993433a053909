// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Histograms.

use core::ffi::c_int;
use kernel::prelude::*;

use super::Reference;
use crate::{
    binding::arguments,
    linux::percpu::PerCpuWords,
    lua::{self, Anywhere, Error, Free, Kind, Softirq, State},
    native,
    runtime::{
        handle::Shareable,
        objects::{Class, Classed},
        percpu::{bucket_of, rank, upper_bound, Fraction, BUCKETS},
        userdata, //
    },
};

/// The word that the sum of the values is in. The words before it are those of the buckets.
const SUM: usize = BUCKETS;

/// A histogram.
pub(super) struct Histogram(pub(super) Reference);

impl Classed for Histogram {
    const CLASS: &'static Class = &HISTOGRAM;
}

impl Shareable for Histogram {
    fn identity(&self) -> *const () {
        self.0.percpu.identity()
    }
}

const HISTOGRAM: Class = Class {
    name: c"percpu.histogram",
    fill: |state, metatable| {
        userdata::fill_shared(state, metatable)?;
        state.new_table(0, 5)?;
        // Finding the histogram needed a permission.
        state.set_function(-1, c"add", native!(add, Free, Anywhere))?;
        state.set_function(-1, c"count", native!(count, Free, Anywhere))?;
        state.set_function(-1, c"counts", native!(counts, Free, Softirq))?;
        state.set_function(-1, c"quantile", native!(quantile, Free, Anywhere))?;
        state.set_function(-1, c"sum", native!(sum, Free, Anywhere))?;
        Ok(state.set_field(metatable, c"__index")?)
    },
};

/// Calls `with` with the words of the histogram at index 1.
fn with_words<T>(state: State, with: impl FnOnce(&PerCpuWords) -> T) -> lua::Result<T> {
    userdata::with_shared(state, 1, |histogram: &Histogram| {
        with(histogram.0.percpu.words())
    })
}

/// The number of values in each bucket.
fn read(state: State) -> lua::Result<[u64; BUCKETS]> {
    with_words(state, |words| {
        core::array::from_fn(|bucket| words.sum(bucket))
    })
}

fn total(counts: &[u64; BUCKETS]) -> u64 {
    counts
        .iter()
        .fold(0, |sum, count| sum.saturating_add(*count))
}

/// `histogram:add(value)`
fn add(state: State) -> lua::Result {
    let value = arguments::integer(state, 2)?;
    let bucket =
        bucket_of(value).ok_or_else(|| Error::argument(2, fmt!("a value must not be negative")))?;
    with_words(state, |words| {
        words.add(bucket, 1);
        // CAST: It is not negative.
        words.add(SUM, value as u64);
    })?;
    Ok(0)
}

/// `histogram:count()`
fn count(state: State) -> lua::Result {
    let count = total(&read(state)?);
    state.push_integer(i64::try_from(count).unwrap_or(i64::MAX));
    Ok(1)
}

/// `histogram:sum()`
fn sum(state: State) -> lua::Result {
    // CAST: The sum wraps around.
    let sum = with_words(state, |words| words.sum(SUM))? as i64;
    state.push_integer(sum);
    Ok(1)
}

/// `histogram:counts()`
fn counts(state: State) -> lua::Result {
    let counts = read(state)?;
    state.reserve(lua::MIN_STACK)?;
    // CAST: There are 64.
    state.new_table(BUCKETS as c_int, 0)?;
    for (number, count) in (1..).zip(counts) {
        state.push_integer(number);
        state.push_integer(i64::try_from(count).unwrap_or(i64::MAX));
        state.raw_set(-3)?;
    }
    Ok(1)
}

/// `histogram:quantile(fraction)`
fn quantile(state: State) -> lua::Result {
    let fraction = match state.kind(2) {
        Kind::Integer => Fraction::of_integer(arguments::integer(state, 2)?),
        Kind::Float => state.to_float_bits(2).and_then(Fraction::of_float),
        _ => return Err(arguments::type_error(state, 2, "number")),
    };
    let fraction =
        fraction.ok_or_else(|| Error::argument(2, fmt!("a number from 0 to 1 expected")))?;
    let counts = read(state)?;
    let count = total(&counts);
    if count == 0 {
        state.push_nil();
        return Ok(1);
    }
    let mut before = rank(fraction, count);
    let bucket = counts.iter().position(|&count| {
        let is_there = before <= count;
        before = before.saturating_sub(count);
        is_there
    });
    state.push_integer(upper_bound(bucket.unwrap_or(BUCKETS)));
    Ok(1)
}
