// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Nothing of the script is left in the memory of the actor.

use std::{
    fs::{self, File},
    io::{Read, Write},
    os::unix::fs::FileExt,
    sync::Mutex,
};

use crate::{
    kernel::{pipe, Order},
    script::Folder,
    Test, Verdict,
};

pub const TESTS: &[Test] = &[("secrets::are_wiped", are_wiped)];

/// The text in a form that is not itself.
fn inverted(text: &str) -> String {
    text.bytes().map(|byte| format!("{:02x}", !byte)).collect()
}

/// Memory of the search, which is not on the heap: what was freed there is to stay as it is.
static SCRATCH: Mutex<(Maps, Page)> = Mutex::new(([0; 1 << 15], [0; 1 << 16]));

type Maps = [u8; 1 << 15];
type Page = [u8; 1 << 16];

/// In the process: how often the text is in its memory, of which it gets the inverted form.
pub fn count(inverted: &str) -> usize {
    let mut wanted = [0; 100];
    let wanted = &mut wanted[..inverted.len() / 2];
    for (place, byte) in wanted.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&inverted[2 * place..2 * place + 2], 16).unwrap();
    }
    let memory = File::open("/proc/self/mem").unwrap();
    let mut scratch = SCRATCH.lock().unwrap();
    let (maps, page) = &mut *scratch;
    let mut file = File::open("/proc/self/maps").unwrap();
    let mut length = 0;
    loop {
        match file.read(&mut maps[length..]).unwrap() {
            0 => break,
            more => length += more,
        }
    }
    let mut found = 0;
    for line in str::from_utf8(&maps[..length]).unwrap().lines() {
        let (range, flags) = line.split_once(' ').unwrap();
        if !flags.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let mut address = u64::from_str_radix(start, 16).unwrap();
        let end = u64::from_str_radix(end, 16).unwrap();
        while address < end {
            let length = page.len().min((end - address) as usize);
            let Ok(length) = memory.read_at(&mut page[..length], address) else {
                break;
            };
            found += page[..length]
                .windows(wanted.len())
                .filter(|part| {
                    part.iter()
                        .zip(&*wanted)
                        .all(|(byte, wanted)| *byte == !wanted)
                })
                .count();
            // What it has held is not to be found in it.
            page.fill(0);
            // A text that crosses the border of two parts is found in the next one.
            address += (length - wanted.len().min(length - 1)) as u64;
        }
    }
    found
}

/// Starts a process that reads the secret, and returns how often its memory has this text afterwards.
fn found(script: &str, text: &str, secret: &str) -> usize {
    let (read, write) = pipe();
    File::from(write).write_all(secret.as_bytes()).unwrap();
    let module = format!("find {}", inverted(text));
    let mut order = Order::new(&module);
    order.environment = &[("VISIBLE", "this one is not a secret")];
    order.argument = Some(read.into());
    order.script = Some(script);
    let mut process = order.start();
    process.ready();
    let count = process.text().parse().unwrap();
    assert!(process.wait().success());
    count
}

fn are_wiped() -> Verdict {
    let folder = Folder::new("secrets");
    fs::write(folder.0.join("words"), "open sesame\n".repeat(400)).unwrap();
    let script = "password = 'correct horse battery staple'
        local key = C.read(arg, 100)
        keys = { key, key .. key, key:rep(1000), key:upper() .. password }
        for i = 1, 100 do keys[#keys + 1] = key .. i end
        words = io.open(folder .. '/words'):read('l')";
    let script = &format!("folder = '{}'\n{script}", folder.path());
    let key = "the key of the castle";
    // The search finds what is there.
    assert_ne!(found(script, "this one is not a secret", key), 0);
    for secret in [
        key,
        "THE KEY OF THE CASTLE",
        "correct horse battery staple",
        "castlethe key",
        "password =",
        "open sesame",
    ] {
        assert_eq!(found(script, secret, key), 0, "{secret}");
    }
    Verdict::Passed
}
