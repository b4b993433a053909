// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Open files of a device, and the file operations.

use kernel::{
    bindings,
    ffi,
    iov::{IovIterDest, IovIterSource},
    prelude::*,
    sync::Arc,
    types::ForeignOwnable, //
};

use super::{
    callback::{self, Callback},
    caller::Caller,
    node,
    status_to_c,
    to_c,
    Device, //
};
use crate::{
    linux::kthread,
    lua::{self, Error as LuaError, Kind, Reference},
    runtime::chain::Chain, //
};

/// The most bytes that one call of read(2) or write(2) moves; what is more is left for the next.
const MAX_TRANSFER: usize = 64 * 1024;

/// The bits of a device number that are the minor one.
const MINOR_MASK: u32 = (1 << 20) - 1;

/// An open file.
struct OpenFile {
    device: Arc<Device>,
    /// The table that the callbacks get for this file.
    table: Reference,
}

/// The file operations of all devices.
pub(super) fn operations(module: &'static ThisModule) -> bindings::file_operations {
    bindings::file_operations {
        owner: module.as_ptr(),
        open: Some(open),
        release: Some(release),
        // Not `read` and `write`: the kernel itself, and so Lua's `io`, uses only these.
        read_iter: Some(read),
        write_iter: Some(write),
        llseek: Some(bindings::default_llseek),
        ..pin_init::zeroed()
    }
}

impl OpenFile {
    /// Opens `device`: makes the table of the file and calls `open`.
    fn open(device: Arc<Device>) -> Result<Self> {
        let table = callback::run(&device, |callback| {
            let state = callback.state;
            state.new_table(0, 0)?;
            let table = state.keep()?;
            match callback.call(c"open", table, |_| Ok(0)) {
                Ok(_) => Ok(table),
                Err(error) => {
                    state.release(table);
                    Err(error)
                }
            }
        })?;
        Ok(Self { device, table })
    }

    /// Calls `release` and gives the table up.
    fn release(self) {
        let result = Caller::current().and_then(|caller| self.release_for(caller));
        if result == Err(ERESTARTSYS) || result == Err(EDEADLK) {
            // A dying process has a signal, and Lua code that closes a file of its own runtime
            // would wait for itself: a thread does it.
            let spawned = kthread::spawn(c"lunatik_release", move || {
                let released = Chain::new().and_then(|chain| {
                    self.release_for(Caller {
                        chain,
                        runtime: None,
                    })
                });
                // The callback's own error is logged, and there is nobody else to tell.
                let _ = released;
            });
            if spawned.is_err() {
                // The table then lives as long as its runtime.
                pr_warn!("no thread to release a file with\n");
            }
        }
    }

    fn release_for(&self, caller: Caller) -> Result {
        callback::run_for(&self.device, caller, true, |callback| {
            let result = callback.call(c"release", self.table, |_| Ok(0));
            callback.state.release(self.table);
            result.map(|_| ())
        })
    }

