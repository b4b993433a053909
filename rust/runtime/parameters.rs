// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Defaults that the module's parameters set.

use kernel::prelude::*;

use super::meter::Budget;
use crate::{linux::context::Context, module_parameters};

/// The memory limit in bytes of a new runtime of `context`: `requested`, or the default if `requested`
/// is 0. The default is the parameter `memory_mib`, but less where code must not sleep: a step of a
/// collection takes longer in a larger heap, and the CPU can do nothing else meanwhile.
pub(crate) fn memory(requested: u64, context: Context) -> usize {
    let limit = if requested == 0 {
        let mib: u64 = module_parameters::memory_mib.value().into();
        let most = match context {
            Context::Process => u64::MAX,
            Context::Softirq => 4 << 20,
            Context::Hardirq => 1 << 20,
        };
        mib.saturating_mul(1 << 20).min(most)
    } else {
        requested
    };
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// The limits of CPU time of a runtime that is started with `wanted`. A limit of 0 is replaced by
/// the parameter `cpu_limit_ms` or `slice_ms`.
pub(crate) fn budget(wanted: Budget) -> Budget {
    let or = |wanted: u64, default: u32| if wanted == 0 { default.into() } else { wanted };
    Budget {
        cpu_ms: or(wanted.cpu_ms, module_parameters::cpu_limit_ms.value()),
        slice_ms: or(wanted.slice_ms, module_parameters::slice_ms.value()),
    }
}

/// The time of one call of a hook, in nanoseconds: the parameter `hook_slice_ms`, from 1 ms to 1 s. A machine
/// that is emulated, or that its host deschedules, wants more than the default.
pub(crate) fn hook_slice_ns() -> u64 {
    let ms: u64 = module_parameters::hook_slice_ms.value().into();
    ms.clamp(1, 1000).saturating_mul(1_000_000)
}

/// Whether the parameter `bytecode` permits binary chunks.
pub(crate) fn bytecode() -> bool {
    module_parameters::bytecode.value() != 0
}

/// Whether the parameter `testing` enables `lunatik.testing`.
pub(crate) fn testing() -> bool {
    module_parameters::testing.value() != 0
}

/// Fails if this kernel does not allow the parameters.
pub(crate) fn check() -> Result {
    if !bytecode() {
        return Ok(());
    }
    let refused = crate::linux::security::check_module_parameter();
    if refused.is_err() {
        pr_err!("bytecode=1 is refused because the kernel is locked down\n");
    }
    refused
}
