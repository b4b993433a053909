// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Counters of the module, its scripts and their hooks, for Prometheus.
//!
//! The names and labels here are an interface: dashboards and alerts use them. `Documentation/fleet.md` lists them.

use std::collections::HashMap;

use lunatik_abi::abi::{HookState, State};

use crate::{
    report::{Hook, Report, Row},
    session::Versions,
};

mod exposition;

use exposition::{
    Family,
    Type::{Counter, Gauge},
};

/// What the metrics are made of.
#[derive(Debug)]
pub struct Observed {
    /// The versions of module and Lua.
    pub versions: Versions,
    /// The counters of the module, by their names in the protocol.
    pub totals: Vec<(String, u64)>,
    /// All runtimes.
    pub report: Report,
    /// The time on the wall clock, in nanoseconds.
    pub now_ns: u64,
}

impl Observed {
    /// The metrics in the text format. `with_parts`: one series for each worker, service and actor, too.
    pub fn text(&self, with_parts: bool) -> String {
        let mut families = self.module();
        families.extend(self.scripts());
        families.extend(self.hooks());
        if with_parts {
            families.extend(self.parts());
        }
        let mut text = String::new();
        families.iter().for_each(|family| family.write(&mut text));
        text
    }

    fn module(&self) -> Vec<Family> {
        let mut info = Family::new(
            "lunatik_build_info",
            Gauge,
            "Versions of the module and of its Lua.",
        );
        let labels = [
            ("module", number(&self.versions.module)),
            ("lua", number(&self.versions.lua)),
        ];
        info.add(&labels, 1);
        let mut sessions = Family::new(
            "lunatik_sessions",
            Gauge,
            "Open files of the device, this one included.",
        );
        let mut profiles = Family::new("lunatik_profiles", Gauge, "Profiles that run.");
        let mut started = Family::new(
            "lunatik_runtimes_started_total",
            Counter,
            "Runtimes that were started.",
        );
        let mut ended = Family::new(
            "lunatik_runtimes_ended_total",
            Counter,
            "Runtimes that have ended.",
        );
        for (name, total) in &self.totals {
            match name.split_once('_') {
                None if name == "sessions" => sessions.add(&[], *total),
                None if name == "profiles" => profiles.add(&[], *total),
                Some(("started", kind)) => started.add(&[("kind", kind)], *total),
                Some((result @ ("finished" | "failed"), kind)) => {
                    ended.add(&[("kind", kind), ("result", result)], *total)
                }
                // A later module counts more.
                _ => continue,
            };
        }
        vec![info, sessions, profiles, self.states(), started, ended]
    }

    /// The living runtimes of each kind that the module knows, in each state.
    fn states(&self) -> Family {
        let mut states = Family::new("lunatik_runtimes", Gauge, "Living runtimes.");
        let known = self.totals.iter();
        let known = known.filter_map(|(name, _)| name.strip_prefix("started_"));
        for kind in known {
            for state in State::ALL.into_iter().filter(|state| !state.has_ended()) {
                states.add(&[("kind", kind), ("state", state.name())], 0);
            }
        }
        for row in self.living() {
            states.add(&[("kind", &row.kind), ("state", row.state.name())], 1);
        }
        states
    }

    fn living(&self) -> impl Iterator<Item = &Row> {
        self.report.rows.iter().filter(|row| !row.state.has_ended())
    }

    /// The living parts, each with the script that it belongs to.
    fn living_parts(&self) -> impl Iterator<Item = (&Row, &Row)> {
        let by_id: HashMap<u64, &Row> = self.living().map(|row| (row.id, row)).collect();
        self.living().filter_map(move |row| {
            let mut top = row;
            // A parent has a lower number, so this ends.
            while let Some(above) = by_id.get(&top.parent).filter(|above| above.id < top.id) {
                top = above;
            }
            (top.id != row.id && top.is_script()).then_some((row, top))
        })
    }

    fn scripts(&self) -> Vec<Family> {
        let mut running = Family::new(
            "lunatik_script_running",
            Gauge,
            "Whether the script runs: 1, or 0 if it has ended and its outcome is kept.",
        );
        let mut failed = Family::new(
            "lunatik_script_failed",
            Gauge,
            "Whether the script has ended with an error: 1 or 0.",
        );
        let mut started = Family::new(
            "lunatik_script_start_time_seconds",
            Gauge,
            "When the script was started, in seconds since 1970.",
        );
        let mut cpu = Family::new(
            "lunatik_script_cpu_seconds_total",
            Counter,
            "CPU time of the script, without its workers, services and actors.",
        );
        let mut memory = Family::new(
            "lunatik_script_memory_bytes",
            Gauge,
            "Memory of the script and of everything that it has made.",
        );
        let mut limit = Family::new(
            "lunatik_script_memory_limit_bytes",
            Gauge,
            "Memory that the script may use.",
        );
        let mut waiting = Family::new(
            "lunatik_script_messages_waiting",
            Gauge,
            "Messages that wait for the script, and for its living workers, services and actors, by kind.",
        );
        let mut received = Family::new(
            "lunatik_script_messages_received_total",
            Counter,
            "Messages that the script has received, without its workers, services and actors.",
        );
        let mut parts = Family::new(
            "lunatik_script_parts",
            Gauge,
            "Living workers, services, actors and members of the script.",
        );
        for row in self.report.rows.iter().filter(|row| row.is_script()) {
            let labels = [("script", row.name.as_str())];
            let has_ended = row.state.has_ended();
            running.add(&labels, u64::from(!has_ended));
            failed.add(&labels, u64::from(row.state == State::Failed));
            if !has_ended {
                started.add_ns(&labels, self.now_ns.saturating_sub(row.age_ns));
                cpu.add_ns(&labels, row.cpu_ns);
                memory.add(&labels, row.memory_used);
                limit.add(&labels, row.memory_limit);
                if let Some(messages) = row.messages {
                    let labels = [("script", row.name.as_str()), ("kind", row.kind.as_str())];
                    waiting.add(&labels, messages.waiting);
                    received.add(&labels[..1], messages.received);
                }
            }
        }
        for (part, script) in self.living_parts() {
            if let Some(messages) = part.messages {
                let labels = [
                    ("script", script.name.as_str()),
                    ("kind", part.kind.as_str()),
                ];
                waiting.add(&labels, messages.waiting);
            }
            parts.add(&[("script", &script.name), ("kind", &part.kind)], 1);
        }
        vec![
            running, failed, started, cpu, memory, limit, waiting, received, parts,
        ]
    }

