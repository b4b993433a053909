// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Streams behave as the C library's on the same files, whatever is done.

use std::ffi::{c_int, CString};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::IntoRawFd;
use std::path::{Path, PathBuf};

use stdio_tests::clib;
use stdio_tests::device::{Device, Target};
use stdio_tests::errno::Errno;
use stdio_tests::mode::Mode;
use stdio_tests::random::Random;
use stdio_tests::stream::{Buffering, Stream};

struct HostFile(File);

fn result<T>(result: std::io::Result<T>) -> Result<T, Errno> {
    result.map_err(|error| Errno(error.raw_os_error().unwrap()))
}

impl Device for HostFile {
    type Buffer = Vec<u8>;
    const BUFFER_SIZE: usize = 4096;

    fn read(&mut self, data: &mut [u8]) -> Result<usize, Errno> {
        result(self.0.read(data))
    }

    fn write(&mut self, data: &[u8]) -> Result<usize, Errno> {
        result(self.0.write(data))
    }

    fn seek(&mut self, target: Target) -> Result<i64, Errno> {
        let target = match target {
            // Rust has no negative start; the kernel says EINVAL to one.
            Target::Start(offset) if offset < 0 => return Err(Errno::EINVAL),
            Target::Start(offset) => SeekFrom::Start(offset as u64),
            Target::Current(offset) => SeekFrom::Current(offset),
            Target::End(offset) => SeekFrom::End(offset),
        };
        result(self.0.seek(target)).map(|position| position as i64)
    }

    fn buffer(&mut self) -> Result<Vec<u8>, Errno> {
        Ok(vec![0; 4096])
    }
}

fn open(path: &Path, mode: Mode) -> Stream<HostFile> {
    let file = File::options()
        .read(mode.read)
        .write(mode.write && !mode.append)
        .append(mode.append)
        .truncate(mode.truncate)
        .create(mode.create)
        .open(path);
    Stream::new(HostFile(file.unwrap()), mode).unwrap()
}

/// A stream of the C library.
struct Reference(*mut clib::File);

impl Reference {
    fn open(path: &Path, mode: &str) -> Self {
        let path = CString::new(path.to_str().unwrap()).unwrap();
        let mode = CString::new(mode).unwrap();
        // SAFETY: Both strings end with a zero.
        let file = unsafe { clib::fopen(path.as_ptr(), mode.as_ptr()) };
        assert!(!file.is_null());
        Self(file)
    }
}

fn set_errno(value: c_int) {
    // SAFETY: The C library's pointer to this thread's errno is valid.
    unsafe { *clib::__errno_location() = value };
}

fn errno() -> Errno {
    // SAFETY: The C library's pointer to this thread's errno is valid.
    Errno(unsafe { *clib::__errno_location() })
}

#[derive(Clone, Debug)]
enum Step {
    Get,
    PutBack,
    Read(usize),
    Write(Vec<u8>),
    Seek(i64, c_int),
    Flush,
    Buffering(c_int),
    Clear,
}

fn random_step(random: &mut Random) -> Step {
    let size = |random: &mut Random| match random.below(4) {
        0 => random.below(4) as usize,
        1 => random.below(200) as usize,
        2 => random.below(10_000) as usize,
        _ => 4096,
    };
    match random.below(20) {
        0..=4 => Step::Get,
        5 => Step::PutBack,
        6..=9 => Step::Read(size(random)),
        10..=13 => {
            let length = size(random);
            Step::Write(
                (0..length)
                    .map(|_| b'\n' + (random.below(30) as u8))
                    .collect(),
            )
        }
        14..=16 => {
            let offset = random.below(9000) as i64 - 4000;
            let offset = if random.below(3) == 0 { 0 } else { offset };
            Step::Seek(offset, random.below(3) as c_int)
        }
        17 => Step::Flush,
        18 => Step::Buffering(random.below(3) as c_int),
        _ => Step::Clear,
    }
}

/// What a step gave: a count or a value, its data, the errno if it failed.
type Outcome = (i64, Vec<u8>, Option<Errno>, bool, bool);

