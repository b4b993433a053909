// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What status shows of the hooks of a runtime.

use kernel::{prelude::*, sync::Arc};

use super::{
    place::PlaceText,
    slot::{Slot, State},
    tally::Figures, //
};
use crate::runtime::instance::{Phase, Runtime};

/// A hook, at the moment when the runtime was asked for it.
pub(crate) struct HookStatus {
    slot: Arc<Slot>,
    /// The state of the hook.
    pub(crate) state: State,
    /// What its calls add up to.
    pub(crate) figures: Figures,
    /// Where its function has failed, if it was disabled.
    failed_at: Option<PlaceText>,
}

impl HookStatus {
    fn of(slot: Arc<Slot>, is_over: bool) -> Self {
        let state = match slot.state() {
            State::On | State::Off if is_over => State::Stopped,
            state => state,
        };
        Self {
            state,
            figures: slot.tally().figures(),
            failed_at: matches!(state, State::Disabled(_)).then(|| slot.failed_at()),
            slot,
        }
    }

    /// Its name: `pre_routing`.
    pub(crate) fn name(&self) -> &[u8] {
        self.slot.name()
    }

    /// The place where its function has failed, if it was disabled; empty if it was not, or if the place is not
    /// known.
    pub(crate) fn place(&self) -> &[u8] {
        self.failed_at
            .as_ref()
            .map_or(&[], |place| place.as_bytes())
    }
}

/// The hooks of a runtime, in the order in which the script has registered them; none if its code runs in
/// process context. Fails if there is no memory. Sleeps.
pub(crate) fn status(runtime: &Runtime) -> Result<KVec<HookStatus>> {
    let mut hooks = KVec::new();
    let Some(hooked) = runtime.hooked() else {
        return Ok(hooks);
    };
    let is_over = matches!(
        runtime.phase(),
        Phase::Stopping | Phase::Finished | Phase::Failed
    );
    for slot in hooked.slots() {
        hooks.push(
            HookStatus::of(slot.clone(), is_over),
            GFP_KERNEL | __GFP_NOWARN,
        )?;
    }
    Ok(hooks)
}
