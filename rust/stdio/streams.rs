// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The streams of one VM: the three standard ones and the files that it has open.

use core::{
    cell::UnsafeCell,
    marker::PhantomPinned,
    pin::Pin, //
};

use kernel::{
    ffi::c_void,
    prelude::*,
    sync::Arc, //
};

use super::{
    errno::Errno,
    file::{self, File},
    hooks::Host, //
};
use crate::linux::{
    account::{Account, Charge},
    memcg::MemoryCgroup, //
};

/// The most files that one VM may have open.
const MOST_OPEN: usize = 64;

/// The streams of one VM.
///
/// A VM runs on one thread at a time, so nothing here is locked. Files that the VM did not close,
/// because it was killed, are closed when this is dropped.
///
/// # Invariants
///
/// `owner` of each file in here points to this. Files are boxed: C keeps pointers to them.
pub(crate) struct Streams {
    host: Host,
    memcg: MemoryCgroup,
    account: Arc<Account>,
    standard: [UnsafeCell<KBox<File>>; 3],
    open: UnsafeCell<KVec<KBox<File>>>,
    /// The files keep pointers to this.
    _pin: PhantomPinned,
}

/// One of the three standard streams.
#[derive(Clone, Copy)]
pub(super) enum Standard {
    Input,
    Output,
    Error,
}

impl Streams {
    /// The streams of `vm`, for the `streams` field of its head. Their memory is charged to `memcg`, and
    /// what files take counts against `account`.
    pub(crate) fn new(
        vm: *mut c_void,
        memcg: MemoryCgroup,
        account: Arc<Account>,
    ) -> Result<Pin<KBox<Self>>> {
        let host = Host(vm);
        let boxed = |file: Result<File, Errno>| -> Result<_> {
            let file = file.map_err(|_| ENOMEM)?;
            Ok(UnsafeCell::new(KBox::new(file, GFP_KERNEL_ACCOUNT)?))
        };
        let standard = || -> Result<_> {
            Ok([
                boxed(File::empty(host))?,
                boxed(File::console(host, 1))?,
                boxed(File::console(host, 2))?,
            ])
        };
        let streams = Self {
            host,
            standard: memcg.charge(standard)?,
            memcg,
            account,
            open: UnsafeCell::new(KVec::new()),
            _pin: PhantomPinned,
        };
        let memcg = streams.memcg.clone();
        let mut streams = memcg.charge(|| KBox::new(streams, GFP_KERNEL_ACCOUNT))?;
        let owner: *const Self = &*streams;
        for file in &mut streams.standard {
            // INVARIANT: The box does not move its content.
            file.get_mut().owner = owner;
        }
        Ok(KBox::into_pin(streams))
    }

    /// The VM that these belong to.
    pub(super) fn host(&self) -> Host {
        self.host
    }

    /// Runs `allocate`, whose allocations the owner of the VM pays for.
    pub(super) fn charge<T>(&self, allocate: impl FnOnce() -> T) -> T {
        self.memcg.charge(allocate)
    }

    /// A standard stream.
    ///
    /// # Safety
    ///
    /// The caller runs the VM.
    pub(super) unsafe fn standard(&self, which: Standard) -> *mut File {
        let [input, output, error] = &self.standard;
        let file = match which {
            Standard::Input => input,
            Standard::Output => output,
            Standard::Error => error,
        };
        // SAFETY: Whoever runs the VM is the only one here; the reference ends at once.
        unsafe { &mut **file.get() }
    }

    /// Makes room for one more file, before it is opened.
    ///
    /// # Safety
    ///
    /// The caller runs the VM.
    pub(super) unsafe fn reserve(&self) -> Result<(), Errno> {
        // SAFETY: Whoever runs the VM is the only one here; the reference ends in this function,
        // which calls nobody who could come back.
        let open = unsafe { &mut *self.open.get() };
        if open.len() >= MOST_OPEN {
            return Err(Errno::EMFILE);
        }
        self.charge(|| open.reserve(1, GFP_KERNEL_ACCOUNT | __GFP_NOWARN))
            .map_err(|_| Errno::ENOMEM)
    }

    /// Keeps an open file, for which room was made, and returns C's pointer to it.
    ///
    /// # Safety
    ///
    /// The caller runs the VM.
    pub(super) unsafe fn keep(&self, mut file: File) -> Result<*mut File, Errno> {
        file.owner = self;
        file.charge = Charge::new(&self.account, file::TAKEN).map_err(|_| Errno::ENOMEM)?;
        let mut file = self
            .charge(|| KBox::new(file, GFP_KERNEL_ACCOUNT))
            .map_err(|_| Errno::ENOMEM)?;
        let pointer: *mut File = &mut *file;
        // SAFETY: As in `reserve()`.
        let open = unsafe { &mut *self.open.get() };
        open.push_within_capacity(file).map_err(|_| Errno::ENOMEM)?;
        Ok(pointer)
    }

    /// Takes an open file out; `None` for one that is not in here, such as a standard stream.
    ///
    /// # Safety
    ///
    /// The caller runs the VM.
    pub(super) unsafe fn take(&self, file: *mut File) -> Option<KBox<File>> {
        // SAFETY: As in `reserve()`.
        let open = unsafe { &mut *self.open.get() };
        let index = open
            .iter()
            .position(|candidate| core::ptr::eq(&**candidate, file))?;
        open.remove(index).ok()
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        // Closing a file writes what it still holds, and so needs the VM's hooks: not left to the
        // drop of the fields.
        while let Some(file) = self.open.get_mut().pop() {
            // Nobody is there to be told of an error.
            let _ = file.close();
        }
    }
}