fn ours(stream: &mut Stream<HostFile>, step: &Step) -> Outcome {
    let status = |result: Result<(), Errno>| match result {
        Ok(()) => (0, Vec::new(), None),
        Err(error) => (-1, Vec::new(), Some(error)),
    };
    let (value, data, error) = match step {
        Step::Get => match stream.get() {
            Ok(Some(byte)) => (i64::from(byte), Vec::new(), None),
            Ok(None) => (-1, Vec::new(), None),
            Err(error) => (-1, Vec::new(), Some(error)),
        },
        // As Lua does it: only what was just read.
        Step::PutBack => match stream.get() {
            Ok(Some(byte)) => {
                assert!(stream.put_back(byte));
                (i64::from(byte), Vec::new(), None)
            }
            Ok(None) => (-1, Vec::new(), None),
            Err(error) => (-1, Vec::new(), Some(error)),
        },
        Step::Read(size) => {
            let mut data = vec![0; *size];
            let (count, result) = stream.read(&mut data);
            data.truncate(count);
            (count as i64, data, result.err())
        }
        Step::Write(data) => {
            let (count, result) = stream.write(data);
            (count as i64, Vec::new(), result.err())
        }
        Step::Seek(offset, whence) => {
            let target = [Target::Start, Target::Current, Target::End][*whence as usize](*offset);
            match stream.seek(target).and_then(|()| stream.tell()) {
                Ok(position) => (position, Vec::new(), None),
                Err(error) => (-1, Vec::new(), Some(error)),
            }
        }
        Step::Flush => status(stream.flush()),
        Step::Buffering(mode) => status(
            stream
                .set_buffering([Buffering::Full, Buffering::Line, Buffering::None][*mode as usize]),
        ),
        Step::Clear => {
            stream.clear();
            (0, Vec::new(), None)
        }
    };
    (value, data, error, stream.at_end(), stream.failed())
}

fn theirs(file: &Reference, step: &Step) -> Outcome {
    set_errno(0);
    let file = file.0;
    let mut data = Vec::new();
    // SAFETY: The file is open; all buffers are as long as said.
    let (value, failed) = unsafe {
        match step {
            Step::Get => {
                let byte = clib::getc(file);
                (i64::from(byte), byte == -1 && errno() != Errno(0))
            }
            Step::PutBack => {
                let byte = clib::getc(file);
                clib::ungetc(byte, file);
                (i64::from(byte), byte == -1 && errno() != Errno(0))
            }
            Step::Read(size) => {
                data = vec![0; *size];
                let count = clib::fread(data.as_mut_ptr().cast(), 1, *size, file);
                data.truncate(count);
                (count as i64, count < *size && errno() != Errno(0))
            }
            Step::Write(data) => {
                let count = clib::fwrite(data.as_ptr().cast(), 1, data.len(), file);
                (count as i64, count < data.len())
            }
            Step::Seek(offset, whence) => {
                if clib::fseek(file, *offset, *whence) == 0 {
                    (clib::ftell(file), false)
                } else {
                    (-1, true)
                }
            }
            Step::Flush => {
                let status = clib::fflush(file);
                (i64::from(status), status != 0)
            }
            Step::Buffering(mode) => {
                let status = clib::setvbuf(file, std::ptr::null_mut(), *mode, 256);
                (i64::from(status), status != 0)
            }
            Step::Clear => {
                clib::clearerr(file);
                (0, false)
            }
        }
    };
    let error = failed.then(errno);
    // SAFETY: The file is open.
    unsafe {
        (
            value,
            data,
            error,
            clib::feof(file) != 0,
            clib::ferror(file) != 0,
        )
    }
}

fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("lunatik-stdio-{}-{name}", std::process::id()))
}

