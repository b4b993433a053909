// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The program of an actor.

use core::ffi::c_int;
use kernel::sync::Arc;

use super::{super::blocking::push_loaded, desk::Desk};
use crate::{
    channel::{
        actor::{
            group::{Group, Source},
            letter::Letter,
        },
        mailbox::Inbox,
    },
    linux::c_text::CText,
    lua,
    runtime::{
        execute,
        executor::Program,
        instance::{Entered, Failure, KeepOfActor},
        sink::Stream,
        surroundings::Surroundings,
    },
};

/// The error of code that has used up its memory.
const NO_MEMORY: &[u8] = b"not enough memory";

/// What an actor does.
pub(super) struct Body {
    /// Until it begins. Dropping it tells those who send that nobody receives.
    inbox: Option<Inbox<Letter>>,
    group: Arc<Group>,
    source: Arc<Source>,
    /// Keeps the script.
    _keep: KeepOfActor,
}

impl Body {
    /// The program of an actor that runs `source`.
    pub(super) fn new(
        inbox: Inbox<Letter>,
        group: Arc<Group>,
        source: Arc<Source>,
        keep: KeepOfActor,
    ) -> Self {
        Self {
            inbox: Some(inbox),
            group,
            source,
            _keep: keep,
        }
    }
}

/// Prints the error that has ended an actor: nobody else is told.
fn print(entered: &Entered<'_>, failure: &Failure) {
    entered.send_output();
    let lines: [&[u8]; 2] = [&failure.message, &failure.traceback];
    let count = if failure.traceback.is_empty() { 1 } else { 2 };
    entered.output_lines(Stream::Error, &lines[..count]);
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
        push_loaded(state, c"actor.core", super::open_core)?;
        let chunk = CText::of(&[b"@", path])?;
        state.load(self.source.text(), &chunk)?;
        entered.loaded();
        Ok(2)
    }

    fn end(&mut self, entered: &Entered<'_>, result: lua::Result<c_int>) {
        let state = entered.state();
        let told = entered.was_told() && !entered.is_over_limit();
        let mut has_memory = true;
        if let Err(error) = result {
            let failure = execute::or_no_memory(execute::to_failure(state, error));
            has_memory = failure.message.as_slice() != NO_MEMORY;
            if !told {
                entered.set_failure(Some(failure.clone()));
                print(entered, &failure);
            }
        }
        if has_memory {
            let _ = Desk::close_inbox(state);
        }
        // Otherwise the VM is freed first, and then its desk: those who are told need some memory.
    }
}
