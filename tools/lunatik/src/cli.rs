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
/// The kernel module lunatik runs the scripts. This command reaches it through /dev/lunatik, which requires root.
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
    /// first line starts this command, its path is not mistaken for the name of a script.
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

/// Puts `--` between a script and its arguments if the first of them looks like an option. Otherwise clap would parse
/// that argument as an option of this command.
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
    /// Run a script, which stays while something that it has created can call it, such as a device
    ///
    /// What the script prints while its chunk runs appears here as it is printed; afterwards it goes to
    /// 'lunatik logs'. The chunk's results, if any, are printed as Lua's print does. Ctrl-C stops the script.
    ///
    /// If the first word after SCRIPT is process, softirq or hardirq, it is the context of the script and not an
    /// argument, unless -c is given or -- stands before SCRIPT.
    Run(StartArgs),
    /// Evaluate Lua code in a runtime made for it, and print the results
    ///
    /// Expressions need no 'return'. Tables are printed with their contents.
    Eval(EvalArgs),
    /// Run the function that a script returns in a kernel thread of its own
    Spawn(StartArgs),
    /// Check scripts without running them, and without the module
    ///
    /// Compiles each FILE and looks for modules that 'require' would not find, for wrong permissions in calls of
    /// 'pledge', and for wrong options in a first line that starts lunatik. Prints FILE:LINE: MESSAGE for each mistake.
    Check(CheckArgs),
    /// Evaluate Lua in the kernel, line by line
    ///
    /// State lasts for the session. Tab completes names, reserved words and modules; the right arrow accepts the grey
    /// hint. Ctrl-C interrupts, Ctrl-D ends.
    Repl(ReplArgs),
    /// Stop scripts, or single workers, services and actors
    Stop(StopArgs),
    /// Show what a script has printed since it was started
    Logs(LogsArgs),
    /// List the names of the running scripts
    List(ListArgs),
    /// Show the state of one script, or of all, including those that have ended
    Status(StatusArgs),
    /// Watch what the runtimes use
    ///
    /// Shows a table and updates it. Keys: q quit; arrows select; s stop the selected script; p or space pause; c, t,
    /// m, w, h, f, a, n sort by CPU share, CPU time, memory, waiting messages, calls of hooks, failures, age, name; r
    /// reverse the order; e show ended runtimes, too. Without a terminal, or with --batch or --once, it prints text.
    Top(TopArgs),
    /// Find out where a running script spends its time
    ///
    /// Prints a line for each call stack, with the number of samples that found it. The option --hz sets how often the
    /// kernel samples the script. Ctrl-C ends the profile early and prints the samples taken so far.
    Profile(ProfileArgs),
    /// Print counters of the module, its scripts and their hooks in the text format of Prometheus
    Metrics(MetricsArgs),
    /// Stop all scripts
    Shutdown,
    /// Load the kernel module
    Load(LoadArgs),
    /// Stop all scripts and remove the kernel module
    ///
    /// User-space actors that their scripts have detached must close the device first. Those that do not are killed.
    Unload,
    /// Print the versions of this command, the kernel module and Lua
    Version,
    /// Print candidates for the last word of a command line. The completion files of the shells call this
    #[command(name = "__complete", hide = true)]
    Complete {
        /// The words up to the cursor, with the name of the program.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    /// Host a user-space actor. The kernel starts this
    #[command(hide = true)]
    Host {
        /// The token by which the kernel recognises the process.
        token: String,
    },
}

/// Limits of CPU time.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct BudgetArgs {
    /// The most CPU time that it may use in total: milliseconds, or 200ms, 1s, 2m
    #[arg(long, value_name = "TIME", value_parser = parse_limit)]
    pub cpu_limit: Option<u64>,
    /// The most CPU time that one callback, one resume or the loading may use, in the same form
    #[arg(long, value_name = "TIME", value_parser = parse_limit)]
    pub slice: Option<u64>,
}

/// What a script may do.
#[derive(Args, Clone, Debug, Default)]
pub struct PledgeArgs {
    /// Permit this, and nothing that no -P permits: for example load, fs:read=/etc/*, ~exec, all
    ///
    /// May be given several times. The script can neither add permissions nor remove them. Without any, it may do
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
    /// In threads, where it may sleep: the default
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
    /// The context in which the script's code runs once it is loaded
    #[arg(short, long, value_enum)]
    pub context: Option<Context>,
    /// Run the script in one runtime for each CPU, so that no CPU waits for another
    #[arg(short, long)]
    pub percpu: bool,
    /// What it may do.
    #[command(flatten)]
    pub pledge: PledgeArgs,
    /// The name under which the script is registered, instead of its own
    #[arg(long)]
    pub name: Option<String>,
    /// If a script of that name runs, stop it first
    ///
    /// The new script is compiled before that: if this fails, the running one continues.
    #[arg(long)]
    pub replace: bool,
    /// Stay, print what the script prints, and end with it
    ///
    /// The status is 1 if the script has failed. SIGTERM, SIGHUP and Ctrl-C stop the script.
    #[arg(short, long)]
    pub follow: bool,
    /// With --replace or --follow: the time that the stopped script has to end by itself: milliseconds (100 unless
    /// given), or 1s, 2m
    #[arg(long, value_name = "TIME", value_parser = parse_grace, requires = "stopping")]
    pub grace: Option<u32>,
    /// The most memory it may use: bytes, or with K, M or G
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub mem: Option<u64>,
    /// The CPU time it may use.
    #[command(flatten)]
    pub budget: BudgetArgs,
    /// With run: print a line of JSON for each result
    #[arg(long)]
    pub json: bool,
    /// A name under /lib/modules/lua, a path (starting with / ./ ../ or ending in .lua), or - for standard input
    pub script: PathBuf,
    /// The arguments of the script
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<OsString>,
}

impl StartArgs {
    /// Uses the first argument as the context if it names one, and removes it and a `percpu` after it from the
    /// arguments. `words` is the command line: the context directly follows the script, with no `--` before the script.
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
    /// The arguments of the code
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
    /// The names of scripts, or the names or numbers of workers, services or actors
    #[arg(required_unless_present = "all", value_name = "NAME")]
    pub names: Vec<String>,
    /// Stop all scripts that run
    #[arg(short, long, conflicts_with = "names")]
    pub all: bool,
    /// The time that each has to end by itself: milliseconds (100 unless given), or 200ms, 1s, 2m
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
    /// Continue as the script prints, until Ctrl-C or its end
    #[arg(short, long)]
    pub follow: bool,
    /// Show only the last COUNT lines and, with -f, new ones
    #[arg(short = 'n', long, value_name = "COUNT")]
    pub lines: Option<u64>,
    /// Show only what was printed since then: 10m, 1h30m, 14:30, yesterday, '2026-01-31 14:30:00'
    #[arg(short = 'S', long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Show the time of each line: always, never, or auto (on a terminal)
    #[arg(short, long, value_enum, value_name = "WHEN", num_args = 0..=1, require_equals = true,
        default_value = "auto", default_missing_value = "always")]
    pub time: When,
    /// The name of the script
    pub name: String,
}

/// How to list.
#[derive(Args, Debug)]
pub struct ListArgs {
    /// Show a table of all runtimes, including those that have ended
    #[arg(long)]
    pub all: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The runtimes whose state is shown.
#[derive(Args, Debug)]
pub struct StatusArgs {
    /// The name of a script, or the name or number of workers, services or actors
    pub name: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Delete the outcomes of scripts that have ended, instead of showing states
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
