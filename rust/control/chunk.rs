// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Executes chunks that a client has sent, and encodes their results for the client.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::{
    complete,
    show::{show, Results}, //
};
use crate::{
    codec,
    lua::{self, State},
    runtime::{
        chain::Chain,
        execute,
        hooks,
        instance::Runtime,
        message,
        permissions::Held,
        program::Program, //
    },
    sched::{
        claim::Claim,
        crew,
        start::{self, enter, run_chunk, StartError},
    },
};

/// Runs the chunk of a script that stays. Returns its results. If hooks will call the script, a
/// function that it returns is its body, not a result. `claim` is the runtime's claim on its name.
pub(super) fn run(
    runtime: &Arc<Runtime>,
    permissions: &Arc<Held>,
    chain: &Arc<Chain>,
    program: &Program<'_>,
    arguments: codec::Message<'_>,
    claim: &Claim<'_>,
) -> Result<Results, StartError> {
    let entered = enter(runtime, chain, None)?;
    let values = run_chunk(
        &entered,
        program,
        |state| {
            claim.make()?;
            message::push_codec(state, arguments)
        },
        |state, results| {
            // A function that a script with hooks returns is for others to resume.
            let kept = entered.hooked().is_some() && start::keep_body(&entered, state, results)?;
            show(state, if kept { 0 } else { results })
        },
    )
    .map_err(|error| claim.explain(error))?;
    crew::recruit(&entered, chain, program, permissions, |state| {
        message::push_codec(state, arguments)
    })?;
    hooks::seal(entered).map_err(|error| start::unsealed(runtime, error))?;
    Ok(values)
}

/// Runs a chunk in a runtime that ends with it.
pub(super) fn eval(
    runtime: &Arc<Runtime>,
    chain: &Arc<Chain>,
    program: &Program<'_>,
    arguments: codec::Message<'_>,
) -> Result<Results, StartError> {
    let entered = enter(runtime, chain, None)?;
    entered.end_when_left();
    run_chunk(
        &entered,
        program,
        |state| message::push_codec(state, arguments),
        |state, results| show(state, results),
    )
}

/// Runs a chunk in a runtime that lives on, regardless of how the chunk ends. An expression gives
/// its values. Returns `None` if the text ends too soon.
pub(super) fn repl(
    runtime: &Arc<Runtime>,
    chain: &Arc<Chain>,
    text: &[u8],
) -> Result<Option<Results>, StartError> {
    /// The end of Lua's message for an incomplete text.
    const UNFINISHED: &[u8] = b"near <eof>";

    let entered = enter(runtime, chain, None)?;
    entered.loaded();
    let state = entered.state();
    let base = state.top();
    let result = load_line(state, text).and_then(|()| {
        state.call(0, -1)?;
        show(state, state.top() - base)
    });
    let outcome = match result {
        Ok(values) => Ok(Some(values)),
        Err(error) => {
            let failure = execute::or_no_memory(execute::to_failure(state, error));
            if failure.message.ends_with(UNFINISHED) {
                Ok(None)
            } else {
                Err(StartError::Failed(failure))
            }
        }
    };
    state.set_top(base);
    outcome
}

/// Compiles `text` as an expression or, if that fails, as statements.
fn load_line(state: State, text: &[u8]) -> lua::Result<()> {
    state.reserve(lua::MIN_STACK)?;
    let mut expression = KVVec::new();
    expression.extend_from_slice(b"return ", GFP_KERNEL | __GFP_NOWARN)?;
    expression.extend_from_slice(text, GFP_KERNEL | __GFP_NOWARN)?;
    let name = c"=repl";
    if state.load(&expression, name).is_ok() {
        return Ok(());
    }
    state.pop(1);
    state.load(text, name)?;
    Ok(())
}

/// The names that could complete `prefix` in the globals of `runtime`.
pub(super) fn complete(
    runtime: &Arc<Runtime>,
    chain: &Arc<Chain>,
    prefix: &[u8],
) -> Result<KVVec<u8>, StartError> {
    let entered = enter(runtime, chain, None)?;
    entered.loaded();
    let state = entered.state();
    let guard = state.guard();
    let result = complete::candidates(state, prefix);
    let result = result.map_err(|error| {
        StartError::Failed(execute::or_no_memory(execute::to_failure(state, error)))
    });
    drop(guard);
    result
}
