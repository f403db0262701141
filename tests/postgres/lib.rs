//! A PostgreSQL of one's own: in a folder of its own, on a socket there and on no network, as a user without privileges.
//! It ends with whoever started it, however that ends.
#![allow(missing_docs, clippy::missing_errors_doc, reason = "it is not published")]

use core::fmt::Write as _;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::Instant;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::{Config, NoTls};

pub type Error = Box<dyn core::error::Error + Send + Sync>;
pub type Result<T> = core::result::Result<T, Error>;

/// Set where a test must not be skipped.
const REQUIRED: &str = "POLYSEAL_REQUIRE_POSTGRES";

const INSTALL: &str = "to install it: apt-get install postgresql, or another system's package of it";
/// As whom it runs where its starter is root, which PostgreSQL refuses.
const USERS: [&str; 2] = ["postgres", "nobody"];
const NAME: &str = "polyseal";
/// Until a server has started or stopped, or a connection is free, on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(120);

/// A shell that ends the server when its starter ends: its input is its starter's, and closes with it.
const GUARD: &str =
    r#""$@" </dev/null >"$log" 2>&1 & server=$!; read -r _; kill -INT "$server" 2>/dev/null; wait "$server""#;
const SETTINGS: [&str; 4] = ["listen_addresses=", "max_connections=60", "shared_buffers=16MB", "max_wal_size=64MB"];

/// As a service needs it.
pub const DURABLE: &[&str] = &[];
/// As forgetful as a server may be: what a commit without `synchronous_commit` promises is then really lost in a crash. (A
/// process that is killed loses nothing by `fsync=off`, only a machine does.)
pub const FORGETFUL: &[&str] = &["autovacuum=off", "fsync=off", "synchronous_commit=off", "wal_writer_delay=10s"];

pub struct Server {
    folder: PathBuf,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    settings: &'static [&'static str],
    running: Mutex<Option<Child>>,
}

impl core::fmt::Debug for Server {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Server").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Where the server's programs are: on the path, or where Debian has them. The error says how to install them.
pub fn programs() -> Result<PathBuf> {
    let mut folders: Vec<_> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
    debian.sort();
    folders.extend(debian.into_iter().rev());
    let has_all = |folder: &PathBuf| ["postgres", "initdb", "pg_ctl"].iter().all(|name| folder.join(name).is_file());
    let found = folders.into_iter().find(has_all);
    found.ok_or_else(|| format!("there is no postgres on the path or in /usr/lib/postgresql; {INSTALL}").into())
}

/// Whether a test can have a server. If not, the test is to pass without one, and that is said once.
///
/// # Panics
///
/// If there is no PostgreSQL and [`REQUIRED`] is set.
#[must_use]
pub fn is_installed() -> bool {
    static SAID: Once = Once::new();
    let Err(reason) = programs() else { return true };
    assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, and {reason}");
    SAID.call_once(|| {
        let line = format!("skipped the tests that need PostgreSQL: {reason}\n");
        // Not by `eprintln`, which a test that passes keeps for itself.
        let _ = std::io::stderr().write_all(line.as_bytes());
    });
    false
}

/// Connections to a database of the server in a folder, as one process has them.
pub fn pool(folder: &Path, database: &str, most: usize) -> Result<Pool> {
    let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config(folder, database), NoTls, manager);
    Ok(Pool::builder(manager).max_size(most).runtime(Runtime::Tokio1).wait_timeout(Some(PATIENCE)).build()?)
}

fn config(folder: &Path, database: &str) -> Config {
    let mut config = Config::new();
    config.host_path(folder).user(NAME).dbname(database);
    config
}

/// A number that the system's `id` gives.
fn id(args: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(args).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

impl Server {
    /// Makes a folder with a server in it, and starts that.
    pub fn start(settings: &'static [&'static str]) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let programs = programs()?;
        let name = format!("polyseal-pg-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // Not below the target folder: that may be nobody else's to enter, and the name of a socket has to be short.
        let folder = std::env::temp_dir().join(name);
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        // From here on its end removes the folder.
        let mut server = Self { folder, programs, user: None, settings, running: Mutex::new(None) };
        if id(&["-u"]) == Some(0) {
            let user = USERS.iter().find_map(|user| Some((id(&["-u", user])?, id(&["-g", user])?)));
            let (user, group) =
                user.ok_or("PostgreSQL does not run as root: there has to be a user postgres or nobody")?;
            std::os::unix::fs::chown(&server.folder, Some(user), Some(group))?;
            server.user = Some((user, group));
        }
        let initdb = ["--auth=trust", "--username", NAME, "--no-sync", "--encoding=UTF8", "--locale=C", "--pgdata"];
        runs(server.command("initdb").args(initdb).arg(server.data()))?;
        server.run()?;
        Ok(server)
    }

    /// Where its socket is, and what else belongs to it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(&self.folder).stdin(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    /// Starts it, and waits until it answers.
    pub fn run(&self) -> Result<()> {
        let mut guard = self.command("/bin/sh");
        guard.args(["-c", GUARD, "guard"]).arg(self.programs.join("postgres")).arg("-D").arg(self.data());
        guard.env("log", self.folder.join("log")).arg("-k").arg(&self.folder);
        guard.stdin(Stdio::piped());
        for setting in SETTINGS.iter().chain(self.settings) {
            guard.args(["-c", setting]);
        }
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(guard.spawn()?);
        // On a thread of its own, as the caller may be on one that runs futures.
        thread::scope(|scope| scope.spawn(|| self.wait()).join()).map_err(|_| "waiting for PostgreSQL panicked")?
    }

    fn wait(&self) -> Result<()> {
        let begin = Instant::now();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        while let Err(error) = runtime.block_on(config(&self.folder, "postgres").connect(NoTls)) {
            if begin.elapsed() > PATIENCE {
                let mut says = format!("PostgreSQL does not answer: {error}");
                if let Ok(log) = std::fs::read_to_string(self.folder.join("log")) {
                    write!(says, "\n{log}")?;
                }
                return Err(says.into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Ends it as a crash does: nothing is written any more.
    pub fn crash(&self) -> Result<()> {
        let how = ["stop", "--wait", "--mode=immediate", "--pgdata"].map(OsStr::new);
        runs(self.command("pg_ctl").args(how).arg(self.data()))?;
        self.end();
        Ok(())
    }

    fn end(&self) {
        let guard = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut guard) = guard {
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn runs(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}
