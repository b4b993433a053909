// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the actors of one script share.
//!
//! The script is an actor, too, and all others are below it: they end with it at the latest, and have its
//! limits. A group refers to the runtime of the script, whose VM refers to the group until it is dropped.
//!
//! Lock order: `Group::sources` is a leaf, held while a list of at most [`MAX_SOURCES`] is searched.

use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{Atomic, Full, Relaxed},
        Arc,
        Mutex, //
    },
};

use crate::{
    channel::family::Family,
    linux::{
        account::{kmalloc_size, Account, Charge, CountedBytes},
        c_text::CText,
    },
    runtime::instance::Runtime,
};

/// The most texts of modules that a group keeps.
const MAX_SOURCES: usize = 32;

/// The text of a module.
pub(crate) struct Source {
    path: CText,
    text: CountedBytes,
    /// Whether it was compiled without an error.
    checked: Atomic<bool>,
    _charge: Charge,
}

impl Source {
    /// The text in the file at `path`.
    pub(crate) fn new(
        path: CText,
        text: CountedBytes,
        account: &Arc<Account>,
    ) -> Result<Arc<Self>> {
        let size = kmalloc_size(size_of::<Self>()).saturating_add(path.capacity());
        let source = Self {
            path,
            text,
            checked: Atomic::new(false),
            _charge: Charge::new(account, size)?,
        };
        Ok(Arc::new(source, GFP_KERNEL_ACCOUNT)?)
    }

    /// The path of its file.
    pub(crate) fn path(&self) -> &CStr {
        &self.path
    }

    /// The text.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether it was compiled without an error.
    pub(crate) fn is_checked(&self) -> bool {
        self.checked.load(Relaxed)
    }

    /// It was compiled without an error.
    pub(crate) fn set_checked(&self) {
        self.checked.store(true, Relaxed);
    }
}

/// The actors of one script.
#[pin_data]
pub(crate) struct Group {
    script: Arc<Runtime>,
    family: Arc<Family>,
    /// The folder of the script, without a slash at its end, and the path of its file. Empty, if there is
    /// none.
    root: KVec<u8>,
    entry: KVec<u8>,
    /// The number of the actor that is the master.
    master: Atomic<u64>,
    #[pin]
    sources: Mutex<KVec<Arc<Source>>>,
    _charge: Charge,
}

impl Group {
    /// The group of `script`, which is its master.
    pub(crate) fn new(
        script: Arc<Runtime>,
        family: Arc<Family>,
        root: KVec<u8>,
        entry: KVec<u8>,
    ) -> Result<Arc<Self>> {
        let size = kmalloc_size(size_of::<Self>())
            .saturating_add(root.capacity())
            .saturating_add(entry.capacity());
        let charge = Charge::new(script.account(), size)?;
        Arc::pin_init(
            pin_init!(Self {
                master: Atomic::new(script.id()),
                script,
                family,
                root,
                entry,
                sources <- new_mutex!(KVec::new(), "lunatik::actor::Group::sources"),
                _charge: charge,
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// The runtime of the script.
    pub(crate) fn script(&self) -> &Arc<Runtime> {
        &self.script
    }

    /// What the messages count against.
    pub(crate) fn family(&self) -> &Arc<Family> {
        &self.family
    }

    /// The folder of the script, where names of modules begin that have a slash in front.
    pub(crate) fn root(&self) -> &[u8] {
        &self.root
    }

    /// The path of the script's file; empty, if there is none.
    pub(crate) fn entry(&self) -> &[u8] {
        &self.entry
    }

    /// Whether `runtime` is the master.
    pub(crate) fn is_master(&self, runtime: &Runtime) -> bool {
        self.master.load(Relaxed) == runtime.id()
    }

    /// Makes `to` the master, if `from` is it.
    pub(crate) fn hand_over(&self, from: &Runtime, to: &Runtime) -> bool {
        self.master.cmpxchg(from.id(), to.id(), Full).is_ok()
    }

    /// The text of the file at `path`, if it is known.
    pub(crate) fn source(&self, path: &CStr) -> Option<Arc<Source>> {
        let sources = self.sources.lock();
        let mut known = sources.iter();
        known.find(|source| source.path() == path).cloned()
    }

    /// Keeps a text, in place of the oldest one if there are many. In vain, if there is no memory.
    pub(crate) fn keep_source(&self, source: &Arc<Source>) {
        let mut sources = self.sources.lock();
        if sources.iter().any(|known| known.path() == source.path()) {
            return;
        }
        let former = match sources.len() {
            MAX_SOURCES => sources.remove(0).ok(),
            _ => None,
        };
        let _ = sources.push(source.clone(), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
        drop(sources);
        drop(former);
    }
}
