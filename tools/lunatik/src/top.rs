// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `top`: a live table of the runtimes.
//!
//! All parts except `screen`, which owns the terminal, are pure.

mod column;
mod figures;
mod order;
mod screen;
mod state;
mod view;

pub use column::{text_table, Column};
pub use figures::{Figures, Sampler};
pub use order::{sort, Order};
pub use screen::{Event, Screen};
pub use state::{Action, Key, Top};
pub use view::draw;
