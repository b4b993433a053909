// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Starting scripts.

use kernel::str::BStr;
use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::{claim::Claim, crew, thread::Thread};
use crate::{
    linux::{
        context::{Context, MaySleep, Mismatch},
        errno, //
    },
    lua::{self, Error, State, Text},
    runtime::{
        at_end,
        chain::{Chain, EnterError},
        execute,
        handle::Handle,
        hooks,
        instance::{Entered, Failure, Kind, Options, Runtime},
        message::Message,
        permissions::Held,
        program::{self, Program},
        reaper,
        registry::{self, RegisterError},
        surroundings::Surroundings, //
    }, //
};

/// Why a script was not started, or has failed.
pub(crate) enum StartError {
    /// A script of this name runs.
    AlreadyRunning,
    /// The script of this name, which was to be replaced, was not stopped.
    NotReplaced(kernel::error::Error),
    /// While the script of this name was being stopped, another start took the name.
    Overtaken,
    /// There is no such file.
    NotFound,
    /// The script cannot have these permissions, for this reason.
    Permissions(Text),
    /// No runtime can have its context in this kernel, for this reason.
    Context(&'static str),
    /// What it is started for needs another context.
    Mismatch(Mismatch),
    /// The kernel is locked down, so nothing is started that could change it.
    LockedDown,
    /// The script has failed.
    Failed(Arc<Failure>),
    /// The stack of the caller is used up, and no other stack is available.
    NoStack,
    /// The script was told to stop before or while its chunk ended.
    Stopped,
    /// The kernel refuses, with this error.
    Errno(kernel::error::Error),
}

impl From<kernel::error::Error> for StartError {
    fn from(error: kernel::error::Error) -> Self {
        Self::Errno(error)
    }
}

/// The reason why a start is refused under lockdown, and the permissions that would be admitted.
pub(crate) const LOCKDOWN: &str =
    "the kernel is locked down, and admits only scripts that are sealed without the \
     permissions fs, exec, device and netfilter (such as -P load -P rcu)";

/// Whether the kernel is locked down for integrity, so that no code with these permissions may begin to run in it.
pub(crate) fn is_locked_out(permissions: &Held) -> bool {
    crate::linux::security::check_integrity().is_err() && !permissions.suits_lockdown()
}

/// Whether a runtime of this kind has a unique name.
fn is_named(kind: Kind) -> bool {
    matches!(kind, Kind::Run | Kind::Spawn)
}

/// Creates a runtime, and registers its name if it must have one.
pub(crate) fn create(options: Options<'_>) -> Result<Arc<Runtime>, StartError> {
    check(&options)?;
    let named = is_named(options.kind);
    if named && registry::find(options.name).is_some() {
        // Not needed for exclusion, but much cheaper than to make a VM in vain.
        return Err(StartError::AlreadyRunning);
    }
    let runtime = Runtime::new(options)?;
    if named {
        if let Err(error) = registry::register(&runtime) {
            abandon(&runtime);
            return Err(match error {
                RegisterError::Taken => StartError::AlreadyRunning,
                RegisterError::Errno(error) => StartError::Errno(error),
            });
        }
    }
    Ok(runtime)
}

/// Creates a runtime that gets its name later, by a [`Claim`].
pub(crate) fn create_without_name(options: Options<'_>) -> Result<Arc<Runtime>, StartError> {
    check(&options)?;
    Ok(Runtime::new(options)?)
}

/// Whether the kernel would start a runtime with these options.
fn check(options: &Options<'_>) -> Result<(), StartError> {
    if options.kind == Kind::Spawn && !options.context.may_sleep() {
        return Err(StartError::Mismatch(Mismatch {
            name: "thread",
            needs: Context::Process,
        }));
    }
    if let Some(why) = options.context.obstacle() {
        return Err(StartError::Context(why));
    }
    if is_locked_out(&options.permissions) {
        return Err(StartError::LockedDown);
    }
    Ok(())
}

/// Ends a runtime that nobody has used.
pub(crate) fn abandon(runtime: &Arc<Runtime>) {
    if runtime.as_arc_borrow().stop(None, 0).is_err() {
        reaper::finish(runtime.clone());
    }
}

/// A runtime that ends unless its program is started.
pub(crate) struct Unstarted(Option<Arc<Runtime>>);

impl Unstarted {
    /// Nothing has run in `runtime` yet.
    pub(crate) fn new(runtime: &Arc<Runtime>) -> Self {
        Self(Some(runtime.clone()))
    }

    /// The program was started, and ends the runtime.
    pub(crate) fn started(mut self) {
        self.0 = None;
    }
}

impl Drop for Unstarted {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            abandon(&runtime);
        }
    }
}

/// Enters a runtime that will execute a chunk for `caller`. Ends the runtime if it was stopped
/// meanwhile.
pub(crate) fn enter<'a>(
    runtime: &'a Arc<Runtime>,
    chain: &Arc<Chain>,
    caller: Option<&'a Runtime>,
) -> Result<Entered<'a>, StartError> {
    match runtime
        .as_arc_borrow()
        .enter(MaySleep::of_thread(), chain, caller)
    {
        Ok(entered) => Ok(entered),
        Err(EnterError::Gone) => {
            // The runtime was stopped before it began.
            abandon(runtime);
            Err(StartError::Errno(EINTR))
        }
        Err(error) => {
            let failure = execute::enter_failure(runtime.name(), error);
            abandon(runtime);
            Err(StartError::Failed(execute::or_no_memory(failure)))
        }
    }
}

