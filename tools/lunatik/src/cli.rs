// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The command line.
//!
//! The build script compiles this file too, for the man pages and the completions.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use clap::{ArgGroup, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::{
    duration::{parse_grace, parse_limit},
    manual,
    observing::{MetricsArgs, ProfileArgs, TopArgs},
    shebang::split_words,
    size::parse_size,
};

/// Run Lua scripts in the Linux kernel
///
/// The scripts run in the kernel module lunatik, which is reached through /dev/lunatik. This takes root.
#[derive(Debug, Parser)]
#[command(name = "lunatik", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Reads a command line. Its first word is the name of the program.
    ///
    /// The first argument may be all words in the first line of a script that is executed, as Linux passes them.
    pub fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        let words = &protect_arguments(split_words(words));
        let mut command = manual::command();
        let matches = command.try_get_matches_from_mut(words)?;
        let mut cli =
            Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        if let Command::Run(start) = &mut cli.command {
            start.take_context(words);
        }
        Ok(cli)
    }

    /// As [`Cli::read`], for a process that was started by executing the file `executed`. If that is a script whose
    /// first line starts this command, its path is not taken for the name of another one.
    pub fn read_executed(words: &[OsString], executed: &OsStr) -> Result<Self, clap::Error> {
        let mut cli = Self::read(words)?;
        if let Command::Run(start) | Command::Spawn(start) = &mut cli.command {
            let is_path = ["/", ".", ".."]
                .iter()
                .any(|part| start.script.starts_with(part));
            if start.script == Path::new(executed) && !is_path {
                start.script = Path::new(".").join(&start.script);
            }
        }
        Ok(cli)
    }
}

/// Puts `--` between a script and its arguments if the first of them looks like an option. Otherwise clap would take an
/// option of this command that stands there for itself.
fn protect_arguments(mut words: Vec<OsString>) -> Vec<OsString> {
    let cli = Cli::command();
    let named = words.get(1).and_then(|word| cli.find_subcommand(word));
    let Some(command) = named.filter(|command| {
        let mut arguments = command.get_positionals();
        arguments.any(clap::Arg::is_trailing_var_arg_set)
    }) else {
        return words;
    };
    let takes_value = |is_it: &dyn Fn(&clap::Arg) -> bool| {
        let found = command.get_arguments().find(|argument| is_it(argument));
        found.is_some_and(|argument| argument.get_action().takes_values())
    };
    let mut at = 2;
    while let Some(word) = words.get(at).map(|word| word.to_string_lossy()) {
        let value_follows = match word.strip_prefix("--") {
            Some("") => return words,
            Some(long) => takes_value(&|argument| argument.get_long() == Some(long)),
            None if word.starts_with('-') && word.len() > 1 => {
                // The value of an option may follow it in the same word.
                let mut options = word.chars().skip(1);
                let is_short = |c| takes_value(&|argument| argument.get_short() == Some(c));
                options.any(is_short) && options.next().is_none()
            }
            None => break,
        };
        at += if value_follows { 2 } else { 1 };
    }
    let first = words.get(at + 1).map(|word| word.as_encoded_bytes());
    if first.is_some_and(|word| word.starts_with(b"-") && word != b"--") {
        words.insert(at + 1, "--".into());
    }
    words
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a script, which then stays while it has left something that can call it, such as a
    /// device
    ///
    /// What the script prints while its chunk runs appears here as it is printed; afterwards it goes to
    /// 'lunatik logs'. The chunk's results, if any, are printed as Lua's print does. Ctrl-C stops the script.
    ///
    /// If the first word after SCRIPT is process, softirq or hardirq, it is taken for the context of the script and not
    /// for an argument, unless -c is given or -- stands before SCRIPT.
    Run(StartArgs),
    /// Evaluate Lua code in a runtime made for it, and print the results
    ///
    /// Expressions need no 'return'. Tables are printed with what is in them.
    Eval(EvalArgs),
    /// Run the function that a script returns in a kernel thread of its own
    Spawn(StartArgs),
    /// Check scripts without running them, and without the module
    ///
    /// Compiles each FILE and looks for modules that 'require' would not find, for wrong permissions in calls of
    /// 'pledge', and for wrong options in a first line that starts lunatik. Tells FILE:LINE: and what is wrong.
    Check(CheckArgs),
    /// Type Lua to the kernel, line by line
    ///
    /// State lasts for the session. Tab completes names, reserved words and modules; the right arrow takes what is shown
    /// in grey. Ctrl-C interrupts, Ctrl-D ends.
    Repl(ReplArgs),
    /// Stop scripts, or single workers, services and actors
    Stop(StopArgs),
    /// Show what a script has printed since it was started
    Logs(LogsArgs),
    /// List the names of the running scripts
    List(ListArgs),
    /// Show the state of one script, or of all, the ended ones too
    Status(StatusArgs),
    /// Watch what the runtimes use
    ///
    /// A table that is renewed all the time. Keys: q quit; arrows select; s stop the selected script; p or space pause;
    /// c, t, m, w, h, f, a, n sort by CPU share, CPU time, memory, messages that wait, calls of hooks, failures, age,
    /// name; r reverse the order; e show what has ended, too. Without a terminal, or with --batch or --once, it prints
    /// text.
    Top(TopArgs),
    /// Find out where a running script spends its time
    ///
    /// Prints a line for each stack of calls that was found, and how often. The kernel looks at the script as often as
    /// --hz says. Ctrl-C ends the profile early, with what was found.
    Profile(ProfileArgs),
    /// Print counters of the module, its scripts and their hooks in the text format of Prometheus
    Metrics(MetricsArgs),
    /// Stop all scripts
    Shutdown,
    /// Load the kernel module
    Load(LoadArgs),
    /// Stop all scripts and remove the kernel module
    ///
    /// User-space actors that their scripts have detached give the device up before. Those that do not are killed.
    Unload,
    /// Print the versions of this command, the kernel module and Lua
    Version,
    /// Print what could complete the last word of a command line. The completion files of the shells call this
    #[command(name = "__complete", hide = true)]
    Complete {
        /// The words up to the cursor, with the name of the program.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    /// Host a user-space actor. The kernel starts this
    #[command(hide = true)]
    Host {
        /// What the kernel knows the process by.
        token: String,
    },
}

/// Limits of CPU time.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct BudgetArgs {
    /// The most CPU time it may use in all: milliseconds, or 200ms, 1s, 2m
    #[arg(long, value_name = "TIME", value_parser = parse_limit)]
    pub cpu_limit: Option<u64>,
    /// The most CPU time that one callback, one resume or the loading may use, likewise
    #[arg(long, value_name = "TIME", value_parser = parse_limit)]
    pub slice: Option<u64>,
}

