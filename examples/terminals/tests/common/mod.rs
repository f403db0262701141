//! The terminals example, as processes of a test.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test file uses what it needs")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, reason = "a test stops where it fails")]

pub mod peers;

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::Instant;

use polyseal_testing_programs::{built, printed};

pub static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| built("terminals"));

pub const ROLES: [&str; 4] = ["card-holder", "seller", "card-manager", "delivery-service"];

/// How long anything may take here, at the worst.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the program to its end.
pub fn run(args: &[&str]) -> Output {
    Command::new(&*PROGRAM).args(args).stdin(Stdio::null()).output().unwrap()
}

/// The same where it has to succeed, and say nothing on the side.
pub fn succeeds(args: &[&str]) -> String {
    printed(args, run(args))
}

/// Enrols four terminals in a directory, with small shares.
pub fn enrol(dir: &Path, more: &[&str]) {
    succeeds(&[&["enrol", "--threshold", "2", "--dir", dir.to_str().unwrap()], more].concat());
}

/// Waits until there is something.
pub fn waits_for<T>(mut what: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = what() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "this does not come about");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A terminal's process. It ends with the test, however that ends, because then its standard input does.
#[derive(Debug)]
pub struct Terminal(Child);

impl Terminal {
    pub fn start(dir: &Path, role: &str) -> Self {
        Self::start_with(dir, role, &[])
    }

    pub fn start_with(dir: &Path, role: &str, more: &[&str]) -> Self {
        let mut command = Command::new(&*PROGRAM);
        command.arg(role).arg("--dir").arg(dir).arg("--until-input-ends").args(more);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it has come to its own end.
    pub fn is_finished(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    /// Kills it. Whether that came before its own end, which must be a good one.
    pub fn kill(mut self) -> bool {
        self.0.kill().unwrap();
        !self.ends()
    }

    /// Waits for its own end, which must be a good one.
    pub fn finishes(mut self) {
        waits_for(|| self.is_finished().then_some(()));
        assert!(self.ends());
    }

    /// Whether it came to its own end. An error of its own is none.
    fn ends(&mut self) -> bool {
        let status = self.0.wait().unwrap();
        let mut complaint = String::new();
        let mut stderr = self.0.stderr.take().unwrap();
        std::io::Read::read_to_string(&mut stderr, &mut complaint).unwrap();
        assert!(complaint.is_empty(), "{complaint}");
        status.success()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The deeds in a role's journal, without the hashes behind them.
pub fn deeds(dir: &Path, role: &str) -> Vec<String> {
    lines(dir, role, "journal").into_iter().skip(1).map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
}

/// Leaves in a role's journal the deeds that are kept.
pub fn keep_deeds(dir: &Path, role: &str, mut keeps: impl FnMut(&str) -> bool) {
    let mut lines = lines(dir, role, "journal").into_iter();
    // The first says that it is a journal.
    let first = lines.next();
    let kept = first.into_iter().chain(lines.filter(|line| keeps(line.rsplit_once(' ').unwrap().0)));
    let kept = kept.map(|line| line + "\n").collect::<String>();
    std::fs::write(dir.join(role).join("journal"), kept).unwrap();
}

/// What a role has in a file, line by line: those that are whole.
pub fn lines(dir: &Path, role: &str, file: &str) -> Vec<String> {
    let text = std::fs::read(dir.join(role).join(file)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(str::to_owned).collect()
}
