// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The completion files of the shells, with the command itself.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Calls the function of the completion file as bash does, with the line up to the cursor and its words as bash splits
/// them. Prints the candidates.
const ASK: &str = r#"
. completions/lunatik.bash
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
COMP_LINE=$1 COMP_POINT=${#1}
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_lunatik lunatik "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
[ ${#COMPREPLY[@]} = 0 ] || printf '%s\n' "${COMPREPLY[@]}"
"#;

fn has(program: &str) -> bool {
    let asked = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

fn path() -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_lunatik")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{}:{path}", folder.display())
}

/// The candidates that bash offers for the words of a line. Adjacent words have no blank between them.
fn bash(line: &str, words: &[&str]) -> Vec<String> {
    let output = Command::new("bash")
        .args(["--norc", "-c", ASK, "bash", line])
        .args(words)
        .env("PATH", path())
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.is_empty(), "{line}: {errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn bash_offers_what_the_command_offers() {
    if !has("bash") {
        return;
    }
    let offers = |line: &str, words: &[&str], wanted: &[&str]| {
        assert_eq!(bash(line, words), wanted, "{line}");
    };
    offers("lunatik st", &["lunatik", "st"], &["stop", "status"]);
    offers("  lunatik  st", &["lunatik", "st"], &["stop", "status"]);
    offers(
        "lunatik run -c so",
        &["lunatik", "run", "-c", "so"],
        &["softirq"],
    );
    offers(
        "lunatik check src/mai",
        &["lunatik", "check", "src/mai"],
        &[],
    );
    // bash splits words at colons and equals signs, and replaces the last part.
    let words = ["lunatik", "run", "-P", "fs", ":", "re"];
    offers("lunatik run -P fs:re", &words, &["read", "read="]);
    let words = ["lunatik", "run", "-P", "fs", ":"];
    offers(
        "lunatik run -P fs:",
        &words,
        &["read", "read=", "write", "write="],
    );
    let words = ["lunatik", "run", "--context", "=", "ha"];
    offers("lunatik run --context=ha", &words, &["hardirq"]);
    let words = [
        "lunatik",
        "run",
        "-P",
        "fs",
        ":",
        "read",
        "=",
        "/etc/hostna",
    ];
    offers(
        "lunatik run -P fs:read=/etc/hostna",
        &words,
        &["/etc/hostname"],
    );
    // The shell would expand a tilde to a home folder.
    offers(
        "lunatik run -P ~ex",
        &["lunatik", "run", "-P", "~ex"],
        &["\\~exec"],
    );
    offers(
        "lunatik run -P '~ex",
        &["lunatik", "run", "-P", "'~ex"],
        &["~exec"],
    );
    offers(
        "lunatik run -P \"fs:w",
        &["lunatik", "run", "-P", "\"fs:w"],
        &["fs:write", "fs:write="],
    );
    offers("lunatik run x --na", &["lunatik", "run", "x", "--na"], &[]);
}

#[test]
fn bash_sees_the_line_up_to_the_cursor() {
    if !has("bash") {
        return;
    }
    // The cursor stands within the last word.
    let words = ["lunatik", "run", "-c", "softirq"];
    assert_eq!(bash("lunatik run -c so", &words), ["softirq"]);
}

#[test]
fn without_a_device_nothing_is_offered_or_said() {
    if Path::new("/dev/lunatik").exists() {
        return;
    }
    for words in [
        &["stop", ""][..],
        &["status", ""],
        &["logs", "-f", ""],
        &["profile", "x"],
        &["run", "--name", ""],
        &["list", "--nosuch", ""],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_lunatik"))
            .args(["__complete", "--", "lunatik"])
            .args(words)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        assert_eq!(
            (output.stdout, output.stderr),
            (vec![], vec![]),
            "{words:?}"
        );
    }
}

#[test]
fn files_of_shells_that_are_here_have_no_mistakes() {
    for (shell, file) in [
        ("bash", "lunatik.bash"),
        ("zsh", "_lunatik"),
        ("fish", "lunatik.fish"),
    ] {
        if !has(shell) {
            continue;
        }
        let checked = Command::new(shell)
            .args(["-n", &format!("completions/{file}")])
            .status()
            .unwrap();
        assert!(checked.success(), "{file}");
    }
}
