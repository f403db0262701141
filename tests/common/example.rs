//! The examples, as programs to run.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test file uses what it needs")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

use core::sync::atomic::{AtomicU32, Ordering};
use std::path::{Path, PathBuf};
use std::process::Command;

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
        Self::within(Path::new(env!("CARGO_TARGET_TMPDIR")))
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

/// The example beside the running test. `cargo test` builds it, and a single test target alone would leave it as it
/// was, so it is asked for here too.
pub fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let [_, _, directory, target] = test.ancestors().take(4).collect::<Vec<_>>()[..] else {
        panic!("no target directory")
    };
    let profile = match directory.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet", "--offline", "--example", name]);
    assert!(cargo.args(["--profile", profile, "--target-dir"]).arg(target).status().unwrap().success());
    directory.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION)
}
