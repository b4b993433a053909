// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The terminal, its keys, and the signals that end `top`.

use std::{
    io,
    sync::mpsc::{channel, Receiver, Sender},
    thread,
    time::Instant,
};

use ratatui::{
    crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
    DefaultTerminal,
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use super::{draw, Key, Top};

/// An event for which `top` waits.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed.
    Key(Key),
    /// The terminal has another size.
    Resized,
    /// The terminal can no longer be read.
    Lost(io::Error),
    /// A signal tells the command to end.
    Signal(i32),
    /// A stop has ended, with this for the user.
    Stopped(String),
}

/// The terminal in the state for full-screen programs. It returns to its former state when this is dropped, and before
/// the message of a panic.
#[derive(Debug)]
pub struct Screen {
    terminal: DefaultTerminal,
    events: Receiver<Event>,
    sender: Sender<Event>,
}

impl Screen {
    /// Takes the terminal, and starts to read keys and signals.
    pub fn open() -> io::Result<Self> {
        let (sender, events) = channel();
        // Before the terminal changes: from then on, signals that end this process restore it.
        let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
        let terminal = ratatui::try_init().inspect_err(|_| ratatui::restore())?;
        let screen = Self {
            terminal,
            events,
            sender: sender.clone(),
        };
        let of_signals = sender.clone();
        spawn("signals", move || {
            for signal in signals.forever() {
                if of_signals.send(Event::Signal(signal)).is_err() {
                    return;
                }
            }
        })?;
        spawn("keys", move || {
            while let Some(event) = next_event() {
                let is_last = matches!(event, Event::Lost(_));
                if sender.send(event).is_err() || is_last {
                    return;
                }
            }
        })?;
        Ok(screen)
    }

    /// The sender for events from other threads.
    pub fn sender(&self) -> Sender<Event> {
        self.sender.clone()
    }

    /// Draws `top`.
    pub fn draw(&mut self, top: &mut Top) -> io::Result<()> {
        self.terminal.draw(|frame| draw(top, frame)).map(|_| ())
    }

    /// Waits for the next event, at most until `end` if there is one.
    pub fn wait(&self, end: Option<Instant>) -> Option<Event> {
        match end {
            None => self.events.recv().ok(),
            Some(end) => {
                let left = end.saturating_duration_since(Instant::now());
                // It cannot be disconnected: this has a sender itself.
                self.events.recv_timeout(left).ok()
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

fn spawn(name: &str, main: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(main)
        .map(|_| ())
}

/// The next event of the terminal; events without a form in [`Event`] are skipped.
fn next_event() -> Option<Event> {
    loop {
        match event::read() {
            Ok(event::Event::Key(key)) => match key_of(key) {
                Some(key) => return Some(Event::Key(key)),
                None => continue,
            },
            Ok(event::Event::Resize(..)) => return Some(Event::Resized),
            Ok(_) => {}
            Err(error) => return Some(Event::Lost(error)),
        }
    }
}

fn key_of(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    Some(match event.code {
        KeyCode::Char('c') if control => Key::Interrupt,
        KeyCode::Char(_) if control => return None,
        KeyCode::Char(key) => Key::Char(key),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Esc => Key::Escape,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_table() {
        let key = |code, modifiers| key_of(KeyEvent::new(code, modifiers));
        let none = KeyModifiers::NONE;
        assert_eq!(key(KeyCode::Char('q'), none), Some(Key::Char('q')));
        assert_eq!(key(KeyCode::Esc, none), Some(Key::Escape));
        assert_eq!(key(KeyCode::F(1), none), None);
        let control = KeyModifiers::CONTROL;
        assert_eq!(key(KeyCode::Char('c'), control), Some(Key::Interrupt));
        // Ctrl-S is not the key `s`.
        assert_eq!(key(KeyCode::Char('s'), control), None);
        let released = KeyEvent {
            kind: KeyEventKind::Release,
            ..KeyEvent::new(KeyCode::Char('q'), none)
        };
        assert_eq!(key_of(released), None);
    }
}
