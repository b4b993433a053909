// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Defaults that the module's parameters set.

use crate::module_parameters;

/// Bytes of memory for a runtime that is started without a limit of its own: `requested`, or the
/// parameter `memory_mib` where that is 0.
pub(crate) fn memory(requested: u64) -> usize {
    if requested == 0 {
        let mib: u64 = (*module_parameters::memory_mib.value()).into();
        usize::try_from(mib.saturating_mul(1 << 20)).unwrap_or(usize::MAX)
    } else {
        usize::try_from(requested).unwrap_or(usize::MAX)
    }
}

/// Whether the parameter `bytecode` admits binary chunks.
pub(crate) fn bytecode() -> bool {
    *module_parameters::bytecode.value() != 0
}
