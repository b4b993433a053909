// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The names of the runtimes, and the outcomes of runtimes that have ended.
//!
//! The tables `runtimes`, `threads` and `percpu` are RCU tables that Lua sees as
//! `require("lunatik")._ENV.runtimes` and so on. Readers take no lock.
//!
//! Lock order: [`OUTCOMES`] is a leaf. The tables have their own lock, which is never taken within
//! it.

use kernel::{
    new_mutex,
    prelude::*,
    str::BStr,
    sync::{
        Arc,
        ArcBorrow,
        Mutex, //
    },
};

use super::{
    handle::{Handle, RuntimeHandle},
    instance::{Kind, Runtime},
    live,
    rcu_table::{RcuTable, Value, Writer},
    sort::sort, //
};
use crate::{
    linux::global::{Global, Installed},
    lua::Text,
};

/// The number of ended scripts, and of failed services and actors, whose outcomes are kept. A new
/// outcome replaces the oldest one of a service or actor, or without one the oldest of all: services
/// that fail again and again do not push out scripts.
pub(crate) const OUTCOMES_KEPT: usize = 64;

/// Buckets of the tables of names.
const TABLE_SIZE: usize = 1024;

struct Tables {
    env: Arc<RcuTable>,
    runtimes: Arc<RcuTable>,
    threads: Arc<RcuTable>,
    /// The members of crews, by name and CPU.
    percpu: Arc<RcuTable>,
}

/// Set by [`Registry::new`], and taken when the registry is dropped; never changed in between.
static TABLES: Global<Tables> = Global::new();

fn tables() -> Option<Arc<Tables>> {
    TABLES.get()
}

/// How scripts have ended. Likewise.
static OUTCOMES: Global<Mutex<KVec<Arc<Runtime>>>> = Global::new();

/// Why a runtime got no name.
pub(crate) enum RegisterError {
    /// The name is in use.
    Taken,
    /// The kernel refuses, with this error.
    Errno(Error),
}

/// Owns the tables: they exist as long as this does.
pub(super) struct Registry {
    _tables: Installed<Tables>,
    _outcomes: Installed<Mutex<KVec<Arc<Runtime>>>>,
}

impl Registry {
    /// Creates the tables. There is one at a time.
    pub(super) fn new() -> Result<Self> {
        let env = RcuTable::new(TABLE_SIZE, None)?;
        let table = |name: &[u8]| {
            let table = RcuTable::new(TABLE_SIZE, None)?;
            table.make_read_only();
            let value = Value::Handle(Handle::new(table.clone()));
            env.set(Writer::MODULE, name, value)?;
            Ok::<_, Error>(table)
        };
        let tables = Arc::new(
            Tables {
                runtimes: table(b"runtimes")?,
                threads: table(b"threads")?,
                percpu: table(b"percpu")?,
                env,
            },
            GFP_KERNEL,
        )?;
        let outcomes = new_mutex!(KVec::new(), "lunatik::OUTCOMES");
        Ok(Self {
            _tables: TABLES.set(tables)?,
            _outcomes: OUTCOMES.set(Arc::pin_init(outcomes, GFP_KERNEL)?)?,
        })
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        forget(None);
    }
}

/// The table that all runtimes share.
pub(crate) fn env() -> Option<Arc<RcuTable>> {
    tables().map(|tables| tables.env.clone())
}

/// Registers `runtime` under its name. If several runtimes want the same name, exactly one gets it.
pub(crate) fn register(runtime: &Arc<Runtime>) -> Result<(), RegisterError> {
    let tables = tables().ok_or(RegisterError::Errno(ENODEV))?;
    let handle = RuntimeHandle::new(runtime.clone()).map_err(RegisterError::Errno)?;
    let value = Value::Handle(Handle::new(handle));
    match tables.runtimes.insert_if_absent(runtime.name(), value) {
        Ok(true) => {
            forget(Some(runtime.name()));
            Ok(())
        }
        Ok(false) => Err(RegisterError::Taken),
        Err(error) => Err(RegisterError::Errno(error)),
    }
}

/// Puts the thread of a spawned runtime into the table `threads`.
pub(crate) fn register_thread(runtime: &Runtime, thread: Handle) -> Result {
    let tables = tables().ok_or(ENODEV)?;
    tables
        .threads
        .set(Writer::MODULE, runtime.name(), Value::Handle(thread))
}

/// Puts a member of a crew into the table `percpu`. Sleeps.
pub(crate) fn register_member(member: &Arc<Runtime>) -> Result {
    let tables = tables().ok_or(ENODEV)?;
    let name = member_name(member).ok_or(EINVAL)?;
    let handle = Handle::new(RuntimeHandle::new(member.clone())?);
    tables
        .percpu
        .set(Writer::MODULE, name.as_bytes(), Value::Handle(handle))
}

/// The name of a member of a crew: that of the script, a colon, and the number of the CPU.
fn member_name(member: &Runtime) -> Option<Text> {
    let name = BStr::from_bytes(member.name());
    member.cpu().map(|cpu| match member.kind() {
        Kind::Member => Text::new(fmt!("{name}")),
        _ => Text::new(fmt!("{name}:{cpu}")),
    })
}

