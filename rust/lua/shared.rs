// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What exists once for all VMs, in memory that nobody writes to: the strings of Lua's libraries and of
//! the modules, the code of the modules that are written in Lua, and the nodes of the tables of the
//! libraries' functions, which are copied. See `lua/port/shared_strings.c`, `shared_code.c` and
//! `shared_functions.c`.
//!
//! It may only change while no state uses it, which [`Kept`] sees to.

use core::ffi::{c_int, c_void};
use kernel::prelude::*;

use super::{
    state::State,
    states::Kept, //
};
use crate::sys::lua as sys;

/// Memory that VMs share.
struct Block {
    words: KVVec<u64>,
    /// Ends the sharing, once it has begun. To be called while no state was made since then.
    unshare: Option<unsafe extern "C" fn()>,
}

impl Block {
    fn new(size: usize) -> Result<Self> {
        let mut words = KVVec::new();
        words.resize(
            size.div_ceil(size_of::<u64>()),
            0,
            GFP_KERNEL | __GFP_NOWARN,
        )?;
        Ok(Self {
            words,
            unshare: None,
        })
    }

    fn as_mut_ptr(&mut self) -> *mut c_void {
        self.words.as_mut_ptr().cast()
    }

    /// Ends the sharing where it has begun under the same `_kept`.
    fn take_back(mut self, _kept: &Kept) {
        if let Some(unshare) = self.unshare.take() {
            // SAFETY: No state was made since then.
            unsafe { unshare() };
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let Some(unshare) = self.unshare else {
            return;
        };
        match Kept::none() {
            // SAFETY: There is no state.
            Ok(_kept) => unsafe { unshare() },
            Err(_) => {
                pr_err!("there are states that use shared memory still\n");
                core::mem::forget(core::mem::take(&mut self.words));
            }
        }
    }
}

/// Has Lua hash addresses with these random numbers. `EBUSY` if there is a state already.
pub(crate) fn seed_pointer_hash(first: u64, second: u64) -> Result {
    let _kept = Kept::none()?;
    // CAST: As many bits as an address has are enough.
    // SAFETY: There is no state, and none is made meanwhile.
    unsafe { sys::lunatik_seed_pointer_hash(first as usize, second as usize) };
    Ok(())
}

/// The strings that VMs share, and the code that refers to them.
pub(crate) struct SharedStrings {
    // Dropped in this order: code refers to strings.
    _code: Block,
    _strings: Block,
}

impl SharedStrings {
    /// Shares the short strings that the VM of `state` has now, and the functions of the modules that are
    /// written in Lua. Until then each VM makes its own.
    ///
    /// `EBUSY` if there is another VM.
    pub(crate) fn of(state: State) -> Result<Self> {
        let first = state.load_libraries().map_err(|_| ENOMEM)?;
        let shared = Self::of_loaded(state, first);
        state.set_top(first.saturating_sub(1));
        shared
    }

    /// As [`of`](Self::of), with the functions on the stack from `first` on.
    fn of_loaded(state: State, first: c_int) -> Result<Self> {
        let kept = Kept::only_one()?;
        // SAFETY: By the invariant of `State`.
        let size = unsafe { sys::lunatik_shared_strings_size(state.as_raw()) };
        let mut strings = Block::new(size)?;
        // SAFETY: As above, and nothing has made strings meanwhile. The block is that large, and is
        // freed when the strings are not shared any more. There is no other state.
        unsafe { sys::lunatik_share_strings(state.as_raw(), strings.as_mut_ptr()) };
        strings.unshare = Some(sys::lunatik_unshare_strings);
        // SAFETY: By the invariant of `State`; `load_libraries()` has pushed the functions.
        let size = unsafe { sys::lunatik_shared_code_size(state.as_raw(), first) };
        let mut code = match Block::new(size) {
            Ok(code) => code,
            Err(error) => {
                strings.take_back(&kept);
                return Err(error);
            }
        };
        // SAFETY: As above, and the strings are shared.
        unsafe { sys::lunatik_share_code(state.as_raw(), first, code.as_mut_ptr()) };
        code.unshare = Some(sys::lunatik_unshare_code);
        Ok(Self {
            _code: code,
            _strings: strings,
        })
    }
}

/// The nodes of tables of functions that VMs copy.
pub(crate) struct SharedFunctions {
    _nodes: Block,
}

impl SharedFunctions {
    /// Shares those of the state that `make_state` makes, and closes again, with shared strings.
    ///
    /// `EBUSY` if there is a state.
    pub(crate) fn of(make_state: impl FnOnce() -> Result) -> Result<Self> {
        // SAFETY: The function takes no pointer; it returns a constant.
        let size = unsafe { sys::lunatik_shared_functions_size() };
        // Dropped after the next, where something fails: then it asks again whether there is a state.
        let mut nodes = Block::new(size)?;
        let _kept = Kept::one_at_a_time()?;
        // SAFETY: The block is that large. There is no state, and no more than one is made.
        unsafe { sys::lunatik_note_shared_functions(nodes.as_mut_ptr()) };
        nodes.unshare = Some(sys::lunatik_unshare_functions);
        make_state()?;
        // SAFETY: As above.
        unsafe { sys::lunatik_share_functions() };
        Ok(Self { _nodes: nodes })
    }
}
