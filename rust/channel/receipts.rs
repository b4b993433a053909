// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Things of one runtime that its Lua code knows by numbers, the receipts.
//!
//! Only the thread that executes the runtime uses them, so there is no lock.

use core::mem;
use kernel::prelude::*;

use crate::linux::account::Charge;

/// The end of the list of free places.
const NONE: u32 = u32::MAX;

enum Place<T> {
    Free { next: u32 },
    Taken { serial: u32, content: T },
}

/// A set of things, each found by its receipt: a positive integer that is not used again for another
/// one within 2^31 additions.
pub(crate) struct Receipts<T> {
    places: KVVec<Place<T>>,
    free: u32,
    serial: u32,
    count: usize,
    charge: Charge,
}

/// A receipt is the serial number above the place.
fn receipt(serial: u32, place: u32) -> i64 {
    i64::from(serial) << 32 | i64::from(place)
}

impl<T> Receipts<T> {
    /// None. Their memory counts as `charge` says.
    pub(crate) fn new(charge: Charge) -> Self {
        Self {
            places: KVVec::new(),
            free: NONE,
            serial: 0,
            count: 0,
            charge,
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Makes room for one more, and returns the receipt that the next [`add`](Self::add) gives it. Fails
    /// with `ENOMEM`.
    pub(crate) fn reserve(&mut self) -> Result<i64> {
        if self.free == NONE {
            let place = u32::try_from(self.places.len()).map_err(|_| ENOMEM)?;
            if place == NONE {
                return Err(ENOMEM);
            }
            self.places.reserve(1, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
            let bytes = self.places.capacity().saturating_mul(size_of::<Place<T>>());
            self.charge.set(bytes)?;
            let _ = self.places.push_within_capacity(Place::Free { next: NONE });
            self.free = place;
        }
        Ok(receipt(self.next_serial(), self.free))
    }

    /// Positive, and not 0 even in the first place.
    fn next_serial(&self) -> u32 {
        (self.serial.wrapping_add(1) & 0x7fff_ffff).max(1)
    }

    /// Keeps `content`, for which [`reserve`](Self::reserve) has made room, and returns its receipt. Gives
    /// it back if there is no room.
    pub(crate) fn add(&mut self, content: T) -> Result<i64, T> {
        let number = self.free;
        let serial = self.next_serial();
        let Some(place) = self.places.get_mut(number as usize) else {
            return Err(content);
        };
        if let Place::Free { next } = *place {
            self.free = next;
        }
        self.serial = serial;
        *place = Place::Taken { serial, content };
        self.count = self.count.saturating_add(1);
        Ok(receipt(serial, number))
    }

    fn place(&self, receipt: i64) -> Option<usize> {
        // CAST: The two halves of the receipt.
        let (wanted, number) = ((receipt >> 32) as u32, receipt as u32);
        match self.places.get(number as usize)? {
            Place::Taken { serial, .. } if *serial == wanted => Some(number as usize),
            _ => None,
        }
    }

    /// The one with this receipt.
    pub(crate) fn get(&self, receipt: i64) -> Option<&T> {
        match self.places.get(self.place(receipt)?)? {
            Place::Taken { content, .. } => Some(content),
            Place::Free { .. } => None,
        }
    }

    /// As [`get`](Self::get), to change it.
    pub(crate) fn get_mut(&mut self, receipt: i64) -> Option<&mut T> {
        let place = self.place(receipt)?;
        match self.places.get_mut(place)? {
            Place::Taken { content, .. } => Some(content),
            Place::Free { .. } => None,
        }
    }

    /// Takes out the one with this receipt.
    pub(crate) fn take(&mut self, receipt: i64) -> Option<T> {
        let number = self.place(receipt)?;
        let place = self.places.get_mut(number)?;
        let taken = mem::replace(place, Place::Free { next: self.free });
        // CAST: There are fewer than 2^32 places.
        self.free = number as u32;
        self.count = self.count.saturating_sub(1);
        match taken {
            Place::Taken { content, .. } => Some(content),
            Place::Free { .. } => None,
        }
    }

    /// Puts back what was taken with this receipt, if nothing was added since. Gives it back otherwise.
    pub(crate) fn put_back(&mut self, receipt: i64, content: T) -> Result<(), T> {
        // CAST: As in `place()`.
        let (serial, number) = ((receipt >> 32) as u32, receipt as u32);
        // What was taken last is the first free place.
        if self.free != number {
            return Err(content);
        }
        let Some(place) = self.places.get_mut(number as usize) else {
            return Err(content);
        };
        if let Place::Free { next } = *place {
            self.free = next;
        }
        *place = Place::Taken { serial, content };
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// All, with their receipts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &T)> {
        let numbered = (0_u32..).zip(self.places.iter());
        numbered.filter_map(|(number, place)| match place {
            Place::Taken { serial, content } => Some((receipt(*serial, number), content)),
            Place::Free { .. } => None,
        })
    }

    /// Calls `with` with each one, in the order of their places.
    pub(crate) fn for_each(self, mut with: impl FnMut(T)) {
        for place in self.places {
            if let Place::Taken { content, .. } = place {
                with(content);
            }
        }
    }

    /// Takes all, and leaves none.
    pub(crate) fn take_all(&mut self) -> Self {
        let mut charge = Charge::none();
        mem::swap(&mut charge, &mut self.charge);
        Self {
            places: mem::replace(&mut self.places, KVVec::new()),
            free: mem::replace(&mut self.free, NONE),
            serial: self.serial,
            count: mem::take(&mut self.count),
            charge,
        }
    }
}
