// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The modules of `lua/lib/`, which are written in Lua. See `lua/port/library.c` and `shared_code.c`.

use core::ffi::c_int;
use kernel::prelude::*;

use super::{
    error::Raised,
    state::State, //
};
use crate::sys::lua as sys;

/// What the VMs share of these modules' functions, in memory that nobody writes to. Dropped when
/// there is no VM any more.
pub(crate) struct SharedCode {
    _images: KVVec<u64>,
}

impl SharedCode {
    /// Shares the functions that [`State::load_libraries`] has pushed. Until then each VM makes its
    /// own.
    ///
    /// # Safety
    ///
    /// - There is no other VM, and strings are shared already.
    /// - `first` is what that function has returned, and all that it pushed is still there.
    pub(crate) unsafe fn new(state: State, first: c_int) -> Result<Self> {
        // SAFETY: By the invariant of `State`; the caller promises that the functions are there.
        let size = unsafe { sys::lunatik_shared_code_size(state.as_raw(), first) };
        let mut images = KVVec::new();
        images.resize(
            size.div_ceil(size_of::<u64>()),
            0,
            GFP_KERNEL | __GFP_NOWARN,
        )?;
        let block: *mut u64 = images.as_mut_ptr();
        // From here on, dropping it ends the sharing before the block goes.
        let shared = Self { _images: images };
        // SAFETY: As above, and nothing has changed meanwhile. The block is that large, and is freed
        // when the code is not shared any more.
        unsafe { sys::lunatik_share_code(state.as_raw(), first, block.cast()) };
        Ok(shared)
    }
}

impl Drop for SharedCode {
    fn drop(&mut self) {
        // SAFETY: There is no VM any more.
        unsafe { sys::lunatik_unshare_code() };
    }
}

impl State {
    /// Pushes the main function of each module, and returns the index of the first.
    pub(crate) fn load_libraries(self) -> Result<c_int, Raised> {
        let first = self.top().saturating_add(1);
        // SAFETY: By the type invariant.
        self.check(unsafe { sys::lunatik_try_load_libraries(self.as_raw()) })?;
        Ok(first)
    }

    /// `t[name] = what opens it` for each module, and with `testing` for those of the tests.
    pub(crate) fn preload_libraries(self, table: c_int, testing: bool) -> Result<(), Raised> {
        // SAFETY: By the type invariant.
        self.check(unsafe {
            sys::lunatik_try_preload_libraries(self.as_raw(), table, testing.into())
        })
    }

    /// Pushes the main function of the module `name`, new each time.
    pub(crate) fn push_library(self, name: &CStr) -> Result<(), Raised> {
        // SAFETY: By the type invariant; the name is a string.
        self.check(unsafe { sys::lunatik_try_push_library(self.as_raw(), name.as_char_ptr()) })
    }
}
