// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The phases of a runtime that its owner and others change.

use std::{
    hint,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc,
    },
    thread,
};

use crate::{life::Life, phase::Phase};

/// What a thread does to a life.
type Change = fn(&Life);

/// Calls `one` and `other` with each of `lives`, both at the same moment, on two threads.
fn at_once(lives: Vec<Life>, one: Change, other: Change) -> Arc<Vec<Life>> {
    let lives = Arc::new(lives);
    let begun = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let threads = [one, other].into_iter().enumerate().map(|(own, act)| {
        let (lives, begun) = (lives.clone(), begun.clone());
        thread::spawn(move || {
            for (number, life) in lives.iter().enumerate() {
                begun[own].store(number + 1, Ordering::SeqCst);
                let mut looks = 0;
                while begun[1 - own].load(Ordering::SeqCst) <= number {
                    looks += 1;
                    // Where there is one CPU, the other thread comes only then.
                    if looks % 1000 == 0 {
                        thread::yield_now();
                    }
                    hint::spin_loop();
                }
                act(life);
            }
        })
    });
    for thread in threads.collect::<Vec<_>>() {
        thread.join().expect("the thread ends");
    }
    lives
}

fn running() -> Life {
    let life = Life::new();
    life.run();
    life
}

fn ready() -> Life {
    let life = running();
    life.leave();
    life
}

/// How often threads try to meet in the midst of a change.
const MEETINGS: usize = 300_000;

#[test]
fn what_has_ended_stays_so_when_it_is_told_to_stop_just_then() {
    let lives = (0..MEETINGS).map(|_| running()).collect();
    let ended = at_once(lives, Life::stop, |life| life.end(false));
    let lost = ended.iter().filter(|life| !life.phase().is_over()).count();
    assert_eq!(lost, 0, "of {MEETINGS} who wait for the end of one");
}

#[test]
fn what_is_told_to_stop_shows_it_wherever_it_is() {
    // Each with a life in which it changes something.
    let changes: [(fn() -> Life, Change); 4] = [
        (ready, Life::enter),
        (Life::new, Life::run),
        (running, Life::leave),
        (running, |life| {
            let former = life.block();
            life.unblock(former);
        }),
    ];
    for (begin, change) in changes {
        let lives = (0..MEETINGS / 10).map(|_| begin()).collect();
        let stopped = at_once(lives, Life::stop, change);
        assert!(stopped.iter().all(|life| life.phase() == Phase::Stopping));
    }
}

#[test]
fn a_life_goes_through_its_phases() {
    let life = Life::new();
    assert_eq!(life.phase(), Phase::Loading);
    life.enter();
    assert_eq!(life.phase(), Phase::Loading, "it has not been compiled");
    life.run();
    assert_eq!(life.phase(), Phase::Running);
    let former = life.block();
    assert_eq!((former, life.phase()), (Phase::Running, Phase::Blocked));
    life.unblock(former);
    assert_eq!(life.phase(), Phase::Running);
    life.leave();
    assert_eq!(life.phase(), Phase::Ready);
    life.enter();
    assert_eq!(life.phase(), Phase::Running);
    life.stop();
    assert_eq!(life.phase(), Phase::Stopping);
    let former = life.block();
    life.unblock(former);
    life.leave();
    assert_eq!(life.phase(), Phase::Stopping);
    life.end(true);
    assert_eq!(life.phase(), Phase::Failed);
    life.end(false);
    life.stop();
    life.leave();
    life.block();
    assert_eq!(life.phase(), Phase::Failed, "nothing comes after that");
}
