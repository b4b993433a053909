// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The last error of a runtime.

use kernel::{
    alloc::AllocError,
    prelude::*,
    sync::Arc, //
};

use super::Runtime;
use crate::linux::account::{kmalloc_size, Account, Charge};

/// How many bytes of message and of traceback are kept in any case, also when the limit is reached,
/// and for a script that has ended.
const LITTLE: usize = 4 << 10;

/// An error, with everything that a user needs to find its cause.
pub(crate) struct Failure {
    /// What failed, as Lua says it.
    pub(crate) message: KVVec<u8>,
    /// The place of the error; empty if there was no memory for it.
    pub(crate) traceback: KVVec<u8>,
    /// The error number for the calling process: `ETIME` at a limit of CPU time, else 0.
    pub(crate) errno: i32,
    /// What the texts count.
    charge: Charge,
}

impl Failure {
    /// An empty failure whose texts count against no account. For short texts only.
    pub(crate) const fn new(errno: i32) -> Self {
        Self {
            message: KVVec::new(),
            traceback: KVVec::new(),
            errno,
            charge: Charge::none(),
        }
    }

    /// An empty failure whose texts count against `account`.
    pub(crate) fn against(account: &Arc<Account>, errno: i32) -> Self {
        let mut failure = Self::new(errno);
        failure.charge = Charge::to(account);
        failure
    }

    /// Adds to the message.
    pub(crate) fn say(&mut self, text: &[u8]) -> Result<(), AllocError> {
        let text = self.fitting(text);
        self.message
            .extend_from_slice(text, GFP_KERNEL | __GFP_NOWARN)
    }

    /// Adds to the traceback.
    pub(crate) fn trace(&mut self, text: &[u8]) -> Result<(), AllocError> {
        let text = self.fitting(text);
        self.traceback
            .extend_from_slice(text, GFP_KERNEL | __GFP_NOWARN)
    }

    /// Counts `text`, or its beginning if there is no memory for all of it.
    fn fitting<'t>(&mut self, text: &'t [u8]) -> &'t [u8] {
        let former = self.charge.bytes();
        let with = |text: &[u8]| former.saturating_add(kmalloc_size(text.len()));
        if self.charge.set(with(text)).is_ok() {
            return text;
        }
        let text = text.get(..LITTLE).unwrap_or(text);
        self.charge.set_anyway(with(text));
        text
    }

    /// The beginning of the same failure, which counts against no account.
    fn beginning(&self) -> Result<Arc<Self>> {
        let mut copy = Self::new(self.errno);
        copy.say(self.message.get(..LITTLE).unwrap_or(&self.message))?;
        copy.trace(self.traceback.get(..LITTLE).unwrap_or(&self.traceback))?;
        Ok(Arc::new(copy, GFP_KERNEL)?)
    }
}

impl Runtime {
    /// The last error.
    pub(crate) fn failure(&self) -> Option<Arc<Failure>> {
        self.details.lock().failure.clone()
    }

    /// Notes an error; the runtime will end as failed unless a later success is noted.
    pub(crate) fn set_failure(&self, failure: Option<Arc<Failure>>) {
        let former = core::mem::replace(&mut self.details.lock().failure, failure);
        // Frees memory, so after unlocking.
        drop(former);
    }

    /// Sets whether the remains of an ended runtime count against its account. They do not while
    /// its outcome is kept, because the owner of the account cannot remove the outcome.
    pub(in super::super) fn count_remains(&self, counts: bool) {
        let kept = if counts {
            // Nobody asks for it any more.
            None
        } else {
            // Without memory, the outcome has no text. The log has already got the text.
            self.failure().and_then(|failure| failure.beginning().ok())
        };
        self.set_failure(kept);
        self.log.count(counts);
        let objects = if counts { self.objects_size() } else { 0 };
        self.objects.lock().set_anyway(objects);
    }
}
