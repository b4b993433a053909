// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Lua in the Linux kernel.

use kernel::prelude::*;

mod binding;
mod channel;
mod codec;
mod control;
mod linux;
mod lua;
mod modules;
mod permission;
mod runtime;
mod sched;
mod stdio;
mod sys;
mod wire;

/// The module's version.
pub(crate) const VERSION: &str = "lunatik 0.1.0";

/// The version of Lua in it.
pub(crate) const LUA_VERSION: &str = "Lua 5.5.1";

module! {
    type: Lunatik,
    name: "lunatik",
    authors: ["The lunatik authors"],
    description: "Lua in the Linux kernel",
    license: "Dual MIT/GPL",
    params: {
        memory_mib: u32 {
            default: 64,
            description: "Memory limit of a runtime that is started without one, in MiB",
        },
        total_mib: u32 {
            default: 0,
            description: "Memory limit of all runtimes together, in MiB; 0 is 3/4 of the machine's",
        },
        cpu_limit_ms: u32 {
            default: 0,
            description: "CPU time of a runtime that is started without a limit, in ms; 0 is endless",
        },
        slice_ms: u32 {
            default: 0,
            description: "CPU time of one callback or resume, likewise",
        },
        hook_slice_ms: u32 {
            default: 1,
            description: "Time of one call of a hook, in ms: it ends after one to two times that",
        },
        bytecode: u8 {
            default: 0,
            description: "1 admits binary chunks, which can crash the kernel; refused under lockdown",
        },
        testing: u8 {
            default: 0,
            description: "1 offers the module lunatik.testing to scripts",
        },
    },
}

/// What the module holds while it is loaded, in the order in which it is given up: no new client,
/// no runtime, no device of a runtime, no process of an actor, no thread, nobody who ends runtimes, no thread of the pool, no
/// stack segment.
#[pin_data]
struct Lunatik {
    #[pin]
    device: control::device::ControlDevice,
    runtimes: runtime::Runtimes,
    buffers: channel::buffer::Buffers,
    device_nodes: modules::device::DeviceNodes,
    links: channel::process::links::Links,
    threads: linux::kthread::Threads,
    outcomes: sched::thread::outcome::Walks,
    reaper: runtime::reaper::Reaper,
    pools: sched::pool::Pools,
    graph: runtime::chain::GraphLock,
    triggers: linux::global::Installed<modules::testing::hooks::Triggers>,
    hooks: runtime::hooks::Hooks,
    segments: linux::segment::SegmentQueue,
    dropped_blocks: linux::large::Drops,
}

impl kernel::InPlaceModule for Lunatik {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _: { runtime::parameters::check()? },
            _: { linux::account::init() },
            dropped_blocks: linux::large::Drops::new(),
            segments: linux::segment::SegmentQueue::new()?,
            hooks: runtime::hooks::Hooks::new()?,
            triggers: modules::testing::hooks::Triggers::install()?,
            graph: runtime::chain::GraphLock::new()?,
            // SAFETY: The kernel calls this once, and nothing of the module runs before.
            pools: unsafe { sched::pool::Pools::new()? },
            reaper: runtime::reaper::Reaper::new()?,
            outcomes: sched::thread::outcome::Walks::new()?,
            buffers: channel::buffer::Buffers::new()?,
            threads: linux::kthread::Threads::new()?,
            // SAFETY: As above.
            links: unsafe { channel::process::links::Links::new()? },
            device_nodes: modules::device::DeviceNodes::new()?,
            // SAFETY: As above.
            runtimes: unsafe { runtime::Runtimes::new(modules::preload)? },
            device <- control::device::register(),
        })
    }
}
