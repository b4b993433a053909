// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The state of `top`, and the effects of keys.

use super::{sort, Figures, Order, Sampler};
use crate::report::Report;

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character.
    Char(char),
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first line.
    Home,
    /// To the last line.
    End,
    /// Escape.
    Escape,
    /// Ctrl-C.
    Interrupt,
}

/// The action that the caller must take after a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing but drawing.
    Nothing,
    /// End.
    Quit,
    /// End, as after SIGINT.
    Interrupt,
    /// Stop the runtime with this name for `stop`.
    Stop(String),
}

/// The state of `top`.
#[derive(Debug)]
pub struct Top {
    sampler: Sampler,
    figures: Vec<Figures>,
    pub(super) order: Order,
    pub(super) reverse: bool,
    pub(super) paused: bool,
    pub(super) shows_ended: bool,
    /// The number of the selected runtime.
    selected: Option<u64>,
    /// The displayed name and the name for `stop` of the runtime that is stopped if the user confirms it.
    pub(super) confirms: Option<(String, String)>,
    /// The message about the last action.
    pub(super) message: String,
    /// The lines of the table on the terminal.
    pub(super) page: usize,
}

impl Top {
    /// Of no runtime yet.
    pub fn new(order: Order, reverse: bool) -> Self {
        Self {
            sampler: Sampler::default(),
            figures: Vec::new(),
            order,
            reverse,
            paused: false,
            shows_ended: false,
            selected: None,
            confirms: None,
            message: String::new(),
            page: 1,
        }
    }

    /// Takes a new report.
    pub fn update(&mut self, report: &Report) {
        self.figures = self.sampler.take(report);
        self.sort();
    }

    /// Whether the user has asked for no new reports.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Shows a message about an action.
    pub fn tell(&mut self, message: String) {
        self.message = message;
    }

    /// The runtimes that are shown, in their order.
    pub fn shown(&self) -> Vec<&Figures> {
        let is_shown = |figures: &&Figures| self.shows_ended || !figures.has_ended;
        self.figures.iter().filter(is_shown).collect()
    }

    /// The line of the selected runtime among those that are shown.
    pub fn selected(&self) -> Option<usize> {
        let id = self.selected?;
        self.shown().iter().position(|figures| figures.id == id)
    }

    /// Processes a key.
    pub fn press(&mut self, key: Key) -> Action {
        if key == Key::Interrupt {
            return Action::Interrupt;
        }
        if let Some((name, target)) = self.confirms.take() {
            return self.answer(key, name, target);
        }
        self.message.clear();
        match key {
            Key::Char('q') | Key::Escape => return Action::Quit,
            Key::Char('p' | ' ') => self.paused = !self.paused,
            Key::Char('r') => {
                self.reverse = !self.reverse;
                self.sort();
            }
            Key::Char('e') => self.shows_ended = !self.shows_ended,
            Key::Char('s') => self.ask(),
            Key::Char('k') | Key::Up => {
                self.go(|line, _| line.map_or(0, |line| line.saturating_sub(1)))
            }
            Key::Char('j') | Key::Down => self.go(|line, _| line.map_or(0, |line| line + 1)),
            Key::PageUp => self.go(|line, page| line.map_or(0, |line| line.saturating_sub(page))),
            Key::PageDown => self.go(|line, page| line.map_or(0, |line| line + page)),
            Key::Home => self.go(|_, _| 0),
            Key::End => self.go(|_, _| usize::MAX),
            Key::Char(key) => {
                if let Some(order) = Order::of_key(key) {
                    self.order = order;
                    self.sort();
                }
            }
            Key::Interrupt => {}
        }
        Action::Nothing
    }

    fn sort(&mut self) {
        sort(&mut self.figures, self.order, self.reverse);
    }

    /// Selects another line: `next` gets the present line, if there is one, and the number of lines of a page.
    fn go(&mut self, next: impl FnOnce(Option<usize>, usize) -> usize) {
        let shown = self.shown();
        let last = shown.len().saturating_sub(1);
        let line = next(self.selected(), self.page).min(last);
        self.selected = shown.get(line).map(|figures| figures.id);
    }

    /// Asks whether the selected runtime is to be stopped.
    fn ask(&mut self) {
        let shown = self.shown();
        match self.selected().and_then(|line| shown.get(line).copied()) {
            Some(figures) if figures.has_ended => {
                self.message = format!("{} has ended already", figures.name);
            }
            Some(figures) => {
                self.confirms = Some((figures.name.clone(), figures.target.clone()));
            }
            None => "Select a script first: the arrows do that".clone_into(&mut self.message),
        }
    }

