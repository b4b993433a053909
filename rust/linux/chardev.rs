// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Character devices: a driver is a trait, and C calls it through the shims here.
//!
//! Modelled on `kernel::miscdevice`, which has neither `poll` nor ranges of numbers.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

mod misc;
mod range;

use core::marker::PhantomData;

use kernel::{
    bindings,
    error::VTABLE_DEFAULT_ERROR,
    ffi::{c_char, c_int, c_uint},
    fs::{
        file::LocalFile,
        File,
        Kiocb, //
    },
    iov::{IovIterDest, IovIterSource},
    module::this_module,
    prelude::*,
    sync::poll::PollTable,
    types::ForeignOwnable,
    uaccess::{
        UserPtr,
        UserSlice,
        UserSliceReader,
        UserSliceWriter, //
    },
};

pub(crate) use self::{
    misc::MiscDevice,
    range::{
        node_exists,
        DeviceNode,
        DeviceRange, //
    },
};

/// The bits of a device number that are the minor one.
const MINOR_BITS: u32 = 20;

/// The form of [`CharDevice::File`] while a file operation uses it.
pub(crate) type Borrowed<'a, D> = <<D as CharDevice>::File as ForeignOwnable>::Borrowed<'a>;

/// The driver of character devices.
///
/// All functions are called in process context and may sleep. An open file pins the module.
///
/// # Examples
///
/// ```ignore
/// struct Zeros;
///
/// #[vtable]
/// impl CharDevice for Zeros {
///     type File = ();
///     const SEEKABLE: bool = false;
///
///     fn open(_minor: u32) -> Result {
///         Ok(())
///     }
///
///     fn read_iter(_kiocb: Kiocb<'_, ()>, data: &mut IovIterDest<'_>) -> Result<usize> {
///         Ok(data.copy_to_iter(&[0; 16]))
///     }
/// }
/// ```
#[vtable]
pub(crate) trait CharDevice: Sized {
    /// What an open file has.
    type File: ForeignOwnable + Send + Sync;

    /// Whether an open file has a position, which lseek(2) moves.
    const SEEKABLE: bool;

    /// Opens the device with this minor number.
    fn open(minor: u32) -> Result<Self::File>;

    /// Ends an open file whose last reference is gone.
    fn release(file: Self::File) {
        drop(file);
    }