    /// Calls `read` and returns its bytes, at most `length`, and the new position.
    fn read(&self, length: usize, offset: i64) -> Result<(KVVec<u8>, i64)> {
        callback::run(&self.device, |callback| {
            let state = callback.state;
            let called = callback.call(c"read", self.table, |state| {
                state.push_integer(length as i64);
                state.push_integer(offset);
                Ok(2)
            })?;
            let mut copy = KVVec::new();
            if !called {
                return Ok((copy, offset));
            }
            let bytes = match (state.kind(-2), state.to_bytes(-2)) {
                (_, Some(bytes)) => bytes.get(..length).unwrap_or(bytes),
                (Kind::Nil, _) => &[],
                _ => {
                    return Err(LuaError::message(fmt!(
                        "'read' must return a string or nil"
                    )))
                }
            };
            copy.extend_from_slice(bytes, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
            let end = offset.saturating_add(bytes.len() as i64);
            let position = position(callback, "read")?.unwrap_or(end);
            Ok((copy, position))
        })
    }

    /// Calls `write` and returns how many bytes it took, and the new position.
    fn write(&self, bytes: &[u8], offset: i64) -> Result<(usize, i64)> {
        callback::run(&self.device, |callback| {
            let called = callback.call(c"write", self.table, |state| {
                state.push_bytes(bytes)?;
                state.push_integer(offset);
                Ok(2)
            })?;
            let mut written = bytes.len();
            let mut new_position = None;
            if called {
                if let Some(count) = callback.integer(-2, "the first result of 'write'")? {
                    written = usize::try_from(count)
                        .ok()
                        .filter(|count| *count <= bytes.len())
                        .ok_or_else(|| {
                            let most = bytes.len();
                            LuaError::message(fmt!(
                                "'write' returned {count}, which is not from 0 to {most}"
                            ))
                        })?;
                }
                new_position = position(callback, "write")?;
            }
            let end = offset.saturating_add(written as i64);
            Ok((written, new_position.unwrap_or(end)))
        })
    }
}

/// The position that a callback has returned as its second result.
fn position(callback: &Callback<'_>, name: &str) -> lua::Result<Option<i64>> {
    let position = callback.integer(-1, "the second result of 'read' and 'write'")?;
    if position.is_some_and(|position| position < 0) {
        return Err(LuaError::message(fmt!(
            "'{name}' returned a negative position"
        )));
    }
    Ok(position)
}

/// # Safety
///
/// Called by the kernel for a file of a device of ours that is being opened.
unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> ffi::c_int {
    // SAFETY: The inode is valid, and the number of a node never changes.
    let minor = unsafe { (*inode).i_rdev } & MINOR_MASK;
    let opened = node::find(minor)
        .and_then(OpenFile::open)
        .and_then(|opened| Ok(KBox::new(opened, GFP_KERNEL_ACCOUNT)?));
    status_to_c(opened.map(|opened| {
        // SAFETY: The file is being opened, so its private data is ours to set.
        unsafe { (*file).private_data = opened.into_foreign() };
    }))
}

/// # Safety
///
/// Called by the kernel for a file whose last reference is gone.
unsafe extern "C" fn release(
    _inode: *mut bindings::inode,
    file: *mut bindings::file,
) -> ffi::c_int {
    // SAFETY: `open()` put it there, and nothing uses the file any more.
    let opened = unsafe { KBox::<OpenFile>::from_foreign((*file).private_data) };
    KBox::into_inner(opened).release();
    0
}

/// # Safety
///
/// Called by the kernel to read from an open file of a device of ours.
unsafe extern "C" fn read(kiocb: *mut bindings::kiocb, iter: *mut bindings::iov_iter) -> isize {
    // SAFETY: Both are valid for this call, and nobody else uses them during it.
    let (kiocb, iter) = unsafe { (&mut *kiocb, IovIterDest::from_raw(iter)) };
    // SAFETY: `open()` put it there, and it stays until `release()`.
    let opened = unsafe { KBox::<OpenFile>::borrow((*kiocb.ki_filp).private_data) };
    let result = opened
        .read(iter.len().min(MAX_TRANSFER), kiocb.ki_pos)
        .and_then(|(bytes, position)| {
            if iter.copy_to_iter(&bytes) < bytes.len() {
                return Err(EFAULT);
            }
            kiocb.ki_pos = position;
            Ok(bytes.len())
        });
    to_c(result)
}

/// # Safety
///
/// Called by the kernel to write to an open file of a device of ours.
unsafe extern "C" fn write(kiocb: *mut bindings::kiocb, iter: *mut bindings::iov_iter) -> isize {
    // SAFETY: Both are valid for this call, and nobody else uses them during it.
    let (kiocb, iter) = unsafe { (&mut *kiocb, IovIterSource::from_raw(iter)) };
    // SAFETY: `open()` put it there, and it stays until `release()`.
    let opened = unsafe { KBox::<OpenFile>::borrow((*kiocb.ki_filp).private_data) };
    let length = iter.len().min(MAX_TRANSFER);
    let result = KVVec::from_elem(0u8, length, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)
        .map_err(Error::from)
        .and_then(|mut bytes| {
            if iter.copy_from_iter(&mut bytes) < length {
                return Err(EFAULT);
            }
            opened.write(&bytes, kiocb.ki_pos)
        })
        .map(|(written, position)| {
            kiocb.ki_pos = position;
            written
        });
    to_c(result)
}