    fn answer(&mut self, key: Key, name: String, target: String) -> Action {
        if let Key::Char('y' | 'Y') = key {
            self.message = format!("{name} is being stopped");
            return Action::Stop(target);
        }
        self.message = format!("{name} was not stopped");
        Action::Nothing
    }
}

#[cfg(test)]
mod tests {
    use lunatik_abi::abi::State;

    use super::*;
    use crate::report::sample;

    fn top() -> Top {
        let mut rows: Vec<_> = ["a", "b", "c", "d"]
            .into_iter()
            .zip(1..)
            .map(|(name, id)| sample::row(name, id))
            .collect();
        rows[3].state = State::Failed;
        let mut top = Top::new(Order::Name, false);
        top.update(&Report { rows });
        top
    }

    fn names(top: &Top) -> String {
        top.shown().iter().map(|shown| &*shown.name).collect()
    }

    fn press(top: &mut Top, keys: &[Key]) {
        for key in keys {
            assert_eq!(top.press(*key), Action::Nothing);
        }
    }

    #[test]
    fn keys_sort_reverse_and_show_what_has_ended() {
        let mut top = top();
        assert_eq!(names(&top), "abc");
        press(&mut top, &[Key::Char('r')]);
        assert_eq!(names(&top), "cba");
        press(&mut top, &[Key::Char('e')]);
        assert_eq!(names(&top), "dcba");
        press(&mut top, &[Key::Char('r'), Key::Char('m')]);
        assert_eq!(top.order, Order::Memory);
        assert_eq!(names(&top), "abcd");
        press(&mut top, &[Key::Char('x')]);
        assert_eq!(top.order, Order::Memory);
    }

    #[test]
    fn the_selection_stays_with_its_runtime() {
        let mut top = top();
        assert_eq!(top.selected(), None);
        press(&mut top, &[Key::Down]);
        assert_eq!(top.selected(), Some(0));
        press(&mut top, &[Key::Down, Key::Char('r')]);
        assert_eq!(top.selected(), Some(1));
        press(&mut top, &[Key::Down, Key::Char('r')]);
        assert_eq!((top.selected(), names(&top).as_str()), (Some(0), "abc"));
        press(&mut top, &[Key::End, Key::Down]);
        assert_eq!(top.selected(), Some(2));
        press(&mut top, &[Key::PageUp]);
        assert_eq!(top.selected(), Some(1));
        press(&mut top, &[Key::Home, Key::Up]);
        assert_eq!(top.selected(), Some(0));
        // What is gone is not selected.
        top.update(&Report {
            rows: vec![sample::row("b", 2)],
        });
        assert_eq!(top.selected(), None);
        top.update(&Report::default());
        press(&mut top, &[Key::Down, Key::End, Key::PageUp]);
        assert_eq!(top.selected(), None);
    }

    #[test]
    fn a_stop_is_confirmed() {
        let mut top = top();
        press(&mut top, &[Key::Char('s')]);
        assert!(top.message.contains("Select"), "{}", top.message);
        press(&mut top, &[Key::Down, Key::Down, Key::Char('s')]);
        assert_eq!(top.confirms, Some(("b".into(), "b".into())));
        // Any other key takes it back, and has no other effect.
        assert_eq!(top.press(Key::Char('q')), Action::Nothing);
        assert_eq!(top.message, "b was not stopped");
        press(&mut top, &[Key::Char('s')]);
        assert_eq!(top.press(Key::Char('y')), Action::Stop("b".into()));
        assert_eq!(top.message, "b is being stopped");
        // The table may change while the question is asked.
        press(&mut top, &[Key::Char('s')]);
        top.update(&Report::default());
        assert_eq!(top.press(Key::Char('y')), Action::Stop("b".into()));
        let mut top = self::top();
        press(&mut top, &[Key::Char('e'), Key::End, Key::Char('s')]);
        assert_eq!(top.message, "d has ended already");
    }

    #[test]
    fn keys_end_and_pause() {
        let mut top = top();
        press(&mut top, &[Key::Char(' ')]);
        assert!(top.is_paused());
        press(&mut top, &[Key::Char('p')]);
        assert!(!top.is_paused());
        assert_eq!(top.press(Key::Char('q')), Action::Quit);
        assert_eq!(top.press(Key::Escape), Action::Quit);
        assert_eq!(top.press(Key::Interrupt), Action::Interrupt);
    }
}
