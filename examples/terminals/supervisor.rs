//! One command for all: enrols four terminals, starts each as a process of its own, and tells what happened.

use core::time::Duration;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use polyseal::Role;

use crate::folder::PhoneBook;
use crate::record;
use crate::{All, enrol, report};
use polyseal_examples::cast::STANDARD;
use polyseal_examples::program::Result;

/// Between two looks at the processes.
const REST: Duration = Duration::from_millis(5);

/// Makes the whole purchase.
pub(crate) fn run(args: &All) -> Result<String> {
    let temporary = if args.dir.is_none() { Some(Temporary::new()?) } else { None };
    let root = args.dir.as_deref().or(temporary.as_ref().map(|dir| dir.0.as_path()));
    let root = root.ok_or("there is no directory")?;
    enrol::run(root, &args.supplies)?;
    buy(root)?;
    let purchase = record::read(root)?;
    Ok(if args.json { report::json(&purchase) } else { report::text(&purchase)? })
}

/// Starts the services and, once they listen, the card holder; ends the services when that is done.
fn buy(root: &Path) -> Result<()> {
    let book = PhoneBook::open(root)?;
    let mut services = Vec::new();
    for role in STANDARD {
        book.strike(&role)?;
        services.push(Terminal::start(root, role)?);
    }
    for role in STANDARD {
        while !book.lists(&role)? {
            rest(&mut services)?;
        }
    }
    let mut holder = Terminal::start(root, Role::CARD_HOLDER)?;
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
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        Ok(Self { process: command.spawn()?, role })
    }

    /// What it said when it ended.
    fn complaint(&mut self) -> String {
        let mut said = String::new();
        if let Some(mut stderr) = self.process.stderr.take() {
            let _ = stderr.read_to_string(&mut said);
        }
        let said = said.trim_end();
        format!("the {} ended: {}", self.role, said.strip_prefix("error: ").unwrap_or(said))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A directory for one purchase.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("polyseal-terminals-{}", std::process::id()));
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
