// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Transfer of Lua functions from one VM to another.

use core::{
    ffi::{c_int, c_void},
    ptr, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::{error::Raised, State};
use crate::{
    linux::account::{Account, CountedBytes},
    sys::lua as sys, //
};

/// The most bytes that a function may take in transfer.
const MAX_BYTES: usize = 16 << 20;

/// A Lua function without its upvalues, as byte code. The code comes from a compiled function, and
/// no script can see or change it. So it is safe to load, unlike byte code that a script supplies.
pub(crate) struct Code(CountedBytes);

/// # Safety
///
/// `code` must be a `Code` that nobody else uses, and the bytes valid for reads.
unsafe extern "C" fn write(code: *mut c_void, bytes: *const c_void, length: usize) -> c_int {
    // SAFETY: As the caller promises.
    let (code, bytes) = unsafe {
        (
            &mut *code.cast::<Code>(),
            core::slice::from_raw_parts(bytes.cast::<u8>(), length),
        )
    };
    if code.0.len().saturating_add(length) > MAX_BYTES {
        return E2BIG.to_errno();
    }
    match code.0.add(bytes) {
        Ok(()) => 0,
        Err(_) => ENOMEM.to_errno(),
    }
}

impl Code {
    /// Dumps the Lua function on top of the stack, which must not be a C function. It stays there.
    /// The code counts against `account`.
    ///
    /// The inner error is `E2BIG` for a function that is too long, or `ENOMEM`.
    pub(crate) fn of(state: State, account: &Arc<Account>) -> Result<Result<Self>, Raised> {
        let mut code = Self(CountedBytes::new(account));
        let mut status = 0;
        // SAFETY: The state is alive and the caller executes its VM; the writer gets what it
        // expects, and the pointers are valid until this returns.
        let result = unsafe {
            sys::lunatik_try_dump(
                state.as_raw(),
                Some(write),
                ptr::from_mut(&mut code).cast(),
                &mut status,
            )
        };
        if result != 0 {
            return Err(Raised);
        }
        Ok(kernel::error::to_result(status).map(|()| code))
    }

    /// Pushes the function. Its first upvalue is the table of globals, the others are nil.
    pub(crate) fn push(&self, state: State) -> Result<(), Raised> {
        // SAFETY: The state is alive and the caller executes its VM; the bytes are valid for
        // reads, and come from `lunatik_try_dump()`.
        let result = unsafe {
            sys::lunatik_try_undump(state.as_raw(), self.0.as_ptr().cast(), self.0.len())
        };
        if result == 0 {
            Ok(())
        } else {
            Err(Raised)
        }
    }
}
