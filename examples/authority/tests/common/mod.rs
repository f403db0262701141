//! The authority example as a program, and what is in its directory, read without its help.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test file uses what it needs")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use polyseal::Share;

use polyseal_testing_programs::{Directory, built};

static TOOL: LazyLock<PathBuf> = LazyLock::new(|| built("authority"));

/// How many cohorts there are, at a threshold at which the planner has use for them.
pub const COHORTS: u32 = 3;

/// The tool with these arguments, and nobody at a terminal.
pub fn tool(arguments: &[&str]) -> Command {
    let mut command = Command::new(&*TOOL);
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the tool, which has to succeed. What it prints.
pub fn run(arguments: &[&str]) -> String {
    let output = tool(arguments).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "{arguments:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs the tool, which has to complain in one line.
pub fn refusal(arguments: &[&str]) -> String {
    let output = tool(arguments).output().unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {complaint}");
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    complaint.strip_prefix("error: ").unwrap().trim_end().into()
}

/// The arguments that make an authority of threshold 64 with three cohorts, for long enough.
pub fn init_arguments(dir: &str) -> Vec<&str> {
    let size = ["--threshold", "64", "--cohorts", "3"];
    let epoch = ["--start", "2026-01-01", "--until", "2099-12-31", "--yes"];
    [&["init", "--dir", dir, "--label", "cards.example"][..], &size, &epoch].concat()
}

/// Such an authority in a directory. Where.
pub fn init(home: &Directory) -> String {
    let dir = home.0.join("authority").to_str().unwrap().to_owned();
    run(&init_arguments(&dir));
    dir
}

pub fn inspect(dir: &str) -> String {
    run(&["inspect", dir])
}

/// The whole lines of a register, without their hashes.
pub fn registered(dir: &str, epoch: u64) -> BTreeSet<String> {
    let text = std::fs::read_to_string(Path::new(dir).join(format!("register.{epoch}"))).unwrap();
    let lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    lines.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
}

/// The names in a register, as files have them.
pub fn identities(dir: &str, epoch: u64) -> Vec<String> {
    let mut names: Vec<String> =
        registered(dir, epoch).iter().map(|line| line.split_once(' ').unwrap().1.into()).collect();
    names.sort();
    names
}

/// The names of all files among the shares of an epoch.
pub fn names(dir: &str, epoch: u64) -> Vec<String> {
    let shares = Path::new(dir).join("shares").join(epoch.to_string());
    let entries = std::fs::read_dir(shares).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A share in its file.
pub fn share(dir: &str, epoch: u64, name: &str) -> Share {
    let path = format!("{dir}/shares/{epoch}/{name}.share");
    Share::import(&std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))).unwrap()
}
