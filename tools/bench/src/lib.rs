// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Tables, comparisons and plots of the figures of `scripts/bench`.

pub mod catalogue;
pub mod compare;
pub mod document;
pub mod plot;
pub mod report;
pub mod statistics;
pub mod stops;
pub mod table;
