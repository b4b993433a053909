// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Data that exists once for all VMs: the strings of Lua's libraries and of the modules, the code
//! of the modules that are written in Lua, and the tables of the libraries' functions, which each
//! VM copies. See `lua/port/shared_strings.c`, `shared_code.c` and `shared_functions.c`.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::{
    chain::Chain,
    instance::{Kind, Options, Runtime},
    meter::Budget,
    permissions::Held, //
};
use crate::{
    linux::{
        context::Context,
        context::MaySleep,
        memcg::MemoryCgroup,
        net_namespace::NetNamespace,
        random, //
    },
    lua::{self, Raised, SharedFunctions, SharedStrings, State},
    permission::Set, //
};

/// The memory of the runtime whose strings are copied, in bytes.
const MEMORY: usize = 4 << 20;

/// Code that makes the modules create their strings, too. An error in a module that is written in
/// Lua is ignored here: a script that requires the module gets it.
const OPEN_MODULES: &[u8] = b"for name in pairs(package.preload) do pcall(require, name) end";

/// The existence of the shared data. Dropped when no VM exists any more.
pub(super) struct Shared {
    // Dropped in this order.
    _strings: SharedStrings,
    _functions: SharedFunctions,
}

impl Shared {
    /// Takes the data from runtimes that it makes for this purpose. Fails with `EBUSY` if there is
    /// a runtime already.
    pub(super) fn new() -> Result<Self> {
        lua::seed_pointer_hash(random::bits64(), random::bits64())?;
        Ok(Self {
            _strings: with_runtime(share_strings)?,
            _functions: SharedFunctions::of(|| with_runtime(|_| Ok(())))?,
        })
    }
}

fn with_runtime<T>(with: impl FnOnce(&Arc<Runtime>) -> Result<T>) -> Result<T> {
    let runtime = Runtime::new(Options {
        name: b"shared",
        kind: Kind::Child,
        context: Context::Process,
        cpu: None,
        memory: MEMORY,
        account: None,
        memcg: MemoryCgroup::of_current(),
        net: NetNamespace::of_current().ok_or(ESRCH)?,
        permissions: Held::new(Set::everything()?)?,
        budget: Budget::default(),
        parent: None,
        made_by: None,
    })?;
    let result = with(&runtime);
    runtime.as_arc_borrow().stop(None, 0)?;
    result
}

fn share_strings(runtime: &Arc<Runtime>) -> Result<SharedStrings> {
    let chain = Chain::new()?;
    let entered = runtime
        .as_arc_borrow()
        .enter(MaySleep::of_thread(), &chain, None)
        .map_err(|_| EINTR)?;
    open_modules(entered.state()).map_err(|_| ENOMEM)?;
    SharedStrings::of(entered.state())
}

fn open_modules(state: State) -> Result<(), Raised> {
    let guard = state.guard();
    state.load(OPEN_MODULES, c"=modules")?;
    state.call(0, 0)?;
    drop(guard);
    Ok(())
}
