// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Crews: a script in a runtime for each CPU. The first member has the script's name; the others are its
//! children, and end with it.

use kernel::{prelude::*, str::BStr, sync::Arc};

use super::start::{self, create, enter, keep_body, run_chunk, StartError};
use crate::{
    linux::{cpu, segment::NoRoom},
    lua::{self, State, Text},
    runtime::{
        chain::Chain,
        execute,
        hooks::{self, Crew},
        instance::{Entered, Kind, Options, Runtime},
        permissions::Held,
        program::Program,
        registry,
        vm::Vm, //
    },
};

/// The CPU of the first member of a new crew.
pub(crate) fn first_cpu() -> u32 {
    cpu::next_online(0).unwrap_or(0)
}

/// Loads the script of `leader`, whose chunk has run, for all other CPUs that are online, one after the other
/// in the order of their numbers. If one fails, so does this, and the leader is to be ended, which ends the
/// others. Does nothing if the leader was not started as the first of a crew. Sleeps.
pub(crate) fn recruit(
    leader: &Entered<'_>,
    chain: &Arc<Chain>,
    program: &Program<'_>,
    permissions: &Arc<Held>,
    push_arguments: impl Fn(State) -> lua::Result,
) -> Result<(), StartError> {
    let Some(first) = leader.cpu() else {
        return Ok(());
    };
    let mut crew = Crew::new(cpu::possible() as usize)?;
    let mut cpu = first;
    while let Some(next) = cpu::next_online(cpu.saturating_add(1)) {
        cpu = next;
        let member = roomy(leader, chain, program, permissions, &push_arguments, cpu)
            .inspect_err(|_| leader.end_when_left())?;
        let Some(hooked) = leader.hooked() else {
            continue;
        };
        if crew.add(cpu, &member, hooked).is_err() {
            leader.end_when_left();
            return Err(differs(leader, first, cpu));
        }
    }
    if let Some(hooked) = leader.hooked() {
        hooked.lead(crew)?;
    }
    registry::register_member(&leader.to_arc()).inspect_err(|_| leader.end_when_left())?;
    Ok(())
}

/// As [`load`], with enough stack left. Not inlined, because the check of the stack knows this function by
/// its name.
#[inline(never)]
fn roomy(
    leader: &Entered<'_>,
    chain: &Arc<Chain>,
    program: &Program<'_>,
    permissions: &Arc<Held>,
    push_arguments: &dyn Fn(State) -> lua::Result,
    cpu: u32,
) -> Result<Arc<Runtime>, StartError> {
    let load = || load(leader, chain, program, permissions, push_arguments, cpu);
    // SAFETY: What is loaded belongs to no thread, and the caller waits.
    unsafe { Vm::with_room(leader.state(), load) }.unwrap_or_else(|NoRoom| Err(StartError::NoStack))
}

/// Loads the script for one CPU, and seals its runtime. Not inlined, so that the frame is on the stack with room.
#[inline(never)]
fn load(
    leader: &Entered<'_>,
    chain: &Arc<Chain>,
    program: &Program<'_>,
    permissions: &Arc<Held>,
    push_arguments: &dyn Fn(State) -> lua::Result,
    cpu: u32,
) -> Result<Arc<Runtime>, StartError> {
    let leading = leader.to_arc();
    let name = Text::new(fmt!("{}:{cpu}", BStr::from_bytes(leader.name())));
    let runtime = create(Options {
        context: leader.context(),
        cpu: Some(cpu),
        // Each member has the limit of the first one for itself.
        account: None,
        ..Options::below(&leading, name.as_bytes(), Kind::Member, permissions.clone())
    })?;
    let entered = enter(&runtime, chain, Some(leader))?;
    run_chunk(&entered, program, push_arguments, |state, results| {
        keep_body(&entered, state, results)
    })
    .map_err(|error| of_cpu(error, cpu))?;
    if let Some(hooked) = entered.hooked() {
        hooked.follow();
    }
    hooks::seal(entered).map_err(|error| start::unsealed(&runtime, error))?;
    registry::register_member(&runtime)?;
    Ok(runtime)
}

/// The error of a member: it says which.
fn of_cpu(error: StartError, cpu: u32) -> StartError {
    let StartError::Failed(failed) = &error else {
        return error;
    };
    let failure = execute::failure(fmt!("cpu {cpu}: {}", BStr::from_bytes(&failed.message)));
    StartError::Failed(execute::or_no_memory(failure))
}

fn differs(leader: &Runtime, first: u32, cpu: u32) -> StartError {
    let name = BStr::from_bytes(leader.name());
    let failure = execute::failure(fmt!(
        "the hooks of {name} on CPU {cpu} differ from those on CPU {first}"
    ));
    StartError::Failed(execute::or_no_memory(failure))
}
