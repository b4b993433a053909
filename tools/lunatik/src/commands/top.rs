// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `top`.

use std::{
    io::{self, IsTerminal},
    sync::mpsc::Sender,
    thread,
    time::{Duration, Instant},
};

use lunatik_abi::abi::Request;

use super::{inspect, print};
use crate::{
    channel::Channel,
    device,
    failure::{Exit, Failure},
    observing::TopArgs,
    session::{ignore, Session},
    top::{sort, text_table, Action, Event, Sampler, Screen, Top},
};

pub(super) fn top(args: &TopArgs) -> Result<(), Failure> {
    let session = open()?;
    let is_terminal = io::stdout().is_terminal();
    let count = match args.count {
        None if args.once || !(is_terminal || args.batch) => Some(1),
        count => count,
    };
    if is_terminal && !args.batch && !args.once {
        on_screen(session, args, count)
    } else {
        as_text(session, args, count)
    }
}

/// A session in which nothing is interrupted: a status is answered at once, and signals have their own effects.
fn open() -> Result<Session, Failure> {
    Session::new(Channel::new(device::open()?.into(), None))
}

/// Prints tables, each of them with rates of one interval.
fn as_text(mut session: Session, args: &TopArgs, count: Option<u64>) -> Result<(), Failure> {
    let interval = Duration::from_millis(args.interval.into());
    let mut sampler = Sampler::default();
    sampler.take(&inspect::ask(&mut session, None)?);
    let mut printed = 0;
    while count.is_none_or(|count| printed < count) {
        thread::sleep(interval);
        let mut figures = sampler.take(&inspect::ask(&mut session, None)?);
        figures.retain(|figures| !figures.has_ended);
        sort(&mut figures, args.sort, args.reverse);
        let space = if printed > 0 { "\n" } else { "" };
        print(format!("{space}{}", text_table(&figures)).as_bytes())?;
        printed += 1;
    }
    Ok(())
}

/// How the screen was left.
enum Left {
    Quit,
    Signal(i32),
}

fn on_screen(mut session: Session, args: &TopArgs, count: Option<u64>) -> Result<(), Failure> {
    // The first report may fail. Then the terminal has not changed yet.
    let mut top = Top::new(args.sort, args.reverse);
    top.update(&inspect::ask(&mut session, None)?);
    let mut screen = Screen::open().map_err(|error| terminal_failure(&error))?;
    let left = show(&mut session, &mut top, &mut screen, args, count);
    drop(screen);
    match left? {
        Left::Quit => Ok(()),
        Left::Signal(signal_hook::consts::SIGINT) => {
            Err(Failure::new(Exit::Interrupted, "interrupted"))
        }
        Left::Signal(signal) => {
            // The terminal is restored, so the signal may have its default effect.
            signal_hook::low_level::emulate_default_handler(signal)?;
            Ok(())
        }
    }
}

fn show(
    session: &mut Session,
    top: &mut Top,
    screen: &mut Screen,
    args: &TopArgs,
    count: Option<u64>,
) -> Result<Left, Failure> {
    let interval = Duration::from_millis(args.interval.into());
    let mut next = Instant::now() + interval;
    let mut shown = 1;
    loop {
        screen.draw(top).map_err(|error| terminal_failure(&error))?;
        let end = (!top.is_paused()).then_some(next);
        match screen.wait(end) {
            Some(Event::Key(key)) => match top.press(key) {
                Action::Nothing => {}
                Action::Quit => return Ok(Left::Quit),
                Action::Interrupt => return Ok(Left::Signal(signal_hook::consts::SIGINT)),
                Action::Stop(target) => stop(target, screen.sender())?,
            },
            Some(Event::Resized) => {}
            Some(Event::Lost(error)) => return Err(terminal_failure(&error)),
            Some(Event::Signal(signal)) => return Ok(Left::Signal(signal)),
            Some(Event::Stopped(message)) => top.tell(message),
            None => {}
        }
        if top.is_paused() || Instant::now() < next {
            continue;
        }
        if count == Some(shown) {
            return Ok(Left::Quit);
        }
        shown += 1;
        top.update(&inspect::ask(session, None)?);
        next = Instant::now() + interval;
    }
}

/// Stops the runtime called `target` in a thread and a session of their own, because that may take as long as its grace.
fn stop(target: String, done: Sender<Event>) -> Result<(), Failure> {
    let stop = move || {
        let request = Request::Stop {
            name: target.as_bytes(),
            grace_ms: None,
        };
        let stopped = open().and_then(|mut session| session.request(&request, &mut ignore));
        let message = match stopped {
            Ok(_) => format!("{} was stopped", target.escape_debug()),
            Err(failure) => String::from_utf8_lossy(&failure.message)
                .escape_debug()
                .to_string(),
        };
        // Without a receiver, `top` has ended.
        let _ = done.send(Event::Stopped(message));
    };
    thread::Builder::new()
        .name("stop".to_owned())
        .spawn(stop)
        .map(|_| ())
        .map_err(|error| {
            Failure::new(
                Exit::Script,
                format!("cannot start a thread for the stop: {error}"),
            )
        })
}

fn terminal_failure(error: &io::Error) -> Failure {
    let message = format!("cannot use the terminal: {error} (--batch needs none)");
    Failure::new(Exit::Script, message)
}
