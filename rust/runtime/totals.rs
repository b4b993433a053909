// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How many runtimes have begun and ended since the module was loaded, by their kind.

use kernel::sync::atomic::{Atomic, Relaxed};

use super::instance::Kind;

/// The counters of one kind.
struct Counters {
    started: Atomic<u64>,
    finished: Atomic<u64>,
    failed: Atomic<u64>,
}

/// One for each kind, in the order of [`Kind::ALL`].
static COUNTERS: [Counters; Kind::ALL.len()] = [const {
    Counters {
        started: Atomic::new(0),
        finished: Atomic::new(0),
        failed: Atomic::new(0),
    }
}; Kind::ALL.len()];

fn counters(kind: Kind) -> Option<&'static Counters> {
    let place = Kind::ALL.iter().position(|other| *other == kind)?;
    COUNTERS.get(place)
}

/// A runtime has got its VM.
pub(super) fn count_start(kind: Kind) {
    if let Some(counters) = counters(kind) {
        counters.started.fetch_add(1, Relaxed);
    }
}

/// A runtime that was counted has ended.
pub(super) fn count_end(kind: Kind, has_failed: bool) {
    if let Some(counters) = counters(kind) {
        let counter = match has_failed {
            true => &counters.failed,
            false => &counters.finished,
        };
        counter.fetch_add(1, Relaxed);
    }
}

/// Forgets the runtimes so far: the module makes some for itself while it is loaded.
pub(super) fn clear() {
    for counters in &COUNTERS {
        for counter in [&counters.started, &counters.finished, &counters.failed] {
            counter.store(0, Relaxed);
        }
    }
}

/// The counters of a kind, with their names.
pub(crate) fn of(kind: Kind) -> [(&'static str, u64); 3] {
    let (started, finished, failed) = counters(kind).map_or((0, 0, 0), |counters| {
        (
            counters.started.load(Relaxed),
            counters.finished.load(Relaxed),
            counters.failed.load(Relaxed),
        )
    });
    [
        ("started", started),
        ("finished", finished),
        ("failed", failed),
    ]
}
