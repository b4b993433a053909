// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The context of a VM: running code of it that must not sleep.

use core::ffi::c_int;
use kernel::prelude::*;

use super::{super::heap::Pages, Vm};
use crate::{
    linux::{
        context::{BottomHalvesOff, Context, MaySleep},
        segment::NoRoom, //
    },
    lua::{self, Error, State},
};

impl Vm {
    /// The context that its code runs in.
    pub(in super::super) fn context(&self) -> Context {
        self.head.context()
    }

    /// A hook executes its code from now on.
    pub(in super::super) fn begin_hook(&self, context: Context) {
        self.head.set_context(context);
    }

    /// Undoes [`begin_hook`](Self::begin_hook). Bottom halves must still be off.
    pub(in super::super) fn end_hook(&self) {
        self.take_back_lent();
        self.head.set_context(Context::Process);
    }

    /// Takes back the objects that were lent to the code of a hook. Each is a handle that was fetched from
    /// an RCU table since bottom halves are off, so it is not the last one to its object.
    fn take_back_lent(&self) {
        loop {
            let Ok(mut objects) = self.objects.try_borrow_mut() else {
                return;
            };
            let Some(object) = objects.take_lent() else {
                return;
            };
            drop(objects);
            drop(object);
        }
    }

    /// Makes room for objects that are lent to hooks. Sleeps.
    pub(in super::super) fn make_room_to_lend(&self) -> Result {
        self.objects
            .try_borrow_mut()
            .map_err(|_| EBUSY)?
            .make_room_to_lend()
    }

    /// Gives the heap a reserve of pages for hooks. Sleeps.
    pub(in super::super) fn begin_reserve(&self) -> Result {
        let runtime = self.runtime();
        let heap = &self.exposed.heap;
        heap.begin_reserve(runtime.account(), runtime.memcg())
    }

    /// Takes the reserve away. Sleeps.
    pub(in super::super) fn end_reserve(&self) {
        self.exposed.heap.end_reserve();
    }

    /// How many pages the reserve lacks, if it lacks many. In any context.
    #[inline]
    pub(in super::super) fn reserve_lacks(&self) -> Option<usize> {
        self.exposed.heap.reserve_lacks()
    }

    /// Moves pages into the reserve. In any context.
    pub(in super::super) fn fill_reserve(&self, pages: &mut Pages) {
        self.exposed.heap.fill_reserve(pages);
    }

    /// Calls the function below the `arguments` top values with bottom halves off, on a stack of
    /// its own, as [`State::call`]. The code cannot sleep, no garbage is collected, and its output
    /// is sent after it has returned.
    pub(crate) fn call_atomically(
        state: State,
        arguments: c_int,
        results: c_int,
    ) -> lua::Result<()> {
        let called = Self::on_new_stack(state, |state| {
            let held = state.hold_collector();
            let off = BottomHalvesOff::new(MaySleep::of_thread());
            let former = state.head().set_context(Context::Softirq);
            let result = state.call(arguments, results);
            state.head().set_context(former);
            drop(off);
            state.release_collector(held);
            result
        });
        Self::of(&state).send_output();
        match called {
            Ok(result) => Ok(result?),
            Err(NoRoom) => Err(Error::message(fmt!("C stack overflow"))),
        }
    }
}