/// What a script may do.
#[derive(Args, Clone, Debug, Default)]
pub struct PledgeArgs {
    /// Permit this and nothing else that is not permitted likewise: for example load, fs:read=/etc/*, ~exec, all
    ///
    /// May be given several times. The script can neither add to it nor take from it. Without any, it may do
    /// everything that root may.
    #[arg(short = 'P', long = "pledge", value_name = "SPEC")]
    pub pledges: Vec<OsString>,
}

/// How to evaluate line by line.
#[derive(Args, Debug)]
pub struct ReplArgs {
    /// The CPU time it may use.
    #[command(flatten)]
    pub budget: BudgetArgs,
    /// What it may do.
    #[command(flatten)]
    pub pledge: PledgeArgs,
    /// Print a line of JSON for each value
    #[arg(long)]
    pub json: bool,
}

/// Where the code of a script runs once it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Context {
    /// In threads, as a process: the default
    Process,
    /// In hooks, with bottom halves off, where it must not sleep
    Softirq,
    /// In hooks, with interrupts off
    Hardirq,
}

/// A script to start.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("stopping").args(["replace", "follow"]).multiple(true))]
pub struct StartArgs {
    /// The context in which its code runs once it is loaded
    #[arg(short, long, value_enum)]
    pub context: Option<Context>,
    /// Run it in a runtime for each CPU, so that no CPU waits for another one
    #[arg(short, long)]
    pub percpu: bool,
    /// What it may do.
    #[command(flatten)]
    pub pledge: PledgeArgs,
    /// The name to register it under, instead of its own
    #[arg(long)]
    pub name: Option<String>,
    /// If a script of that name runs, stop it first
    ///
    /// The new script is compiled before: if that fails, the one that runs goes on.
    #[arg(long)]
    pub replace: bool,
    /// Stay, print what the script prints, and end with it
    ///
    /// The status is 1 if the script has failed. SIGTERM, SIGHUP and Ctrl-C stop the script.
    #[arg(short, long)]
    pub follow: bool,
    /// With --replace or --follow: how long the script that is stopped may take to end by itself: milliseconds (100
    /// unless given), or 1s, 2m
    #[arg(long, value_name = "TIME", value_parser = parse_grace, requires = "stopping")]
    pub grace: Option<u32>,
    /// The most memory it may use: bytes, or with K, M or G
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub mem: Option<u64>,
    /// The CPU time it may use.
    #[command(flatten)]
    pub budget: BudgetArgs,
    /// Of run: print a line of JSON for each result
    #[arg(long)]
    pub json: bool,
    /// A name under /lib/modules/lua, a path (starting with / ./ ../ or ending in .lua), or - for standard input
    pub script: PathBuf,
    /// What the script gets as its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<OsString>,
}

