//! The examples, as programs to run.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

use std::path::PathBuf;
use std::process::Command;

/// The example beside the running test. `cargo test` builds it, and a single test target alone would leave it as it was, so
/// it is asked for here too.
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
