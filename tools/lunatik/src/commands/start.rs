// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `run`, `spawn` and `eval`.

use std::{
    ffi::OsString,
    io::{self, Write},
    os::unix::ffi::OsStrExt,
};

use lunatik_abi::{
    abi::{
        script_name, Budget, Context, Reply, Request, Source, Start, Stream, DEFAULT_GRACE_MS,
        MAX_ARGUMENTS,
    },
    codec::{DecodeError, Message, Writer},
};

use super::follow;
use crate::{
    cli::{self, BudgetArgs, EvalArgs, StartArgs},
    explain::{explain, Sent},
    failure::{Exit, Failure},
    pledge::Pledges,
    script::{check_name, read_file, read_standard_input, LocalScript, ScriptArgument},
    session::{Answer, Session},
    syntax,
    value::Results,
};

/// The prefix that turns expressions into a statement.
const RETURN: &[u8] = b"return ";

/// The name of the chunk that `eval` sends.
const CODE: &[u8] = b"=(command line)";

/// A script to start, with everything that is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The name to register it under, if it differs from the script's own.
    pub name: Option<Vec<u8>>,
    /// The text, or the name to look it up under.
    pub script: Result<LocalScript, Vec<u8>>,
    /// The context in which its code runs once it is loaded.
    pub context: Context,
    /// Whether there is to be a runtime for each CPU.
    pub percpu: bool,
    /// With `--replace`: the grace of the script that this one replaces, in milliseconds.
    pub replace: Option<u32>,
    /// The most memory it may use; 0 is the default.
    pub memory_limit: u64,
    /// What it may do.
    pub pledges: Pledges,
    /// The CPU time it may use.
    pub budget: Budget,
    /// Its arguments, encoded.
    pub arguments: Vec<u8>,
}

impl Prepared {
    /// Reads the script that the command line names.
    pub fn new(args: &StartArgs) -> Result<Self, Failure> {
        let given = args.name.as_ref().map(|name| name.clone().into_bytes());
        if let Some(name) = &given {
            check_name(name)?;
        }
        let (name, script) = match ScriptArgument::new(args.script.as_os_str()) {
            ScriptArgument::Name(name) => {
                check_name(&name)?;
                (given, Err(name))
            }
            ScriptArgument::File(path) => named(given, read_file(&path)?)?,
            ScriptArgument::StandardInput => named(given, read_standard_input()?)?,
        };
        Ok(Self {
            name,
            script,
            context: args.context.map_or(Context::Process, context),
            percpu: args.percpu,
            replace: args.replace.then(|| args.grace.unwrap_or(DEFAULT_GRACE_MS)),
            memory_limit: args.mem.unwrap_or(0),
            pledges: Pledges::new(&args.pledge.pledges)?,
            budget: budget(args.budget),
            arguments: encode_arguments(&args.args)?,
        })
    }

    /// The name under which it is registered.
    pub fn registered_name(&self) -> &[u8] {
        let given = match (&self.name, &self.script) {
            (Some(name), _) | (None, Err(name)) => name,
            (None, Ok(local)) => &local.name,
        };
        script_name(given).unwrap_or(given)
    }

    /// The request to send.
    pub fn start(&self) -> Result<Start<'_>, DecodeError> {
        Ok(Start {
            name: self.name.as_deref(),
            source: match &self.script {
                Ok(local) => Source::Text {
                    text: &local.text,
                    chunk: &local.chunk,
                    directory: &local.directory,
                },
                Err(script) => Source::Registered { script },
            },
            context: self.context,
            percpu: self.percpu,
            replace: self.replace,
            memory_limit: self.memory_limit,
            permissions: self.pledges.permissions(),
            budget: self.budget,
            arguments: Message::check(&self.arguments)?,
            streams: [Some(0), Some(1), Some(2)],
        })
    }
}

/// The context of the command line in the form that is sent.
fn context(named: cli::Context) -> Context {
    match named {
        cli::Context::Process => Context::Process,
        cli::Context::Softirq => Context::Softirq,
        cli::Context::Hardirq => Context::Hardirq,
    }
}

/// The limits of the command line in the form that is sent.
pub(super) fn budget(args: BudgetArgs) -> Budget {
    Budget {
        cpu_ms: args.cpu_limit.unwrap_or(0),
        slice_ms: args.slice.unwrap_or(0),
    }
}

type Named = (Option<Vec<u8>>, Result<LocalScript, Vec<u8>>);

fn named(given: Option<Vec<u8>>, local: LocalScript) -> Result<Named, Failure> {
    let name = match given {
        Some(name) => name,
        None => {
            check_name(&local.name).map_err(|mut failure| {
                failure.message.extend_from_slice(b"; give one with --name");
                failure
            })?;
            local.name.clone()
        }
    };
    Ok((Some(name), Ok(local)))
}

