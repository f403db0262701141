//! Every example is such a program: its text goes to standard output, its failure is one line, and it is no failure if
//! its reader has seen enough.

use core::error::Error;
use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::time::SystemTime;

use clap::{Command, Parser};
use getrandom::SysRng;
use polyseal::rand_core::UnwrapErr;

use crate::text;

pub type Result<T> = core::result::Result<T, Box<dyn Error>>;

/// A whole program: reads its command line, does it, and prints its text or its failure.
pub fn main<A: Parser>(run: impl FnOnce(&A) -> Result<String>) -> ExitCode {
    match arguments() {
        Ok(arguments) => conclude(run(&arguments)),
        Err(end) => end,
    }
}

/// The command line, or the end of the program, which has said why.
fn arguments<A: Parser>() -> core::result::Result<A, ExitCode> {
    let mut command = A::command().version(env!("CARGO_PKG_VERSION"));
    let read = |command: &mut Command, arguments: Vec<OsString>| {
        let matches = command.try_get_matches_from_mut(arguments);
        matches.and_then(|mut matches| A::from_arg_matches_mut(&mut matches))
    };
    read(&mut command, std::env::args_os().collect()).map_err(|error| {
        // An argument may hold anything, lines included, and the message repeats it: so it is told of them in one line each.
        let shown = std::env::args_os().map(|argument| text::one_line(&argument.to_string_lossy()).into()).collect();
        let (error, show): (_, fn(&str) -> String) = match read(&mut command, shown) {
            Err(same) => (same, text::lines),
            Ok(_) => (error, |said| text::one_line(said) + "\n"),
        };
        let error = error.format(&mut command);
        let said = text::fold(&show(&error.render().to_string()));
        if error.use_stderr() {
            say_aside(&said);
            ExitCode::from(2)
        } else {
            conclude(Ok(said))
        }
    })
}

/// The end of a program: prints its text, or its failure.
pub fn conclude(outcome: Result<String>) -> ExitCode {
    match outcome.and_then(|text| print(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_aside(&format!("error: {}\n", text::complaint(&error.to_string())));
            ExitCode::FAILURE
        }
    }
}

/// Prints lines to standard output, as far as anybody reads them.
pub fn print(text: &str) -> Result<()> {
    let mut output = std::io::stdout();
    match output.write_all(text::lines(text).as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(format!("standard output: {error}").into()),
        Ok(()) => Ok(()),
    }
}

/// Writes to standard error. If nobody can read there, that is no reason to end otherwise.
pub fn say_aside(text: &str) {
    let mut aside = std::io::stderr();
    let _ = aside.write_all(text.as_bytes()).and_then(|()| aside.flush());
}

/// Seconds since 1970.
pub fn now() -> Result<u64> {
    Ok(SystemTime::UNIX_EPOCH.elapsed()?.as_secs())
}

/// The operating system's generator. Should it ever fail, there is nothing to go on with.
pub fn os_rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}
