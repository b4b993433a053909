// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The mathematical functions: exact ones as the processor's, the others within one unit in the
//! last place of the C library's, and the same not-a-numbers.

use float_tests::{
    cases::{
        Random, //
        SPECIAL,
    },
    repeatedly, soft,
};

macro_rules! library {
    ($($name:ident($($argument:ident),*);)*) => {
        mod c {
            unsafe extern "C" {
                $(pub safe fn $name($($argument: f64),*) -> f64;)*
            }
        }
    };
}

library! {
    acos(a); asin(a); atan(a); atan2(a, b); ceil(a); cos(a); exp(a); fabs(a); floor(a);
    fmod(a, b); log(a); log10(a); log2(a); pow(a, b); sin(a); sqrt(a); tan(a);
}

unsafe extern "C" {
    fn frexp(a: f64, exponent: *mut i32) -> f64;
    safe fn ldexp(a: f64, exponent: i32) -> f64;
}

/// How many doubles lie between the two; not-a-numbers must be of the same sign.
fn distance(ours: u64, theirs: f64) -> u64 {
    if theirs.is_nan() || f64::from_bits(ours).is_nan() {
        let alike = theirs.is_nan() && f64::from_bits(ours).is_nan();
        let signs = ours >> 63 == theirs.to_bits() >> 63;
        return if alike && signs { 0 } else { u64::MAX };
    }
    let place = |bits: u64| {
        let size = (bits & (u64::MAX >> 1)) as i64;
        if bits >> 63 == 1 {
            -size
        } else {
            size
        }
    };
    place(ours).abs_diff(place(theirs.to_bits()))
}