fn encode_arguments(args: &[OsString]) -> Result<Vec<u8>, Failure> {
    if args.len() > MAX_ARGUMENTS as usize {
        let message = format!("a script gets at most {MAX_ARGUMENTS} arguments");
        return Err(Failure::new(Exit::Usage, message));
    }
    let mut writer = Writer::new(Vec::new());
    for arg in args {
        // Scalars are always valid, and a vector takes any number of bytes.
        let _ = writer.string(arg.as_bytes());
    }
    Ok(writer.finish().unwrap_or_default())
}

/// Prints the script's output as it comes.
pub fn print_output(reply: &Reply<'_>) -> Result<(), Failure> {
    if let Reply::Output { stream, bytes } = reply {
        let written = match stream {
            Stream::Output => write_now(&mut io::stdout().lock(), bytes),
            Stream::Error => write_now(&mut io::stderr().lock(), bytes),
        };
        written.map_err(|error| {
            Failure::new(Exit::Script, format!("cannot pass on the output: {error}"))
        })?;
    }
    Ok(())
}

fn write_now(to: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes)?;
    to.flush()
}

/// Sends the request that `make` creates from `prepared` in `session`, and returns the results. The user has not
/// written the first `added` bytes of its text.
pub(super) fn execute<'p>(
    session: &mut Session,
    prepared: &'p Prepared,
    added: usize,
    make: impl FnOnce(Start<'p>) -> Request<'p>,
) -> Result<Results, Failure> {
    let request = make(prepared.start().map_err(unencodable)?);
    let answer = session.request(&request, &mut print_output);
    let sent = prepared.script.as_ref().ok().map(|local| Sent {
        text: &local.text,
        chunk: &local.chunk,
        added,
    });
    answer
        .map(Answer::into_results)
        .map_err(|failure| explain(failure, sent))
}

pub(super) fn run(args: &StartArgs) -> Result<(), Failure> {
    let prepared = Prepared::new(args)?;
    if args.follow {
        return follow::run(args, &prepared);
    }
    let results = execute(&mut Session::open()?, &prepared, 0, Request::Run)?;
    super::print_results(&results, args.json)
}

pub(super) fn spawn(args: &StartArgs) -> Result<(), Failure> {
    if args.json {
        let message = "--json: spawn prints no results";
        return Err(Failure::new(Exit::Usage, message));
    }
    let prepared = Prepared::new(args)?;
    if args.follow {
        return follow::spawn(args, &prepared);
    }
    execute(&mut Session::open()?, &prepared, 0, Request::Spawn).map(|_| ())
}

pub(super) fn eval(args: &EvalArgs) -> Result<(), Failure> {
    let code = args.code.as_bytes();
    // As in `repl`, the values of expressions are results.
    let added = match is_expression(code) {
        true => RETURN,
        false => b"",
    };
    let prepared = Prepared {
        name: None,
        script: Ok(LocalScript {
            name: Vec::new(),
            chunk: CODE.to_vec(),
            first_line: Vec::new(),
            text: [added, code].concat(),
            directory: Vec::new(),
        }),
        context: Context::Process,
        percpu: false,
        replace: None,
        memory_limit: args.mem.unwrap_or(0),
        pledges: Pledges::new(&args.pledge.pledges)?,
        budget: budget(args.budget),
        arguments: encode_arguments(&args.args)?,
    };
    let results = execute(&mut Session::open()?, &prepared, added.len(), Request::Eval)?;
    super::print_results(&results, args.json)
}

/// Whether `code` is treated as expressions, whose values are returned. Code that compiles neither as expressions nor
/// as statements counts as the form in which the compiler gets further, so that the error fits the writer's intention.
fn is_expression(code: &[u8]) -> bool {
    let Err(as_expression) = syntax::check(&[RETURN, code].concat(), CODE) else {
        return true;
    };
    let Err(as_statements) = syntax::check(code, CODE) else {
        return false;
    };
    match (as_expression.place.start(), as_statements.place.start()) {
        (Some(expression), Some(statements)) => expression > RETURN.len() + statements,
        _ => false,
    }
}

fn unencodable(error: DecodeError) -> Failure {
    Failure::new(
        Exit::Usage,
        format!("the arguments cannot be sent: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_told_from_statements() {
        for code in [
            "1 + 1",
            "f()",
            "...",
            "1, 2",
            "",
            "-- nothing",
            "{ a = 1 }",
            "#t",
            "1 + )",
            "1 ~",
        ] {
            assert!(is_expression(code.as_bytes()), "{code}");
        }
        for code in [
            "x = 1",
            "return 1",
            "local x",
            "f() f()",
            "x = )",
            "for i = 1",
            "return )",
            "goto x",
        ] {
            assert!(!is_expression(code.as_bytes()), "{code}");
        }
    }
}
