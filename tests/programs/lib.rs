//! How a test runs an example, and where it keeps its files.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a test stops where it fails"
)]

use core::sync::atomic::{AtomicU32, Ordering};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory of a test, removed when that ends; in memory where that can be had, as no test is about disks.
#[derive(Debug)]
pub struct Directory(pub PathBuf);

impl Directory {
    #[allow(clippy::new_without_default, reason = "it is made on the disk")]
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::within(memory) } else { Self::on_disk() }
    }

    /// Where what is flushed takes its time.
    pub fn on_disk() -> Self {
        let parent = target_directory().join("tmp");
        std::fs::create_dir_all(&parent).unwrap();
        Self::within(&parent)
    }

    fn within(parent: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let path = parent.join(format!("polyseal-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The target directory of the running test.
fn target_directory() -> PathBuf {
    profile_directory().parent().unwrap().into()
}

/// The directory of its profile there.
fn profile_directory() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().into()
}

/// The example beside the running test. `cargo test` builds it, and a single test target alone would leave it as it
/// was, so it is asked for here too.
pub fn built(name: &str) -> PathBuf {
    let directory = profile_directory();
    let profile = match directory.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    let mut cargo = Command::new(env!("CARGO"));
    // From the root, as the tests are built, so that nothing is built twice.
    cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    cargo.args(["build", "--quiet", "--offline", "--example", name, "--profile", profile, "--target-dir"]);
    assert!(cargo.arg(target_directory()).status().unwrap().success());
    directory.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION)
}

/// What a program has printed that has to succeed, and say nothing on the side.
pub fn printed(args: &[&str], output: Output) -> String {
    assert!(output.status.success() && output.stderr.is_empty(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