    /// Reads into the memory of a process. Unlike [`read_iter`](Self::read_iter), not for the
    /// kernel's own readers.
    fn read(
        _file: Borrowed<'_, Self>,
        _handle: &LocalFile,
        _data: &mut UserSliceWriter,
    ) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Writes from the memory of a process. Unlike [`write_iter`](Self::write_iter), not for the
    /// kernel's own writers.
    fn write(
        _file: Borrowed<'_, Self>,
        _handle: &LocalFile,
        _data: &mut UserSliceReader,
    ) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Reads at the position of `kiocb`, for a process or for the kernel.
    fn read_iter(_kiocb: Kiocb<'_, Self::File>, _data: &mut IovIterDest<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Writes at the position of `kiocb`, for a process or for the kernel.
    fn write_iter(_kiocb: Kiocb<'_, Self::File>, _data: &mut IovIterSource<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns the pending events, and registers the caller's wait for the others with `table`.
    fn poll(_file: Borrowed<'_, Self>, _handle: &File, _table: PollTable<'_>) -> c_uint {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// Turns the result of a file operation into what C expects.
fn to_c(result: Result<usize>) -> isize {
    match result {
        Ok(count) => isize::try_from(count).unwrap_or(isize::MAX),
        Err(error) => error.to_errno() as isize,
    }
}

/// The file operations of the driver `D`.
struct Operations<D: CharDevice>(PhantomData<D>);

impl<D: CharDevice> Operations<D> {
    const TABLE: bindings::file_operations = bindings::file_operations {
        owner: this_module::<D::OwnerModule>().as_ptr(),
        open: Some(Self::open),
        release: Some(Self::release),
        read: if D::HAS_READ { Some(Self::read) } else { None },
        write: if D::HAS_WRITE {
            Some(Self::write)
        } else {
            None
        },
        read_iter: if D::HAS_READ_ITER {
            Some(Self::read_iter)
        } else {
            None
        },
        write_iter: if D::HAS_WRITE_ITER {
            Some(Self::write_iter)
        } else {
            None
        },
        poll: if D::HAS_POLL { Some(Self::poll) } else { None },
        llseek: if D::SEEKABLE {
            Some(bindings::default_llseek)
        } else {
            None
        },
        ..pin_init::zeroed()
    };

    /// The table, which lies in the module's read-only data.
    const fn table() -> &'static bindings::file_operations {
        &Self::TABLE
    }

    /// # Safety
    ///
    /// `file` must be an open file of `D`, not released for `'a`.
    unsafe fn borrow<'a>(file: *mut bindings::file) -> Borrowed<'a, D> {
        // SAFETY: `open()` stored a `D::File` there. Only `release()` takes it back, which the
        // kernel calls after all other operations of the file.
        unsafe { D::File::borrow((*file).private_data) }
    }

    /// # Safety
    ///
    /// `inode` and `file` must be those of a file that is being opened with these operations.
    unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: The kernel keeps the inode during the call, and its number never changes.
        let minor = unsafe { (*inode).i_rdev } & ((1 << MINOR_BITS) - 1);
        let opened = match D::open(minor) {
            Ok(opened) => opened,
            Err(error) => return error.to_errno(),
        };
        // SAFETY: Nobody else has the file before this returns, and its private data are for the
        // driver to set.
        unsafe { (*file).private_data = opened.into_foreign() };
        if !D::SEEKABLE {
            // SAFETY: Nobody else has the file yet. The function always succeeds.
            unsafe { bindings::stream_open(inode, file) };
        }
        0
    }

    /// # Safety
    ///
    /// `file` must be an open file of `D` that has no users any more.
    unsafe extern "C" fn release(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: `open()` stored a `D::File` there. The kernel calls this once for each file, when
        // no other operation can be called any more.
        D::release(unsafe { D::File::from_foreign((*file).private_data) });
        0
    }

    /// # Safety
    ///
    /// `file` must be an open file of `D`.
    unsafe extern "C" fn read(
        file: *mut bindings::file,
        data: *mut c_char,
        length: usize,
        _offset: *mut bindings::loff_t,
    ) -> isize {
        // SAFETY: The kernel keeps the file open during the call.
        let (opened, handle) = unsafe { (Self::borrow(file), LocalFile::from_raw_file(file)) };
        let mut data = UserSlice::new(UserPtr::from_ptr(data.cast()), length).writer();
        to_c(D::read(opened, handle, &mut data))
    }

    /// # Safety
    ///
    /// `file` must be an open file of `D`.
    unsafe extern "C" fn write(
        file: *mut bindings::file,
        data: *const c_char,
        length: usize,
        _offset: *mut bindings::loff_t,
    ) -> isize {
        // SAFETY: The kernel keeps the file open during the call.
        let (opened, handle) = unsafe { (Self::borrow(file), LocalFile::from_raw_file(file)) };
        let mut data = UserSlice::new(UserPtr::from_ptr(data.cast_mut().cast()), length).reader();
        to_c(D::write(opened, handle, &mut data))
    }

    /// # Safety
    ///
    /// `kiocb` must belong to an open file of `D`, and `iter` must be a destination. Both must be
    /// for this call alone.
    unsafe extern "C" fn read_iter(
        kiocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: The caller gives both to this call alone. The private data of the file are a
        // `D::File`, as `open()` stored it.
        let (kiocb, data) = unsafe { (Kiocb::from_raw(kiocb), IovIterDest::from_raw(iter)) };
        to_c(D::read_iter(kiocb, data))
    }

    /// # Safety
    ///
    /// `kiocb` must belong to an open file of `D`, and `iter` must be a source. Both must be for
    /// this call alone.
    unsafe extern "C" fn write_iter(
        kiocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: The caller gives both to this call alone. The private data of the file are a
        // `D::File`, as `open()` stored it.
        let (kiocb, data) = unsafe { (Kiocb::from_raw(kiocb), IovIterSource::from_raw(iter)) };
        to_c(D::write_iter(kiocb, data))
    }

    /// # Safety
    ///
    /// `file` must be an open file of `D`, and `table` null or valid during the call.
    unsafe extern "C" fn poll(
        file: *mut bindings::file,
        table: *mut bindings::poll_table_struct,
    ) -> c_uint {
        // SAFETY: The kernel keeps the file open during the call. It polls with a reference of its
        // own, not within an `fdget_pos` section of this thread. It gives `table` to this call
        // alone.
        let (opened, handle, table) = unsafe {
            (
                Self::borrow(file),
                File::from_raw_file(file),
                PollTable::from_raw(table),
            )
        };
        D::poll(opened, handle, table)
    }
}
