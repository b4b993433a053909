// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The bound of all accounts together, and a check of the memory that the machine has left.
//!
//! If others use most of the machine's memory, less than the bound is left for scripts. A request
//! for the last pages wakes the OOM killer, which picks a process or, if there is none, panics.
//! That process need not be responsible. So scripts get an error while there is still some memory
//! left.

use kernel::sync::atomic::{Atomic, Relaxed};

use crate::{
    linux::memory,
    module_parameters, //
};

/// Bytes that are charged between two checks of the machine's memory. A check takes at most a
/// microsecond.
const LOOK: usize = 256 << 10;

/// One part in this many of the machine's memory is left to other users, within these bounds.
const RESERVE_SHARE: u64 = 16;
const RESERVE_LEAST: u64 = 4 << 20;
const RESERVE_MOST: u64 = 1 << 30;

static LIMIT: Atomic<usize> = Atomic::new(0);
static RESERVE: Atomic<usize> = Atomic::new(0);
static USED: Atomic<usize> = Atomic::new(0);
/// Bytes that were charged since the last check.
static UNSEEN: Atomic<usize> = Atomic::new(0);

/// Reads the module's parameter. Must be called before there is an account.
pub(crate) fn init() {
    let memory = memory::total();
    let limit = match module_parameters::total_mib.value() {
        0 => memory / 4 * 3,
        mib => u64::from(mib) << 20,
    };
    let reserve = (memory / RESERVE_SHARE).clamp(RESERVE_LEAST, RESERVE_MOST);
    LIMIT.store(usize::try_from(limit).unwrap_or(usize::MAX), Relaxed);
    RESERVE.store(usize::try_from(reserve).unwrap_or(usize::MAX), Relaxed);
}

/// Counts `bytes`, if that exceeds no bound and the machine has them.
pub(super) fn charge(bytes: usize) -> bool {
    let limit = LIMIT.load(Relaxed);
    if bytes > limit {
        return false;
    }
    // OVERFLOW: As in `Account::add()`.
    let now = USED.fetch_add(bytes, Relaxed).saturating_add(bytes);
    if now > limit || !is_there(bytes) {
        USED.fetch_sub(bytes, Relaxed);
        return false;
    }
    true
}

/// Counts `bytes`.
pub(super) fn force(bytes: usize) {
    USED.fetch_add(bytes, Relaxed);
}

/// Counts `bytes` less.
pub(super) fn uncharge(bytes: usize) {
    USED.fetch_sub(bytes, Relaxed);
}

/// Whether the machine can spare `bytes`. Checks its memory only if enough was charged since the
/// last check.
fn is_there(bytes: usize) -> bool {
    let unseen = UNSEEN.fetch_add(bytes, Relaxed).saturating_add(bytes);
    if unseen < LOOK {
        return true;
    }
    let available = memory::available();
    // Memory that was granted to others since the last check may not be allocated yet.
    let wanted = RESERVE
        .load(Relaxed)
        .saturating_add(bytes)
        .saturating_add(LOOK);
    let is_there = available >= wanted as u64;
    // Near the end of the memory, every charge checks.
    UNSEEN.store(if is_there { 0 } else { LOOK }, Relaxed);
    is_there
}
