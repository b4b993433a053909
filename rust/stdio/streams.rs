// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The streams of one VM: the three standard ones and the files that it has open.

use core::{
    cell::Cell,
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
/// A VM runs on one thread at a time, so nothing here is locked. If the VM was killed and left
/// files open, dropping this closes them.
///
/// # Invariants
///
/// `owner` of each file in here points to this. Files are boxed: C keeps pointers to them, and uses
/// a file only between calls of functions here.
pub(crate) struct Streams {
    host: Host,
    memcg: MemoryCgroup,
    account: Arc<Account>,
    standard: [Kept; 3],
    /// The files that scripts have opened. Taken out while they are changed.
    open: Cell<KVec<KBox<File>>>,
    /// The files keep pointers to this.
    _pin: PhantomPinned,
}

/// A file that is kept as long as the VM lives, and the pointer to it that C gets.
struct Kept {
    file: KBox<File>,
    pointer: *mut File,
}

impl Kept {
    fn new(file: File) -> Result<Self> {
        let mut file = KBox::new(file, GFP_KERNEL_ACCOUNT)?;
        let pointer = &mut *file;
        Ok(Self { pointer, file })
    }
}

/// One of the three standard streams.
#[derive(Clone, Copy)]
pub(super) enum Standard {
    Input,
    Output,
    Error,
}

impl Streams {
    /// The streams of `vm`, for the `streams` field of its head. Their memory is charged to
    /// `memcg`, and the memory of files counts against `account`.
    ///
    /// # Safety
    ///
    /// `vm` must be a VM that outlives the result. Only the thread that executes it may use its
    /// streams.
    pub(crate) unsafe fn new(
        vm: *mut c_void,
        memcg: MemoryCgroup,
        account: Arc<Account>,
    ) -> Result<Pin<KBox<Self>>> {
        // SAFETY: Only the streams and their files keep copies. By this function's contract the VM
        // outlives them.
        let host = unsafe { Host::from_user_data(vm) }.ok_or(EINVAL)?;
        let kept = |file: Result<File, Errno>| Kept::new(file.map_err(|_| ENOMEM)?);
        let standard = || -> Result<_> {
            Ok([
                kept(File::empty(host))?,
                kept(File::console(host, 1))?,
                kept(File::console(host, 2))?,
            ])
        };
        let streams = Self {
            host,
            standard: memcg.charge(standard)?,
            memcg,
            account,
            open: Cell::new(KVec::new()),
            _pin: PhantomPinned,
        };
        let memcg = streams.memcg.clone();
        let mut streams = memcg.charge(|| KBox::new(streams, GFP_KERNEL_ACCOUNT))?;
        let owner: *const Self = &*streams;
        for kept in &mut streams.standard {
            // INVARIANT: The box does not move its content.
            kept.file.owner = owner;
            kept.pointer = &mut *kept.file;
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
    pub(super) fn standard(&self, which: Standard) -> *mut File {
        let [input, output, error] = &self.standard;
        match which {
            Standard::Input => input.pointer,
            Standard::Output => output.pointer,
            Standard::Error => error.pointer,
        }
    }

    /// Changes the list of open files.
    fn change<T>(&self, change: impl FnOnce(&mut KVec<KBox<File>>) -> T) -> T {
        let mut open = self.open.take();
        let result = change(&mut open);
        self.open.set(open);
        result
    }

    /// Makes room for one more file, before it is opened.
    pub(super) fn reserve(&self) -> Result<(), Errno> {
        self.change(|open| {
            if open.len() >= MOST_OPEN {
                return Err(Errno::EMFILE);
            }
            self.charge(|| open.reserve(1, GFP_KERNEL_ACCOUNT | __GFP_NOWARN))
                .map_err(|_| Errno::ENOMEM)
        })
    }

    /// Keeps an open file, for which room was made, and returns C's pointer to it.
    pub(super) fn keep(&self, mut file: File) -> Result<*mut File, Errno> {
        file.owner = self;
        file.charge = Charge::new(&self.account, file::TAKEN).map_err(|_| Errno::ENOMEM)?;
        let mut file = self
            .charge(|| KBox::new(file, GFP_KERNEL_ACCOUNT))
            .map_err(|_| Errno::ENOMEM)?;
        let pointer: *mut File = &mut *file;
        self.change(|open| open.push_within_capacity(file))
            .map_err(|_| Errno::ENOMEM)?;
        Ok(pointer)
    }

    /// Takes an open file out; `None` for one that is not in here, such as a standard stream.
    pub(super) fn take(&self, file: *mut File) -> Option<KBox<File>> {
        self.change(|open| {
            let index = open
                .iter()
                .position(|candidate| core::ptr::eq(&**candidate, file))?;
            open.remove(index).ok()
        })
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        // Closing a file writes the rest of its buffer, which needs the VM's hooks. So it is done
        // here, not when the fields are dropped.
        while let Some(file) = self.open.get_mut().pop() {
            // There is no caller to return an error to.
            let _ = file.close();
        }
    }
}