impl StartArgs {
    /// Takes the first argument for the context, if it is the name of one, and a `percpu` behind it. `words` is the
    /// command line: a context stands directly after the script, and no `--` before that.
    fn take_context(&mut self, words: &[OsString]) {
        let word = self.args.first().and_then(|word| word.to_str());
        let named = word.and_then(|word| Context::from_str(word, false).ok());
        let at = words.len().checked_sub(self.args.len() + 1);
        let (None, Some(named), Some(at)) = (self.context, named, at) else {
            return;
        };
        // The arguments are the last words. A `--` between the script and them is not among them.
        let (before, after) = words.split_at(at);
        let follows = after
            .first()
            .is_some_and(|word| *word == *self.script.as_os_str());
        if follows && before.last().is_none_or(|word| word != "--") {
            self.context = Some(named);
            self.args.remove(0);
            if self.args.first().is_some_and(|word| word == "percpu") {
                self.percpu = true;
                self.args.remove(0);
            }
        }
    }
}

/// Code to evaluate.
#[derive(Args, Debug)]
pub struct EvalArgs {
    /// What it may do.
    #[command(flatten)]
    pub pledge: PledgeArgs,
    /// The most memory it may use: bytes, or with K, M or G
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub mem: Option<u64>,
    /// The CPU time it may use.
    #[command(flatten)]
    pub budget: BudgetArgs,
    /// Print a line of JSON for each result
    #[arg(long)]
    pub json: bool,
    /// The code, for example '1 + 1'
    #[arg(allow_hyphen_values = true)]
    pub code: OsString,
    /// What the code gets as its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<OsString>,
}

/// Scripts to check.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// The paths of the scripts, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Scripts to stop.
#[derive(Args, Debug)]
pub struct StopArgs {
    /// The names of scripts; or of workers, services or actors, or their numbers
    #[arg(required_unless_present = "all", value_name = "NAME")]
    pub names: Vec<String>,
    /// Stop all scripts that run
    #[arg(short, long, conflicts_with = "names")]
    pub all: bool,
    /// How long each may take to end by itself: milliseconds (100 unless given), or 200ms, 1s, 2m
    #[arg(long, value_name = "TIME", value_parser = parse_grace)]
    pub grace: Option<u32>,
}

/// When to show something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// A log to show.
#[derive(Args, Debug)]
pub struct LogsArgs {
    /// Go on as the script prints, until Ctrl-C or its end
    #[arg(short, long)]
    pub follow: bool,
    /// Show only the last COUNT lines, and with -f what comes then
    #[arg(short = 'n', long, value_name = "COUNT")]
    pub lines: Option<u64>,
    /// Show only what was printed since: 10m, 1h30m, 14:30, yesterday, '2026-01-31 14:30:00'
    #[arg(short = 'S', long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Show the time of each line: always, never, or auto, on a terminal
    #[arg(short, long, value_enum, value_name = "WHEN", num_args = 0..=1, require_equals = true,
        default_value = "auto", default_missing_value = "always")]
    pub time: When,
    /// The name of the script
    pub name: String,
}

/// How to list.
#[derive(Args, Debug)]
pub struct ListArgs {
    /// Show a table of all runtimes, the ended ones too
    #[arg(long)]
    pub all: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Whose state to show.
#[derive(Args, Debug)]
pub struct StatusArgs {
    /// The name of one script; or of workers, services or actors, or a number
    pub name: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Forget the scripts that have ended, instead of showing
    #[arg(long, conflicts_with = "json")]
    pub clear: bool,
}

/// What to load.
#[derive(Args, Debug)]
pub struct LoadArgs {
    /// A module file, instead of the installed module
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}