/// Takes a runtime that has ended out of the table `percpu`, if it is there.
fn remove_member(runtime: &Runtime) {
    if let (Some(tables), Some(name)) = (tables(), member_name(runtime)) {
        let found = runtime_in(&tables.percpu, name.as_bytes());
        if found.is_some_and(|found| found.id() == runtime.id()) {
            tables.percpu.remove(name.as_bytes());
        }
    }
}

/// The runtime called `name` in a table.
fn runtime_in(table: &RcuTable, name: &[u8]) -> Option<Arc<Runtime>> {
    match table.get(name)? {
        Value::Handle(handle) => Some(handle.get::<RuntimeHandle>()?.runtime().clone()),
        _ => None,
    }
}

/// The runtime called `name`.
pub(crate) fn find(name: &[u8]) -> Option<Arc<Runtime>> {
    runtime_in(&tables()?.runtimes, name)
}

/// The names in use, sorted.
pub(crate) fn names() -> Result<KVVec<KVVec<u8>>> {
    let mut names: KVVec<KVVec<u8>> = KVVec::new();
    let mut id = 0;
    while let Some(runtime) = live::next(id) {
        id = runtime.id();
        if !is_registered(&runtime) {
            continue;
        }
        let mut name = KVVec::new();
        name.extend_from_slice(runtime.name(), GFP_KERNEL | __GFP_NOWARN)?;
        names.push(name, GFP_KERNEL | __GFP_NOWARN)?;
    }
    sort(names.as_mut_slice(), |a, b| a.as_slice() < b.as_slice());
    Ok(names)
}

/// Whether `runtime` is the runtime that is registered under its name.
pub(crate) fn is_registered(runtime: &Runtime) -> bool {
    find(runtime.name()).is_some_and(|found| found.id() == runtime.id())
}

/// Removes the name of an ended runtime from the tables, and keeps its outcome if its script has
/// begun. Services and actors have no names here; the outcome of one is kept if it has failed.
pub(super) fn ended(runtime: ArcBorrow<'_, Runtime>) {
    remove_member(&runtime);
    if runtime.kind().is_part() {
        if runtime.failure().is_some() {
            keep(runtime.into());
        }
        return;
    }
    let Some(found) = find(runtime.name()) else {
        return;
    };
    if found.id() != runtime.id() {
        return;
    }
    // Keep the outcome first, so that the runtime can be found at every moment.
    if runtime.has_outcome() {
        keep(found);
    }
    if let Some(tables) = tables() {
        tables.threads.remove(runtime.name());
        tables.runtimes.remove(runtime.name());
    }
}

fn keep(runtime: Arc<Runtime>) {
    let Some(outcomes) = OUTCOMES.get() else {
        return;
    };
    runtime.count_remains(false);
    let mut outcomes = outcomes.lock();
    let oldest = if outcomes.len() >= OUTCOMES_KEPT {
        let position = outcomes.iter().position(|kept| kept.kind().is_part());
        outcomes.remove(position.unwrap_or(0)).ok()
    } else {
        None
    };
    // Without memory no outcome is kept; the error is in the log, too.
    let kept = outcomes.push(runtime.clone(), GFP_KERNEL | __GFP_NOWARN);
    drop(outcomes);
    if kept.is_err() {
        runtime.count_remains(true);
    }
    if let Some(oldest) = oldest {
        oldest.count_remains(true);
    }
}

/// The runtimes whose outcomes are kept, the oldest first.
pub(crate) fn outcomes() -> Result<KVec<Arc<Runtime>>> {
    let outcomes = OUTCOMES.get().ok_or(ENODEV)?;
    let outcomes = outcomes.lock();
    let mut copy = KVec::with_capacity(outcomes.len(), GFP_KERNEL | __GFP_NOWARN)?;
    for runtime in outcomes.iter() {
        copy.push(runtime.clone(), GFP_KERNEL | __GFP_NOWARN)?;
    }
    Ok(copy)
}

/// The newest outcome under `name`. Only services and actors can have several.
pub(crate) fn outcome(name: &[u8]) -> Option<Arc<Runtime>> {
    let outcomes = OUTCOMES.get()?;
    let outcomes = outcomes.lock();
    let mut newest_first = outcomes.iter().rev();
    let found = newest_first.find(|runtime| runtime.name() == name);
    found.cloned()
}

/// Forgets the outcomes under `name`, or all outcomes. Returns whether there was one.
pub(crate) fn forget(name: Option<&[u8]>) -> bool {
    let Some(all) = OUTCOMES.get() else {
        return false;
    };
    let mut any = false;
    loop {
        let mut outcomes = all.lock();
        let position = outcomes
            .iter()
            .position(|runtime| name.is_none_or(|name| runtime.name() == name));
        let removed = position.and_then(|position| outcomes.remove(position).ok());
        drop(outcomes);
        let Some(removed) = removed else {
            return any;
        };
        removed.count_remains(true);
        any = true;
    }
}
