// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The character device `/dev/lunatik`: each open file is a session.

use kernel::{
    ffi::c_uint,
    fs::{
        file::{flags::O_NONBLOCK, LocalFile},
        File, //
    },
    prelude::*,
    sync::{
        poll::PollTable,
        Arc,
        ArcBorrow, //
    },
    uaccess::{UserSliceReader, UserSliceWriter}, //
};

use super::session::Session;
use crate::linux::{
    chardev::{CharDevice, MiscDevice},
    security, //
};

/// The registered device. Dropping it removes the node; no file can be open then, because each open
/// file pins the module.
pub(crate) type ControlDevice = MiscDevice<Control>;

/// Registers `/dev/lunatik`, mode 0600.
pub(crate) fn register() -> impl PinInit<ControlDevice, Error> {
    MiscDevice::register(c"lunatik", 0o600)
}

/// The driver of the device. It has no `read_iter` and no `write_iter`, so the kernel's own code,
/// and therefore a script, cannot use it.
pub(crate) struct Control;

#[vtable]
impl CharDevice for Control {
    type File = Arc<Session>;

    const SEEKABLE: bool = false;

    fn open(_minor: u32) -> Result<Arc<Session>> {
        if !security::is_admin() {
            return Err(EPERM);
        }
        Session::new()
    }

    fn release(session: Arc<Session>) {
        session.close();
    }

    fn read(
        session: ArcBorrow<'_, Session>,
        handle: &LocalFile,
        data: &mut UserSliceWriter,
    ) -> Result<usize> {
        session.read(data, handle.flags() & O_NONBLOCK != 0)
    }

    fn write(
        session: ArcBorrow<'_, Session>,
        handle: &LocalFile,
        data: &mut UserSliceReader,
    ) -> Result<usize> {
        session.write(handle, data)
    }

    fn poll(session: ArcBorrow<'_, Session>, handle: &File, table: PollTable<'_>) -> c_uint {
        session.poll(handle, table)
    }
}
