// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! All kinds of misbehaviour, in random order.

use crate::{
    attack::Attack,
    kinds::{bytes, early, exit, flood, forge, split, token},
};

/// A few attacks of the kinds that leave the link alone, and seldom another.
pub fn some(attack: &mut Attack) {
    for _ in 0..=attack.random.below(10) {
        match attack.random.below(20) {
            0..=4 => {
                let _ = attack.write_any();
            }
            5 => flood::burst(attack),
            6 => token::attach_again(attack),
            7 => early::adopt_strangers(attack),
            8..=13 => forge::forge(attack),
            14..=17 => split::split(attack),
            _ => {
                let mut frame = attack.any();
                bytes::damage(&mut attack.random, &mut frame);
                let _ = attack.write(&frame);
            }
        }
        attack.drain();
    }
}

/// Attacks until the time is over or the process has ended in the middle.
pub fn run(attack: &mut Attack) {
    while attack.goes_on() {
        some(attack);
        if attack.random.one_in(200) {
            exit::at_once(attack);
        }
    }
}
