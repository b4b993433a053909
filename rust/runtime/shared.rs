// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What exists once for all VMs: the strings of Lua's libraries and of the modules, the code of the
//! modules that are written in Lua, and the tables of the libraries' functions, which are copied.
//! See `lua/port/shared_strings.c`, `shared_code.c` and `shared_functions.c`.

use kernel::{
    bindings,
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
    linux::memcg::MemoryCgroup,
    lua::{Raised, SharedCode, State},
    permission::Set,
    sys::lua as sys, //
};

/// Bytes of memory for the runtime whose strings are copied.
const MEMORY: usize = 4 << 20;

/// What has the modules make their strings, too. An error in a module that is written in Lua is for
/// those who require it.
const OPEN_MODULES: &[u8] = b"for name in pairs(package.preload) do pcall(require, name) end";

/// The existence of what VMs share. Dropped when there is no VM any more.
pub(super) struct Shared {
    // Code refers to strings.
    _code: SharedCode,
    _strings: SharedStrings,
    _functions: SharedFunctions,
}

impl Shared {
    /// Takes them from runtimes that are made for it.
    ///
    /// To be called once, before any other runtime exists.
    pub(super) fn new() -> Result<Self> {
        // SAFETY: There is no state yet, as the caller promises. The other function only draws.
        unsafe {
            sys::lunatik_seed_pointer_hash(
                bindings::get_random_u64() as usize,
                bindings::get_random_u64() as usize,
            );
        }
        let (strings, code) = with_runtime(SharedStrings::of)?;
        Ok(Self {
            _code: code,
            _strings: strings,
            _functions: SharedFunctions::new()?,
        })
    }
}

fn with_runtime<T>(with: impl FnOnce(&Arc<Runtime>) -> Result<T>) -> Result<T> {
    let runtime = Runtime::new(Options {
        name: b"shared",
        kind: Kind::Child,
        memory: MEMORY,
        account: None,
        memcg: MemoryCgroup::of_current(),
        permissions: Held::new(Set::everything()?)?,
        budget: Budget::default(),
        parent: None,
        made_by: None,
    })?;
    let result = with(&runtime);
    runtime.as_arc_borrow().stop(None, 0)?;
    result
}

fn block(size: usize) -> Result<KVVec<u64>> {
    let mut block = KVVec::new();
    block.resize(
        size.div_ceil(size_of::<u64>()),
        0,
        GFP_KERNEL | __GFP_NOWARN,
    )?;
    Ok(block)
}

/// The strings, in memory that nobody writes to.
struct SharedStrings(KVVec<u64>);

impl SharedStrings {
    /// Shares them, and the code that refers to them.
    fn of(runtime: &Arc<Runtime>) -> Result<(Self, SharedCode)> {
        let chain = Chain::new()?;
        let entered = runtime
            .as_arc_borrow()
            .enter(&chain, None)
            .map_err(|_| EINTR)?;
        let state = entered.state();
        open_modules(state).map_err(|_| ENOMEM)?;
        let first = state.load_libraries().map_err(|_| ENOMEM)?;
        // SAFETY: The state is alive, and this thread executes it.
        let size = unsafe { sys::lunatik_shared_strings_size(state.as_raw()) };
        let mut strings = Self(block(size)?);
        // SAFETY: As above, and nothing has made strings meanwhile. The block is that large, and is
        // freed when the strings are not shared any more.
        unsafe { sys::lunatik_share_strings(state.as_raw(), strings.0.as_mut_ptr().cast()) };
        // SAFETY: This is the only VM, its strings are shared, and nothing was popped.
        let code = unsafe { SharedCode::new(state, first) }?;
        state.set_top(first.saturating_sub(1));
        Ok((strings, code))
    }
}

impl Drop for SharedStrings {
    fn drop(&mut self) {
        // SAFETY: There is no VM any more.
        unsafe { sys::lunatik_unshare_strings() };
    }
}

/// The nodes of tables of functions, in memory that nobody writes to.
struct SharedFunctions {
    _nodes: KVVec<u64>,
}

impl SharedFunctions {
    fn new() -> Result<Self> {
        // SAFETY: The function takes no pointer; it returns a constant.
        let mut nodes = block(unsafe { sys::lunatik_shared_functions_size() })?;
        let pointer = nodes.as_mut_ptr();
        // From here on, dropping this lets go of the block, whatever happens.
        let shared = Self { _nodes: nodes };
        // SAFETY: The block is that large, and there is no other runtime yet.
        unsafe { sys::lunatik_note_shared_functions(pointer.cast()) };
        with_runtime(|_| Ok(()))?;
        // SAFETY: As above.
        unsafe { sys::lunatik_share_functions() };
        Ok(shared)
    }
}

impl Drop for SharedFunctions {
    fn drop(&mut self) {
        // SAFETY: There is no VM any more.
        unsafe { sys::lunatik_unshare_functions() };
    }
}

fn open_modules(state: State) -> Result<(), Raised> {
    let guard = state.guard();
    state.load(OPEN_MODULES, c"=modules")?;
    state.call(0, 0)?;
    drop(guard);
    Ok(())
}