/// The farthest that a function has been from the C library's.
struct Worst(&'static str, u64, u64);

impl Worst {
    fn new(name: &'static str) -> Self {
        Self(name, 0, 0)
    }

    fn check(&mut self, ours: u64, theirs: f64, of: &[f64]) {
        let distance = distance(ours, theirs);
        assert!(
            distance <= 1,
            "{}{of:?} ({:#x}): {ours:#x} and {:#x}, {distance} units apart",
            self.0,
            of[0].to_bits(),
            theirs.to_bits(),
        );
        self.1 = self.1.max(distance);
        self.2 += distance;
    }
}

impl Drop for Worst {
    fn drop(&mut self) {
        println!(
            "{}: {} at most, {} times other than the C library's",
            self.0, self.1, self.2
        );
    }
}

/// A number for a function of one: any, or of a size that gives ordinary results.
fn operand(random: &mut Random) -> f64 {
    match random.below(4) {
        0 => f64::from_bits(random.double()),
        1 => random.between(-1.0, 1.0),
        2 => random.between(-20.0, 20.0),
        _ => random.between(-800.0, 800.0),
    }
}

macro_rules! exact {
    ($($test:ident: $name:ident;)*) => {
        $(
            #[test]
            fn $test() {
                repeatedly(stringify!($name), |random| {
                    let a = operand(random);
                    let (ours, theirs) = (soft::$name(a.to_bits()), c::$name(a));
                    assert_eq!(ours, theirs.to_bits(), "{}({a:e})", stringify!($name));
                });
            }
        )*
    };
}

exact! {
    ceil_is_exact: ceil;
    fabs_is_exact: fabs;
    floor_is_exact: floor;
    sqrt_is_exact: sqrt;
}

/// As the shared C library has it, which user-space Lua runs with. In the static one, which may be
/// what this test is linked with, the sign of the not-a-number outside the domain of some functions
/// is another.
fn shared(name: &str, operand: f64, result: f64) -> f64 {
    let outside = result.is_nan() && !operand.is_nan();
    if outside && matches!(name, "acos" | "asin" | "log10") {
        f64::NAN
    } else {
        result
    }
}

macro_rules! near {
    ($($test:ident: $name:ident;)*) => {
        $(
            #[test]
            fn $test() {
                let name = stringify!($name);
                let mut worst = Worst::new(name);
                for bits in SPECIAL {
                    let a = f64::from_bits(bits);
                    worst.check(soft::$name(bits), shared(name, a, c::$name(a)), &[a]);
                }
                repeatedly(name, |random| {
                    let a = operand(random);
                    let theirs = shared(name, a, c::$name(a));
                    worst.check(soft::$name(a.to_bits()), theirs, &[a]);
                });
            }
        )*
    };
}

near! {
    acos_is_near: acos;
    asin_is_near: asin;
    atan_is_near: atan;
    cos_is_near: cos;
    exp_is_near: exp;
    log_is_near: log;
    log10_is_near: log10;
    log2_is_near: log2;
    sin_is_near: sin;
    tan_is_near: tan;
}

#[test]
fn log10_is_near_where_it_is_small_or_hard() {
    let mut worst = Worst::new("log10");
    repeatedly("log10, again", |random| {
        let a = match random.below(5) {
            // A factor of 2 around one, where the natural logarithm alone is scaled.
            0 => random.between(0.5, 1.0),
            1 => random.between(1.0, 2.0),
            // Next to one.
            2 => f64::from_bits(1f64.to_bits() - 1000 + random.below(2000)),
            3 => 1.0 + random.between(-1.0, 1.0).powi(9),
            // Subnormal.
            _ => f64::from_bits(random.below(1 << 52)),
        };
        worst.check(soft::log10(a.to_bits()), c::log10(a), &[a]);
    });
}

#[test]
fn logarithms_of_powers_of_ten_are_whole() {
    for exponent in -307..=308 {
        let power: f64 = format!("1e{exponent}").parse().expect("it is a number");
        let ours = f64::from_bits(soft::log10(power.to_bits()));
        assert_eq!(ours, f64::from(exponent), "log10(1e{exponent})");
        assert_eq!(ours, c::log10(power), "log10(1e{exponent})");
    }
}

#[test]
fn atan2_is_near() {
    let mut worst = Worst::new("atan2");
    repeatedly("atan2", |random| {
        let (a, b) = (operand(random), operand(random));
        worst.check(
            soft::atan2(a.to_bits(), b.to_bits()),
            c::atan2(a, b),
            &[a, b],
        );
    });
}

fn is_signalling(number: f64) -> bool {
    number.is_nan() && number.to_bits() >> 51 & 1 == 0
}

#[test]
fn pow_is_near() {
    let mut worst = Worst::new("pow");
    for a in SPECIAL {
        for b in SPECIAL {
            let (x, y) = (f64::from_bits(a), f64::from_bits(b));
            // The C library tells signalling not-a-numbers apart, which no operation makes.
            if is_signalling(x) || is_signalling(y) {
                continue;
            }
            worst.check(soft::pow(a, b), c::pow(x, y), &[x, y]);
        }
    }
    repeatedly("pow", |random| {
        let (a, b) = match random.below(4) {
            0 => (operand(random), operand(random)),
            1 => (random.between(0.0, 10.0), random.between(-30.0, 30.0)),
            2 => (random.between(0.99, 1.01), random.between(-1e4, 1e4)),
            _ => (
                random.below(100) as f64 - 50.0,
                random.below(40) as f64 - 20.0,
            ),
        };
        if is_signalling(a) || is_signalling(b) {
            return;
        }
        worst.check(soft::pow(a.to_bits(), b.to_bits()), c::pow(a, b), &[a, b]);
    });
}

#[test]
fn powers_that_are_integers_are_exact() {
    for base in 2..=20u64 {
        let mut power = 1u64;
        for exponent in 0.. {
            let ours = f64::from_bits(soft::pow(
                (base as f64).to_bits(),
                f64::from(exponent).to_bits(),
            ));
            assert_eq!(ours, power as f64, "{base}^{exponent}");
            match power.checked_mul(base) {
                Some(next) if next <= 1 << 53 => power = next,
                _ => break,
            }
        }
    }
}

#[test]
fn fmod_is_exact() {
    repeatedly("fmod", |random| {
        let (a, b) = (operand(random), operand(random));
        let (ours, theirs) = (soft::fmod(a.to_bits(), b.to_bits()), c::fmod(a, b));
        assert_eq!(ours, theirs.to_bits(), "fmod({a:e}, {b:e})");
    });
}

#[test]
fn frexp_and_ldexp_are_exact() {
    repeatedly("frexp and ldexp", |random| {
        let a = operand(random);
        let (mut our_power, mut their_power) = (0, 0);
        // SAFETY: The powers are valid for a write.
        let (ours, theirs) = unsafe {
            (
                soft::frexp(a.to_bits(), &mut our_power),
                frexp(a, &mut their_power),
            )
        };
        assert_eq!(
            (ours, our_power),
            (theirs.to_bits(), their_power),
            "frexp({a:e})"
        );
        let power = random.below(4400) as i32 - 2200;
        assert_eq!(
            soft::ldexp(a.to_bits(), power),
            ldexp(a, power).to_bits(),
            "ldexp({a:e}, {power})"
        );
    });
}
