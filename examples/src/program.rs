//! Every example is such a program: its text goes to standard output, its failure is one line, and it is no failure if
//! its reader has seen enough.

use core::error::Error;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::time::SystemTime;

use getrandom::SysRng;
use polyseal::rand_core::UnwrapErr;

pub type Result<T> = core::result::Result<T, Box<dyn Error>>;

/// The end of a program: prints its text, or its failure.
pub fn conclude(outcome: Result<String>) -> ExitCode {
    match outcome.and_then(|text| print(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", one_line(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

/// Prints to standard output, as far as anybody reads it.
pub fn print(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// A text without line breaks and other characters that move the cursor.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

/// Seconds since 1970.
pub fn now() -> Result<u64> {
    Ok(SystemTime::UNIX_EPOCH.elapsed()?.as_secs())
}

/// The operating system's generator. Should it ever fail, there is nothing to go on with.
pub fn os_rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}
