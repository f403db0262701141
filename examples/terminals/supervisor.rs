//! One command for all: enrols four terminals, starts each as a process of its own, and tells what happened.

use core::time::Duration;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;

use polyseal::Role;
use polyseal::rand_core::Rng;

use crate::record;
use crate::{All, enrol, report};
use polyseal_examples::cast::STANDARD;
use polyseal_examples::files;
use polyseal_examples::program::{Result, os_rng};

/// Between two looks at the processes.
const REST: Duration = Duration::from_millis(5);
/// How often a directory is removed in which somebody may be writing still, and the rest in between.
const SWEEPS: usize = 200;
const SWEEP: Duration = Duration::from_millis(50);

/// Makes the whole purchase.
pub(crate) fn run(args: &All) -> Result<String> {
    let temporary = if args.dir.is_none() { Some(Temporary::new()?) } else { None };
    let root = args.dir.as_deref().or(temporary.as_ref().map(|dir| dir.path.as_path()));
    let root = root.ok_or("there is no directory")?;
    let lock = enrol::lock(root)?;
    enrol::run(root, &lock, &args.supplies)?;
    buy(root)?;
    let purchase = record::read(root)?;
    Ok(if args.json { report::json(&purchase) } else { report::text(&purchase)? })
}

/// Starts the services and, once they listen, the card holder; ends the services when that is done.
fn buy(root: &Path) -> Result<()> {
    let mut services = STANDARD.map(|role| Terminal::start(root, role)).into_iter().collect::<Result<Vec<_>>>()?;
    for service in &mut services {
        service.listens()?;
    }
    let mut holder = Terminal::start(root, Role::CARD_HOLDER)?;
    // Nobody reads what it says on its way.
    drop(holder.process.stdout.take());
    loop {
        match holder.process.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(_) => return Err(holder.complaint().into()),
            None => rest(&mut services)?,
        }
    }
}

/// Waits for a moment in which no service ends.
fn rest(services: &mut [Terminal]) -> Result<()> {
    for service in services {
        if service.process.try_wait()?.is_some() {
            return Err(service.complaint().into());
        }
    }
    thread::sleep(REST);
    Ok(())
}

/// A terminal's process. It ends with this one, however that ends, because then its standard input does.
struct Terminal {
    role: Role,
    process: Child,
}

impl Terminal {
    fn start(root: &Path, role: Role) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(role.as_str()).arg("--dir").arg(root).arg("--until-input-ends");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(Self { process: command.spawn()?, role })
    }

    /// Waits for its first line, which it says when it listens.
    fn listens(&mut self) -> Result<()> {
        if says_something(self.process.stdout.take())? { Ok(()) } else { Err(self.complaint().into()) }
    }

    /// What it said when it ended.
    fn complaint(&mut self) -> String {
        let said = said(&mut self.process);
        format!("the {} ended: {}", self.role, said.strip_prefix("error: ").unwrap_or(&said))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a process has said on its standard error.
fn said(process: &mut Child) -> String {
    let mut said = Vec::new();
    if let Some(stderr) = process.stderr.take() {
        let _ = stderr.take(1 << 16).read_to_end(&mut said);
    }
    String::from_utf8_lossy(&said).trim_end().into()
}

/// Whether a process says a line before it closes its output.
fn says_something(output: Option<ChildStdout>) -> Result<bool> {
    let output = output.ok_or("a process without an output")?;
    Ok(BufReader::new(output).read_line(&mut String::new())? > 0)
}

/// A directory for one purchase, with shares in it. A process of its own makes and removes it: that one outlives this one,
/// however this ends, and sees it end at its standard input.
struct Temporary {
    path: PathBuf,
    keeper: Child,
}

impl Temporary {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("polyseal-terminals-{:016x}", os_rng().next_u64()));
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("keep").arg("--dir").arg(&path);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // What interrupts this process from the keyboard does not reach the other.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let keeper = command.spawn()?;
        let mut temporary = Self { path, keeper };
        if says_something(temporary.keeper.stdout.take())? {
            return Ok(temporary);
        }
        let said = said(&mut temporary.keeper);
        Err(said.strip_prefix("error: ").unwrap_or(&said).to_owned().into())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// The other side: makes the directory, says so, and removes it when standard input ends.
pub(crate) fn keep(path: &Path) -> Result<String> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(files::blame(path))?;
    crate::server::say("made");
    crate::until_input_ends();
    // The terminals end for the same reason, one a little later than another.
    for _ in 0..SWEEPS {
        match std::fs::remove_dir_all(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
            _ => thread::sleep(SWEEP),
        }
    }
    Err(format!("{}: it cannot be removed, and there are shares in it: remove it", path.display()).into())
}