    /// The living runtimes that have hooks, each with the name of its script. The hooks of all members of a crew count
    /// together.
    fn hooked(&self) -> impl Iterator<Item = (&Row, &str)> {
        let members: HashMap<u64, &str> = self
            .living_parts()
            .map(|(part, script)| (part.id, script.name.as_str()))
            .collect();
        self.living().filter_map(move |row| {
            let script = match row.is_script() {
                true => row.name.as_str(),
                false => members.get(&row.id)?,
            };
            Some((row, script))
        })
    }

    fn hooks(&self) -> Vec<Family> {
        let family = |name, help| -> Family { Family::new(name, Counter, help) };
        let mut states = Family::new("lunatik_hooks", Gauge, "Hooks of the script.");
        let mut runs = family(
            "lunatik_hook_runs_total",
            "Calls of the functions of hooks.",
        );
        let mut failures = family(
            "lunatik_hook_failures_total",
            "Calls that have failed, over-runs included.",
        );
        let mut overruns = family(
            "lunatik_hook_overruns_total",
            "Calls that took too much time and were ended.",
        );
        let mut missed = family(
            "lunatik_hook_missed_total",
            "Calls that were not made, so that the default of the hook applied.",
        );
        let mut time = family(
            "lunatik_hook_seconds_total",
            "Time of all calls, estimated.",
        );
        let mut longest = Family::new(
            "lunatik_hook_longest_seconds",
            Gauge,
            "The longest call whose time was taken.",
        );
        let mut lost = family(
            "lunatik_hook_lost_total",
            "Messages and lines of output of hooks for which there was no room.",
        );
        for (row, script) in self.hooked() {
            for hook in &row.hooks {
                let labels = [("script", script), ("hook", hook.name.as_str())];
                let [by_script, by_hook] = labels;
                for state in HookState::ALL {
                    let labels = [by_script, by_hook, ("state", state.name())];
                    states.add(&labels, u64::from(hook.state == state));
                }
                runs.add(&labels, hook.runs);
                failures.add(&labels, hook.failures);
                overruns.add(&labels, hook.overruns);
                add_missed(&mut missed, &labels, hook);
                time.add_ns(&labels, hook.ns);
                longest.greatest_ns(&labels, hook.longest_ns);
            }
            if let Some(count) = row.lost {
                lost.add(&[("script", script)], count);
            }
        }
        vec![
            states, runs, failures, overruns, missed, time, longest, lost,
        ]
    }

    fn parts(&self) -> Vec<Family> {
        let mut cpu = Family::new(
            "lunatik_part_cpu_seconds_total",
            Counter,
            "CPU time of one worker, service, actor or member.",
        );
        let mut memory = Family::new(
            "lunatik_part_memory_bytes",
            Gauge,
            "Memory of one worker, service, actor or member.",
        );
        let mut waiting = Family::new(
            "lunatik_part_messages_waiting",
            Gauge,
            "Messages that wait for one worker, service or actor.",
        );
        let mut received = Family::new(
            "lunatik_part_messages_received_total",
            Counter,
            "Messages that one worker, service or actor has received.",
        );
        for (part, script) in self.living_parts() {
            let id = part.id.to_string();
            let labels = [
                ("script", script.name.as_str()),
                ("kind", part.kind.as_str()),
                ("name", part.name.as_str()),
                ("id", id.as_str()),
            ];
            cpu.add_ns(&labels, part.cpu_ns);
            memory.add(&labels, part.memory_used);
            if let Some(messages) = part.messages {
                waiting.add(&labels, messages.waiting);
                received.add(&labels, messages.received);
            }
        }
        vec![cpu, memory, waiting, received]
    }
}

/// A version without the name before it.
fn number(version: &str) -> &str {
    version
        .rsplit_once(' ')
        .map_or(version, |(_, number)| number)
}

fn add_missed(missed: &mut Family, labels: &[(&'static str, &str); 2], hook: &Hook) {
    let [script, name] = *labels;
    for (reason, calls) in hook.missed.by_reason() {
        missed.add(&[script, name, ("reason", reason)], calls);
    }
}

#[cfg(test)]
mod tests;
