//! Writes the test vectors that come from the library: `cargo run -p polyseal-vectors`. With `--check` it writes nothing, and
//! fails if a file would change. `generate.py` writes the others.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a generator stops where its expectation fails"
)]

mod cast;
mod exports;
mod file;
mod handshakes;
mod keys;
mod purchases;
mod sealing;
mod story;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use file::File;

fn files() -> Vec<File> {
    let mut files = keys::files();
    files.extend([sealing::file(), purchases::file()]);
    files
}

fn main() -> ExitCode {
    let checks = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => {
            eprintln!("usage: polyseal-vectors [--check]");
            return ExitCode::FAILURE;
        }
    };
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).into();
    let mut stale = Vec::new();
    for file in files() {
        let path = folder.join(file.name()).with_extension("json");
        let text = file.into_text();
        if std::fs::read_to_string(&path).ok().as_ref() == Some(&text) {
            continue;
        }
        if checks {
            stale.push(path.display().to_string());
        } else {
            std::fs::write(&path, text).unwrap();
            println!("{}", path.display());
        }
    }
    if stale.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("these files are not what the generator writes: {}", stale.join(", "));
    ExitCode::FAILURE
}
