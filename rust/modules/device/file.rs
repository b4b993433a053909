// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Open files of a device, and the file operations.

use kernel::{
    fs::Kiocb,
    iov::{IovIterDest, IovIterSource},
    prelude::*,
    sync::Arc, //
};

use super::{
    callback::{self, Callback},
    caller::Caller,
    node,
    Device, //
};
use crate::{
    linux::{
        chardev::CharDevice,
        kthread, //
    },
    lua::{self, Error as LuaError, Kind, Reference},
    runtime::chain::Chain, //
};

/// The most bytes that one call of read(2) or write(2) moves; the rest is left for the next call.
const MAX_TRANSFER: usize = 64 * 1024;

/// An open file.
pub(super) struct OpenFile {
    device: Arc<Device>,
    /// The table that the callbacks get for this file.
    table: Reference,
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

    /// Calls `release` and drops the table.
    fn release(self) {
        let result = Caller::current().and_then(|caller| self.release_for(caller));
        if result == Err(ERESTARTSYS) || result == Err(EDEADLK) {
            // A dying process has a pending signal, and Lua code that closes a file of its own
            // runtime would wait for itself. So a separate thread releases the file.
            let spawned = kthread::spawn(c"lunatik_release", move || {
                let released = Chain::new().and_then(|chain| {
                    self.release_for(Caller {
                        chain,
                        runtime: None,
                    })
                });
                // The callback's own error is logged. No caller is left to report it to.
                let _ = released;
            });
            if spawned.is_err() {
                // In that case the table lives as long as its runtime.
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

/// The driver of all devices.
pub(super) struct Driver;

// Not `read` and `write`: the kernel itself, and so Lua's `io`, does not use those.
#[vtable]
impl CharDevice for Driver {
    type File = KBox<OpenFile>;

    const SEEKABLE: bool = true;

    fn open(minor: u32) -> Result<KBox<OpenFile>> {
        let opened = node::find(minor).and_then(OpenFile::open)?;
        Ok(KBox::new(opened, GFP_KERNEL_ACCOUNT)?)
    }

    fn release(opened: KBox<OpenFile>) {
        KBox::into_inner(opened).release();
    }

    fn read_iter(
        mut kiocb: Kiocb<'_, KBox<OpenFile>>,
        data: &mut IovIterDest<'_>,
    ) -> Result<usize> {
        let length = data.len().min(MAX_TRANSFER);
        let (bytes, position) = kiocb.file().read(length, kiocb.ki_pos())?;
        if data.copy_to_iter(&bytes) < bytes.len() {
            return Err(EFAULT);
        }
        *kiocb.ki_pos_mut() = position;
        Ok(bytes.len())
    }

    fn write_iter(
        mut kiocb: Kiocb<'_, KBox<OpenFile>>,
        data: &mut IovIterSource<'_>,
    ) -> Result<usize> {
        let length = data.len().min(MAX_TRANSFER);
        let mut bytes = KVVec::from_elem(0u8, length, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        if data.copy_from_iter(&mut bytes) < length {
            return Err(EFAULT);
        }
        let (written, position) = kiocb.file().write(&bytes, kiocb.ki_pos())?;
        *kiocb.ki_pos_mut() = position;
        Ok(written)
    }
}
