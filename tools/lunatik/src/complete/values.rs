// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Permissions, contexts, times and sizes.

use std::ffi::OsStr;

use clap::ValueEnum;
use lunatik_abi::name::{Base, Values, BASES};

use crate::cli::Context;

use super::{names, names::Which, paths, Candidate};

/// Those of `words` that begin with the typed text.
fn words<'a>(typed: &OsStr, words: impl IntoIterator<Item = &'a str>) -> Vec<Candidate> {
    let Some(typed) = typed.to_str() else {
        return Vec::new();
    };
    let words = words.into_iter().filter(|word| word.starts_with(typed));
    words.map(|word| Candidate::new(word, "")).collect()
}

/// The contexts.
pub fn contexts() -> impl Iterator<Item = Candidate> {
    Context::value_variants().iter().filter_map(|context| {
        let value = context.to_possible_value()?;
        let help = value.get_help().map(ToString::to_string);
        Some(Candidate::new(value.get_name(), help.unwrap_or_default()))
    })
}

/// Permissions, for `-P`: `fs:read`, `fs:read=/etc/`, `~exec`, `all`.
pub fn permissions(typed: &OsStr) -> Vec<Candidate> {
    let Some(typed) = typed.to_str() else {
        return Vec::new();
    };
    if let Some((name, value)) = typed.split_once('=') {
        return permission_values(name, value);
    }
    let (sign, prefix) = match typed.strip_prefix('~') {
        Some(prefix) => ("~", prefix),
        None => ("", typed),
    };
    let mut found: Vec<_> = BASES
        .iter()
        .flat_map(|base| full_names(base, sign.is_empty()))
        .collect();
    if sign.is_empty() {
        found.extend(["all", "seal"].map(|word| Candidate::new(word, "")));
    }
    found.retain(|candidate| candidate.value.starts_with(prefix));
    for candidate in &mut found {
        candidate.value.insert_str(0, sign);
    }
    found
}

/// The names that begin with that of `base`; with `=`, too, if they have values and `valued`.
fn full_names(base: &Base, valued: bool) -> Vec<Candidate> {
    let names = core::iter::once(base.name.to_owned())
        .chain(base.subs.iter().map(|sub| format!("{}:{sub}", base.name)));
    let mut found = Vec::new();
    for name in names {
        let with_value = match base.values {
            Values::Ignored => None,
            Values::Paths => Some("only for paths that match"),
            Values::Names => Some("only for names that match"),
        };
        found.push(Candidate::new(name.as_str(), ""));
        if let Some(description) = with_value.filter(|_| valued) {
            found.push(Candidate::new(format!("{name}="), description));
        }
    }
    found
}

/// The values of the permission `name`, as far as they are known.
fn permission_values(name: &str, value: &str) -> Vec<Candidate> {
    let base = name.split(':').next().unwrap_or(name);
    let mut found = match BASES.iter().find(|known| known.name == base) {
        Some(Base {
            values: Values::Paths,
            ..
        }) if value.starts_with('/') => paths::any(OsStr::new(value)),
        Some(Base { name: "runner", .. }) => names::matching(Which::Running, OsStr::new(value)),
        _ => Vec::new(),
    };
    for candidate in &mut found {
        candidate.value.insert_str(0, &format!("{name}="));
    }
    found
}

/// Times of `--since`.
pub fn moments(typed: &OsStr) -> Vec<Candidate> {
    let mut found = words(typed, ["today", "yesterday"]);
    found.extend(units(
        typed,
        &[
            ("s", "seconds ago"),
            ("m", "minutes ago"),
            ("h", "hours ago"),
        ],
    ));
    found
}

/// Durations: the typed number with each unit.
pub fn durations(typed: &OsStr) -> Vec<Candidate> {
    units(
        typed,
        &[("ms", "milliseconds"), ("s", "seconds"), ("m", "minutes")],
    )
}

/// Sizes: the typed number with each unit.
pub fn sizes(typed: &OsStr) -> Vec<Candidate> {
    units(typed, &[("K", "KiB"), ("M", "MiB"), ("G", "GiB")])
}

fn units(typed: &OsStr, units: &[(&str, &str)]) -> Vec<Candidate> {
    let digits = typed
        .to_str()
        .filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(digits) = digits else {
        return Vec::new();
    };
    let with = |&(unit, description): &(&str, &str)| {
        Candidate::new(format!("{digits}{unit}"), description)
    };
    units.iter().map(with).collect()
}
