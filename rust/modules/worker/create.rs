// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `worker.create`, and the program of a worker.

use core::{
    ffi::c_int,
    mem, //
};
use kernel::{
    prelude::*,
    str::CStr,
    sync::Arc, //
};

use super::{
    super::lunatik::start_error,
    add_own,
    mailbox_limits,
    script::{Script, Text}, //
};
use crate::{
    binding::{arguments::show, room::with_room},
    channel::worker::{Fault, Worker, WorkerHandle},
    linux::{c_text::CText, segment::NoRoom},
    lua::{self, Error, Kind as ValueKind, State},
    runtime::{
        children::{MAX_ALL, MAX_CHILDREN},
        execute,
        executor::{self, Executor, Program},
        instance::{Entered, Kind, Options, Runtime},
        message::Message,
        permissions,
        program::{self, Program as Source},
        surroundings::{folder, Surroundings},
        userdata,
        vm::Vm, //
    },
    sched::{
        pool::{Home, Pool},
        start::{self, StartError, Unstarted}, //
    },
};

/// Says why a worker could not be made.
fn failed(state: State, script: &Script, error: StartError) -> Error {
    match error {
        StartError::Errno(error) if error == EMFILE => {
            Error::message(fmt!("this runtime has {MAX_CHILDREN} workers already"))
        }
        StartError::Errno(error) if error == ENFILE => {
            Error::message(fmt!("there are {MAX_ALL} workers already"))
        }
        StartError::Errno(error) if error == EAGAIN => Error::message(fmt!(
            "{} could not be started: there are too many runtimes or threads",
            show(script.name())
        )),
        error => start_error(state, script.name(), error),
    }
}

/// A runtime that has the permissions and limits of the runtime of `state`, and no more.
fn runtime(state: State, script: &Script) -> Result<Arc<Runtime>, StartError> {
    let parent: Arc<Runtime> = Vm::runtime_of(state).into();
    let permissions = parent
        .memcg()
        .charge(|| permissions::of(state).inherited())?;
    let options = Options::below(&parent, script.name(), Kind::Worker, permissions);
    with_room(state, |_| start::create(options)).unwrap_or_else(|NoRoom| Err(StartError::NoStack))
}

/// The executor whose threads run the workers that the code of `state` makes. If no other pool is
/// set, the workers of a worker run on the same pool as that worker.
pub(in super::super) fn executor(state: State) -> Arc<dyn Executor> {
    if let Some(Home(pool)) = Vm::attachment(state) {
        return pool;
    }
    match Vm::executor(state) {
        Some(executor) => executor,
        None => Pool::default(),
    }
}

/// `worker.create(path, ...)`
pub(super) fn create(state: State) -> lua::Result {
    let script = Script::of_argument(state, 1)?;
    let text = script.read(state)?;
    let parent = Vm::runtime_of(state);
    let memcg = parent.memcg();
    let arguments = memcg.charge(|| Message::encode(state, 2, state.top()))?;
    let made = runtime(state, &script).map_err(|error| failed(state, &script, error))?;
    let unstarted = Unstarted::new(&made);
    let limits = mailbox_limits(state);
    let worker = memcg.charge(|| Worker::new(made.clone(), &parent, limits))?;
    let handle = WorkerHandle::new(worker.clone());
    userdata::push(state, handle)?;
    let body = Body {
        worker,
        script,
        text,
        arguments,
    };
    let body = memcg.charge(|| KBox::new(body, GFP_KERNEL_ACCOUNT))?;
    parent.send_output();
    let executor = executor(state);
    executor::start(executor, made.clone(), body).map_err(|error| {
        let name = show(made.name());
        match error {
            error if error == ENOMEM => Error::NoMemory,
            error => Error::message(fmt!("{name} could not be started: {error:?}")),
        }
    })?;
    unstarted.started();
    Ok(1)
}

/// What a worker does.
struct Body {
    worker: Arc<Worker>,
    script: Script,
    text: Text,
    /// What the script is called with.
    arguments: Message,
}

impl Drop for Body {
    fn drop(&mut self) {
        // If it has not begun, it never will.
        self.worker.finish(None);
    }
}

impl Body {
    /// The place of the script, whose file is at `path`.
    fn place<'a>(&'a self, path: &'a CStr) -> Surroundings<'a> {
        Surroundings {
            directory: folder(path.to_bytes()),
            script: self.script.given(),
        }
    }

    /// Compiles the script and pushes its function.
    fn load(&self, state: State, text: Text) -> lua::Result<()> {
        let account = Vm::runtime_of(state).account().clone();
        let file = |path| Ok(Source::File(path).text(&account)?.load(state));
        let mut path = self.script.path();
        let loaded = match text {
            Text::InFile => {
                let mut loaded = Err(ENOENT);
                if let Some(named) = self.script.named() {
                    loaded = file(named);
                    if loaded.is_ok() {
                        path = named;
                    }
                }
                match loaded {
                    Err(error) if program::is_absence(error) => file(path),
                    loaded => loaded,
                }
            }
            Text::Read { as_named, text } => {
                path = self.script.named().filter(|_| as_named).unwrap_or(path);
                let chunk = CText::of(&[b"@", path.to_bytes()])?;
                Ok(state.load(&text, &chunk).map_err(Error::from))
            }
            Text::Failed(error) => Err(error),
        };
        self.place(path).set_path(state)?;
        let (path, name) = (show(path.to_bytes()), show(self.script.name()));
        match loaded {
            Ok(result) => result,
            Err(error) if error == ENOMEM => Err(Error::NoMemory),
            Err(error) if program::is_absence(error) => Err(Error::long_message(
                state,
                fmt!("no script {name}: there is no file {path}"),
            )),
            Err(error) => Err(Error::long_message(
                state,
                fmt!("{path} could not be read: {error:?}"),
            )),
        }
    }
}

impl Program for Body {
    fn begin(&mut self, entered: &Entered<'_>) -> lua::Result {
        let state = entered.state();
        state.reserve(lua::MIN_STACK)?;
        Vm::attach(state, self.worker.clone())?;
        add_own(state)?;
        let text = mem::replace(&mut self.text, Text::InFile);
        self.load(state, text)?;
        entered.loaded();
        let count = mem::take(&mut self.arguments).push(state)?;
        self.place(self.script.path()).set_arg(state, count)?;
        Ok(count)
    }

    fn end(&mut self, entered: &Entered<'_>, result: lua::Result<c_int>) {
        let told = entered.was_told() && !entered.is_over_limit();
        let fault = match result {
            Err(error) if !told => Some(fault(entered, error)),
            _ => None,
        };
        if let Some(fault) = &fault {
            entered.set_failure(Some(fault.failure.clone()));
        }
        self.worker.finish(fault);
    }
}

/// The part of an error that the parent receives.
fn fault(entered: &Entered<'_>, error: Error) -> Fault {
    let state = entered.state();
    let is_value = matches!(error, Error::Raised)
        && !entered.is_over_limit()
        && !matches!(state.kind(-1), ValueKind::String);
    let value = is_value
        .then(|| {
            let top = state.top();
            let memcg = entered.memcg();
            memcg.charge(|| Message::encode(state, top, top)).ok()
        })
        .flatten();
    Fault {
        value,
        failure: execute::or_no_memory(execute::to_failure(state, error)),
    }
}