/// Runs the chunk of `program`, which is at `place`. Not inlined, so that this frame is gone when the
/// caller goes on.
#[inline(never)]
fn run_text<T>(
    entered: &Entered<'_>,
    program: &Program<'_>,
    place: &Surroundings<'_>,
    push_arguments: impl FnOnce(State) -> lua::Result,
    finish: impl FnOnce(State, core::ffi::c_int) -> lua::Result<T>,
) -> Result<lua::Result<T>> {
    let text = program.text(entered.account())?;
    Ok(match execute::chunk(entered, text, place, push_arguments) {
        Ok(results) => finish_with(entered, results, finish),
        Err(error) => Err(error),
    })
}

/// Calls `finish`, and what is to be called at the end. Not inlined, so that its frame is not on the stack
/// while the script runs.
#[inline(never)]
fn finish_with<T>(
    entered: &Entered<'_>,
    results: core::ffi::c_int,
    finish: impl FnOnce(State, core::ffi::c_int) -> lua::Result<T>,
) -> lua::Result<T> {
    let value = finish(entered.state(), results)?;
    // The main function of a spawned script is the one that its chunk returns.
    if entered.kind() != Kind::Spawn {
        at_end::call(entered.state())?;
    }
    Ok(value)
}

/// Runs the chunk of `program`, calls `finish` with its results, and returns the value of `finish`.
/// If anything fails, the runtime ends.
pub(crate) fn run_chunk<T>(
    entered: &Entered<'_>,
    program: &Program<'_>,
    push_arguments: impl FnOnce(State) -> lua::Result,
    finish: impl FnOnce(State, core::ffi::c_int) -> lua::Result<T>,
) -> Result<T, StartError> {
    let state = entered.state();
    let base = state.top();
    let result =
        program.with_place(|place| run_text(entered, program, place, push_arguments, finish));
    let result = result.and_then(|result| result);
    // The script or other code may have stopped it. The code that started it must not believe that
    // it stays.
    let told = entered.was_told();
    let error = match result {
        Ok(Ok(value)) if !told => {
            state.set_top(base);
            entered.loaded();
            if entered.kind() == Kind::Run {
                entered.stay_while_kept();
            }
            return Ok(value);
        }
        Ok(_) if told && !entered.is_over_limit() => StartError::Stopped,
        Ok(Ok(_)) => StartError::Stopped,
        Ok(Err(error)) => {
            let failure = execute::or_no_memory(execute::to_failure(state, error));
            // As in `execute::body()`: a script that was told to stop has not failed.
            if !entered.was_told() {
                execute::log_failure(entered, &failure);
                entered.set_failure(Some(failure.clone()));
            }
            StartError::Failed(failure)
        }
        Err(error) if program::is_absence(error) => StartError::NotFound,
        Err(error) => StartError::Errno(error),
    };
    state.set_top(base);
    entered.end_when_left();
    Err(error)
}

/// Runs the chunk of a script that stays, with arguments from another runtime. If the chunk returns
/// a function, keeps it as the body.
pub(crate) fn run_with(
    runtime: &Arc<Runtime>,
    permissions: &Arc<Held>,
    chain: &Arc<Chain>,
    caller: Option<&Runtime>,
    program: &Program<'_>,
    arguments: &Message,
) -> Result<(), StartError> {
    let entered = enter(runtime, chain, caller)?;
    run_chunk(
        &entered,
        program,
        |state| arguments.push(state),
        |state, results| keep_body(&entered, state, results),
    )?;
    crew::recruit(&entered, chain, program, permissions, |state| {
        arguments.push(state)
    })?;
    hooks::seal(entered).map_err(|error| unsealed(runtime, error))
}

/// Says why the kernel has not taken the hooks of a script.
pub(crate) fn unsealed(runtime: &Runtime, error: kernel::error::Error) -> StartError {
    if error == ENOMEM {
        return StartError::Errno(error);
    }
    let name = BStr::from_bytes(runtime.name());
    let error = BStr::from_bytes(errno::name(error.to_errno().into()).unwrap_or(b"unknown error"));
    let failure = execute::failure(fmt!("the kernel has refused a hook of {name}: {error}"));
    StartError::Failed(execute::or_no_memory(failure))
}

/// Keeps the first result as the body if it is a function. Returns whether it is.
pub(crate) fn keep_body(
    entered: &Entered<'_>,
    state: State,
    results: core::ffi::c_int,
) -> lua::Result<bool> {
    if results < 1 || !execute::is_function(state, -results) {
        return Ok(false);
    }
    state.push_value(-results);
    execute::set_body(entered)?;
    Ok(true)
}

/// Runs the chunk of a script and starts a thread with the function that it returns. `claim` is the
/// runtime's claim on its name.
pub(crate) fn spawn(
    runtime: &Arc<Runtime>,
    chain: &Arc<Chain>,
    caller: Option<&Runtime>,
    program: &Program<'_>,
    arguments: Message,
    claim: &Claim<'_>,
) -> Result<Arc<Thread>, StartError> {
    let entered = enter(runtime, chain, caller)?;
    run_chunk(
        &entered,
        program,
        |state| {
            claim.make()?;
            arguments.push(state)
        },
        |state, results| {
            if keep_body(&entered, state, results)? {
                return Ok(());
            }
            Err(Error::message(fmt!(
                "{}: a spawned script must return a function",
                BStr::from_bytes(runtime.name())
            )))
        },
    )
    .map_err(|error| claim.explain(error))?;
    // The caller that waits for the start gets the script's output so far. The output of its thread
    // goes to the log.
    entered.send_output();
    runtime.set_sink(None);
    let started = Thread::run(runtime.clone(), runtime.name(), arguments).and_then(|thread| {
        registry::register_thread(runtime, Handle::new(thread.clone()))?;
        Ok(thread)
    });
    started.map_err(|error| {
        entered.end_when_left();
        StartError::Errno(error)
    })
}
