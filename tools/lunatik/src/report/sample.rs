// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rows for tests.

use lunatik_abi::abi::{Context, HookState, MissedCalls, State};

use super::{Hook, Row};

/// A script.
pub(crate) fn row(name: &str, id: u64) -> Row {
    Row {
        name: name.into(),
        id,
        parent: 0,
        kind: "run".into(),
        state: State::Ready,
        class: Context::Process,
        context: None,
        waits_for: String::new(),
        cpu: None,
        hooks: Vec::new(),
        stopped: false,
        lost: None,
        messages: None,
        memory_used: 38 << 10,
        memory_limit: 64 << 20,
        cpu_ns: 4_000_000,
        cpu_limit_ms: 0,
        slice_ms: 0,
        stop_latency_ns: 0,
        age_ns: 10_000_000_000,
        permissions: "all".into(),
        error: String::new(),
        traceback: String::new(),
    }
}

/// A hook with this many calls, of which some have failed.
pub(crate) fn hook(runs: u64, failures: u64) -> Hook {
    Hook {
        name: "local_in".into(),
        state: HookState::On,
        reason: String::new(),
        place: String::new(),
        runs,
        failures,
        overruns: 0,
        missed: MissedCalls::default(),
        ns: runs * 1000,
        longest_ns: 2000,
    }
}
