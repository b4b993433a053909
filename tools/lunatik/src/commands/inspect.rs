// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `list` and `status`.

use lunatik_abi::abi::{Reply, Request};
use serde_json::Value as Json;

use crate::{
    cli::{ListArgs, StatusArgs},
    failure::{Exit, Failure},
    report::{name_text, Report, Row},
    script::check_runtime_name,
    session::{ignore, Session},
};

pub(super) fn list(session: &mut Session, args: &ListArgs) -> Result<(), Failure> {
    if args.all {
        let report = ask(session, None)?;
        return print_report(&report, args.json, false);
    }
    let names = super::stop::running_scripts(session)?;
    let mut names: Vec<_> = names.iter().map(|name| name_text(name)).collect();
    if args.json {
        return print_json(&Json::from(names));
    }
    names.iter_mut().for_each(|name| name.push('\n'));
    super::print(names.concat().as_bytes())
}

pub(super) fn status(session: &mut Session, args: &StatusArgs) -> Result<(), Failure> {
    let name = args.name.as_ref().map(String::as_bytes);
    if let Some(name) = name {
        check_runtime_name(name)?;
    }
    if args.clear {
        let request = Request::Status { name, clear: true };
        return session.request(&request, &mut ignore).map(|_| ());
    }
    let report = ask(session, name)?;
    if let (Some(name), true) = (&args.name, report.rows.is_empty()) {
        let message = format!("{} is not running", name.escape_debug());
        return Err(Failure::new(Exit::NoSuchScript, message));
    }
    print_report(&report, args.json, name.is_some())?;
    match (&report.rows[..], name, args.json) {
        ([row], Some(_), false) => super::print((row.hook_table() + &row.full_error()).as_bytes()),
        _ => Ok(()),
    }
}

pub(super) fn ask(session: &mut Session, name: Option<&[u8]>) -> Result<Report, Failure> {
    let mut report = Report::default();
    let request = Request::Status { name, clear: false };
    session.request(&request, &mut |reply| {
        if let Reply::Status(row) = reply {
            report.rows.push(Row::from(row));
        }
        Ok(())
    })?;
    Ok(report)
}

fn print_report(report: &Report, json: bool, with_permissions: bool) -> Result<(), Failure> {
    if json {
        print_json(&report.json())
    } else {
        super::print(report.table(with_permissions).as_bytes())
    }
}

fn print_json(json: &Json) -> Result<(), Failure> {
    super::print(format!("{json:#}\n").as_bytes())
}
