// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the modules of `lua/lib/internal/ltask/` need of the kernel: the Lua module `ltask.core` is for
//! every service, `ltask.system` for what makes and manages systems, and `ltask.functions` has the native
//! functions of the module `ltask`. An idle service has only the first one.
//!
//! All functions are free: to send messages within one's own system is no power. The code of a
//! service may do what the code may that has asked the root for it.

use kernel::prelude::*;

mod desk;
mod events;
mod outside;
mod packed;
mod pledge;
mod program;
mod receive;
mod send;
mod sender;
mod services;
mod start;
mod statistics;
mod trace;
mod values;
mod workers;

use super::{blocking, timing};
use crate::{
    lua::{self, Error, Free, Named, Process, Sleeps, State},
    native, //
};

/// The error of a wait that ends without the event that it waited for.
fn interrupted() -> Error {
    Error::message(fmt!("interrupted"))
}

/// Pushes the module `ltask.core`.
pub(super) fn open_core(state: State) -> lua::Result {
    state.new_table(0, 16)?;
    state.set_functions(
        -1,
        &[
            Named::new(c"answer_all", native!(send::answer_all, Free, Process)),
            Named::new(c"can_block", native!(blocking::can_block, Free, Process)),
            Named::new(c"cancel", native!(timing::cancel, Free, Process)),
            Named::new(c"give_way", native!(blocking::give_way, Free, Sleeps)),
            Named::new(c"id", native!(statistics::id, Free, Process)),
            Named::new(c"label", native!(statistics::label, Free, Process)),
            Named::new(c"part", native!(statistics::part, Free, Process)),
            Named::new(c"pledge", native!(pledge::pledge, Free, Process)),
            Named::new(c"pushlog", native!(statistics::pushlog, Free, Process)),
            Named::new(c"recv", native!(receive::recv, Free, Sleeps)),
            Named::new(c"reply", native!(send::reply, Free, Process)),
            Named::new(c"request", native!(send::request, Free, Sleeps)),
            Named::new(c"send", native!(send::send, Free, Sleeps)),
            Named::new(c"suspend", native!(blocking::suspend, Free, Process)),
            Named::new(c"timer", native!(receive::timer, Free, Process)),
        ],
    )?;
    Ok(1)
}

/// Pushes the module `ltask.system`.
pub(super) fn open_system(state: State) -> lua::Result {
    state.new_table(0, 17)?;
    state.set_functions(
        -1,
        &[
            Named::new(c"answer", native!(send::answer, Free, Process)),
            Named::new(
                c"answer_packed",
                native!(packed::answer_packed, Free, Process),
            ),
            Named::new(c"call", native!(outside::call, Free, Sleeps)),
            Named::new(
                c"external_done",
                native!(outside::external_done, Free, Process),
            ),
            Named::new(
                c"external_queue",
                native!(outside::external_queue, Free, Process),
            ),
            Named::new(c"lost_logs", native!(statistics::lost_logs, Free, Process)),
            Named::new(c"mandate", native!(services::mandate, Free, Process)),
            Named::new(
                c"new_service",
                native!(services::new_service, Free, Process),
            ),
            Named::new(
                c"send_external",
                native!(outside::send_external, Free, Process),
            ),
            Named::new(c"send_packed", native!(packed::send_packed, Free, Sleeps)),
            Named::new(c"sender", native!(sender::sender, Free, Process)),
            Named::new(c"services", native!(services::services, Free, Process)),
            Named::new(
                c"set_exit_code",
                native!(services::set_exit_code, Free, Process),
            ),
            Named::new(c"start", native!(start::start, Free, Process)),
            Named::new(c"take_log", native!(statistics::take_log, Free, Process)),
            Named::new(c"trace", native!(trace::trace, Free, Sleeps)),
            Named::new(c"wait", native!(start::wait, Free, Sleeps)),
        ],
    )?;
    Ok(1)
}

/// Pushes the module `ltask.functions`.
pub(super) fn open_functions(state: State) -> lua::Result {
    state.new_table(0, 18)?;
    state.set_functions(
        -1,
        &[
            Named::new(c"counter", native!(statistics::counter, Free, Process)),
            Named::new(c"cpucost", native!(statistics::cpucost, Free, Process)),
            Named::new(c"eventinit", native!(events::eventinit, Free, Process)),
            Named::new(c"eventreset", native!(events::eventreset, Free, Process)),
            Named::new(c"label", native!(statistics::label, Free, Process)),
            Named::new(c"mem_count", native!(statistics::mem_count, Free, Process)),
            Named::new(c"mem_limit", native!(statistics::mem_limit, Free, Process)),
            Named::new(c"now", native!(statistics::now, Free, Process)),
            Named::new(c"pack", native!(packed::pack, Free, Process)),
            Named::new(c"poplog", native!(statistics::poplog, Free, Process)),
            Named::new(c"pushlog", native!(statistics::pushlog, Free, Process)),
            Named::new(c"remove", native!(packed::remove, Free, Process)),
            Named::new(c"self", native!(statistics::id, Free, Process)),
            Named::new(c"touch_service", native!(events::touch, Free, Process)),
            Named::new(c"unpack", native!(packed::unpack, Free, Process)),
            Named::new(
                c"unpack_remove",
                native!(packed::unpack_remove, Free, Process),
            ),
            Named::new(c"worker_bind", native!(workers::worker_bind, Free, Process)),
            Named::new(c"worker_id", native!(workers::worker_id, Free, Process)),
        ],
    )?;
    Ok(1)
}
