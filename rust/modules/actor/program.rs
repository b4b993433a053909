// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The program of an actor.

use core::ffi::c_int;
use kernel::sync::Arc;

use super::desk::Desk;
use crate::{
    channel::{
        actor::{
            group::{Group, Source},
            letter::Letter,
        },
        mailbox::Inbox,
    },
    linux::c_text::CText,
    lua::{self, State},
    runtime::{
        execute,
        executor::Program,
        instance::{Entered, Keep},
        surroundings::Surroundings,
    },
};

/// What an actor does.
pub(super) struct Body {
    /// Until it begins. Dropping it tells those who send that nobody receives.
    inbox: Option<Inbox<Letter>>,
    group: Arc<Group>,
    source: Arc<Source>,
    /// Keeps the script.
    _keep: Keep,
}

impl Body {
    /// The program of an actor that runs `source`.
    pub(super) fn new(
        inbox: Inbox<Letter>,
        group: Arc<Group>,
        source: Arc<Source>,
        keep: Keep,
    ) -> Self {
        Self {
            inbox: Some(inbox),
            group,
            source,
            _keep: keep,
        }
    }
}

/// Pushes the module `actor.core`, which `require` finds from now on.
fn push_core(state: State) -> lua::Result<()> {
    super::open_core(state)?;
    let guard = state.guard();
    state.push_globals();
    state.get_field(-1, c"package")?;
    state.get_field(-1, c"loaded")?;
    state.push_value(-4);
    state.set_field(-2, c"actor.core")?;
    drop(guard);
    Ok(())
}

impl Program for Body {
    fn begin(&mut self, entered: &Entered<'_>) -> lua::Result {
        let state = entered.state();
        state.reserve(lua::MIN_STACK)?;
        if let Some(inbox) = self.inbox.take() {
            Desk::set_up(state, inbox, self.group.clone())?;
        }
        self.group.family().clone().joined_by(state)?;
        let path = self.source.path().to_bytes();
        let place = Surroundings {
            directory: self.group.root(),
            script: path,
        };
        place.set_path(state)?;
        place.set_arg(state, 0)?;
        state.push_library(c"internal.actor.begin")?;
        push_core(state)?;
        let chunk = CText::of(&[b"@", path])?;
        state.load(self.source.text(), &chunk)?;
        entered.loaded();
        Ok(2)
    }

    fn end(&mut self, entered: &Entered<'_>, result: lua::Result<c_int>) {
        let state = entered.state();
        // Who waits for the actor is told before anything else.
        let _ = Desk::close_inbox(state);
        let told = entered.was_told() && !entered.is_over_limit();
        if let Err(error) = result {
            if !told {
                let failure = execute::or_no_memory(execute::to_failure(state, error));
                entered.set_failure(Some(failure.clone()));
                execute::log_failure(entered, &failure);
            }
        }
    }
}
