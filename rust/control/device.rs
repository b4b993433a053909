// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The character device `/dev/lunatik`: each open file is a session.
//!
//! Not a `kernel::miscdevice::MiscDevice`, for that has no `poll`.

use core::{
    marker::PhantomPinned,
    pin::Pin, //
};
use kernel::{
    bindings,
    error::to_result,
    ffi::c_uint,
    fs::{
        file::flags::O_NONBLOCK,
        File, //
    },
    prelude::*,
    sync::{
        poll::PollTable,
        Arc,
        ArcBorrow, //
    },
    types::{ForeignOwnable, Opaque},
    uaccess::{UserPtr, UserSlice}, //
};

use super::session::Session;
use crate::linux::security;

/// The registered device. Dropping it removes the node; files cannot be open then, because each
/// pins the module.
#[pin_data(PinnedDrop)]
pub(crate) struct ControlDevice {
    #[pin]
    misc: Opaque<bindings::miscdevice>,
    #[pin]
    operations: Opaque<bindings::file_operations>,
    #[pin]
    _pin: PhantomPinned,
}

// SAFETY: The structures are used by the kernel, which locks them itself.
unsafe impl Send for ControlDevice {}
// SAFETY: As above.
unsafe impl Sync for ControlDevice {}

impl ControlDevice {
    /// Registers `/dev/lunatik`, mode 0600.
    pub(crate) fn register(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            operations <- Opaque::ffi_init(move |slot: *mut bindings::file_operations| {
                // SAFETY: The slot is valid for writes.
                unsafe {
                    slot.write(bindings::file_operations {
                        owner: module.as_ptr(),
                        open: Some(open),
                        release: Some(release),
                        read: Some(read),
                        write: Some(write),
                        poll: Some(poll),
                        ..pin_init::zeroed()
                    })
                }
            }),
            misc <- Opaque::ffi_init(|slot: *mut bindings::miscdevice| {
                // SAFETY: The slot is valid for writes.
                unsafe {
                    slot.write(bindings::miscdevice {
                        minor: bindings::MISC_DYNAMIC_MINOR as kernel::ffi::c_int,
                        name: c"lunatik".as_char_ptr(),
                        mode: 0o600,
                        ..pin_init::zeroed()
                    })
                }
            }),
            _pin: PhantomPinned,
        })
        .pin_chain(|this| {
            // SAFETY: Both structures were filled in above and are pinned.
            unsafe { (*this.misc.get()).fops = this.operations.get() };
            // SAFETY: As above; `PinnedDrop` deregisters it before they go away.
            to_result(unsafe { bindings::misc_register(this.misc.get()) })
        })
    }
}

#[pinned_drop]
impl PinnedDrop for ControlDevice {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: It was registered when this was made.
        unsafe { bindings::misc_deregister(self.misc.get()) };
    }
}

/// # Safety
///
/// Called by the kernel for a file that is being opened.
unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
    if !security::is_admin() {
        return EPERM.to_errno();
    }
    if let Err(error) = security::check_integrity() {
        return error.to_errno();
    }
    let session = match Session::new() {
        Ok(session) => session,
        Err(error) => return error.to_errno(),
    };
    // SAFETY: The file is being opened, so its private data is ours to set.
    unsafe { (*file).private_data = session.into_foreign() };
    // SAFETY: Both are valid, as the caller promises.
    unsafe { bindings::stream_open(inode, file) }
}

/// # Safety
///
/// Called by the kernel for a file whose last reference is gone.
unsafe extern "C" fn release(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
    // SAFETY: `open()` put it there, and nothing uses the file any more.
    let session = unsafe { Arc::<Session>::from_foreign((*file).private_data) };
    session.close();
    0
}

/// # Safety
///
/// `file` must be an open file of this device, and stay so for `'a`.
unsafe fn session<'a>(file: *mut bindings::file) -> ArcBorrow<'a, Session> {
    // SAFETY: `open()` put it there, and it stays until `release()`.
    unsafe { Arc::<Session>::borrow((*file).private_data) }
}

fn to_length(result: Result<usize>) -> isize {
    match result {
        Ok(length) => isize::try_from(length).unwrap_or(isize::MAX),
        Err(error) => error.to_errno() as isize,
    }
}

/// # Safety
///
/// Called by the kernel for an open file of this device.
unsafe extern "C" fn read(
    file: *mut bindings::file,
    buffer: *mut kernel::ffi::c_char,
    length: usize,
    _offset: *mut bindings::loff_t,
) -> isize {
    // SAFETY: As the caller promises.
    let session = unsafe { session(file) };
    // SAFETY: As the caller promises.
    let nonblocking = unsafe { File::from_raw_file(file) }.flags() & O_NONBLOCK != 0;
    let mut writer = UserSlice::new(UserPtr::from_ptr(buffer.cast()), length).writer();
    to_length(session.read(&mut writer, nonblocking))
}

/// # Safety
///
/// Called by the kernel for an open file of this device.
unsafe extern "C" fn write(
    file: *mut bindings::file,
    buffer: *const kernel::ffi::c_char,
    length: usize,
    _offset: *mut bindings::loff_t,
) -> isize {
    // SAFETY: As the caller promises.
    let session = unsafe { session(file) };
    let mut reader = UserSlice::new(UserPtr::from_ptr(buffer.cast_mut().cast()), length).reader();
    to_length(session.write(&mut reader))
}

/// # Safety
///
/// Called by the kernel for an open file of this device.
unsafe extern "C" fn poll(
    file: *mut bindings::file,
    table: *mut bindings::poll_table_struct,
) -> c_uint {
    // SAFETY: As the caller promises.
    let session = unsafe { session(file) };
    // SAFETY: As the caller promises.
    let table = unsafe { PollTable::from_raw(table) };
    // SAFETY: As the caller promises.
    let file = unsafe { File::from_raw_file(file) };
    session.poll(file, table)
}