fn compare(seed: u64, mode: &str) {
    let mut random = Random(seed);
    let paths = [
        temporary(&format!("ours-{seed}")),
        temporary(&format!("theirs-{seed}")),
    ];
    let size = random.below(20_000) as usize;
    let content: Vec<u8> = (0..size).map(|_| b'\n' + random.below(30) as u8).collect();
    for path in &paths {
        std::fs::write(path, &content).unwrap();
    }
    let mut stream = open(&paths[0], Mode::parse(mode.as_bytes()).unwrap());
    let reference = Reference::open(&paths[1], mode);
    let mut history = Vec::new();
    let mut wrote = false;
    for _ in 0..random.below(60) {
        let step = random_step(&mut random);
        // C wants this between writing and reading; without, glibc may lose
        // what was written.
        let reads = matches!(step, Step::Get | Step::PutBack | Step::Read(_));
        if reads && wrote {
            ours(&mut stream, &Step::Flush);
            theirs(&reference, &Step::Flush);
        }
        wrote = matches!(step, Step::Write(_)) || wrote && !reads;
        history.push(match &step {
            Step::Write(data) => format!("Write({})", data.len()),
            other => format!("{other:?}"),
        });
        let (our, their) = (ours(&mut stream, &step), theirs(&reference, &step));
        assert!(
            our == their,
            "seed {seed}, mode {mode}: {history:#?}\n ours: {:?} {:?}\n theirs: {:?} {:?}",
            our.0,
            (our.2, our.3, our.4),
            their.0,
            (their.2, their.3, their.4)
        );
    }
    stream.flush().unwrap();
    drop(stream);
    // SAFETY: The file is open and not used again.
    assert_eq!(unsafe { clib::fclose(reference.0) }, 0);
    let [our, their] = paths.map(|path| {
        let content = std::fs::read(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        content
    });
    assert!(
        our == their,
        "seed {seed}, mode {mode}: {history:#?}\nthe files differ"
    );
}

#[test]
fn random_use_of_files_gives_what_c_gives() {
    for seed in 0..20_000 {
        let mode = ["r", "w", "a", "r+", "w+", "a+b"][(seed % 6) as usize];
        compare(seed, mode);
    }
}

#[test]
fn a_full_device_loses_what_c_loses() {
    let path = Path::new("/dev/full");
    let mode = Mode::parse(b"w").unwrap();
    let steps = [
        Step::Write(b"x".to_vec()),
        Step::Flush,
        Step::Flush,
        Step::Write(vec![b'y'; 10_000]),
        Step::Clear,
        Step::Buffering(2),
        Step::Write(b"z".to_vec()),
    ];
    let mut stream = open(path, mode);
    let reference = Reference::open(path, "w");
    for step in &steps {
        let (our, their) = (ours(&mut stream, step), theirs(&reference, step));
        assert_eq!(our, their, "{step:?}");
    }
    stream.flush().unwrap();
    // SAFETY: The file is open and not used again.
    assert_eq!(unsafe { clib::fclose(reference.0) }, 0);
}

#[test]
fn pipes_read_on_but_do_not_seek() {
    let streams = || {
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(&[b'x'; 6000]).unwrap();
        drop(writer);
        reader
    };
    let ours_end = File::from(std::os::fd::OwnedFd::from(streams()));
    let mut stream = Stream::new(HostFile(ours_end), Mode::parse(b"r").unwrap()).unwrap();
    // SAFETY: The descriptor is open and given away; the mode ends with a zero.
    let reference = Reference(unsafe {
        clib::fdopen(
            std::os::fd::OwnedFd::from(streams()).into_raw_fd(),
            c"r".as_ptr(),
        )
    });
    let steps = [
        Step::Get,
        Step::Flush,
        Step::Seek(0, 1),
        Step::Seek(0, 0),
        Step::Read(100),
        Step::Flush,
        Step::PutBack,
        Step::Write(b"x".to_vec()),
        Step::Clear,
        Step::Read(10_000),
        Step::Get,
    ];
    for step in &steps {
        let (our, their) = (ours(&mut stream, step), theirs(&reference, step));
        assert_eq!(our, their, "{step:?}");
    }
}

#[test]
fn odd_modes_are_refused() {
    for mode in [&b""[..], b"x", b"rw", b"rz", b"+r"] {
        assert_eq!(Mode::parse(mode), None);
    }
}
