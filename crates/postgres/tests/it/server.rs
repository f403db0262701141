//! A PostgreSQL of the tests' own: in a folder of its own, on a socket there and on no network, as a user without
//! privileges. It ends with the tests, however they end.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};
use std::thread;
use std::time::Instant;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use polyseal_postgres::{PostgresLedger, migrate};
use tokio_postgres::{Config, NoTls};

/// Set where a test must not be skipped.
const REQUIRED: &str = "POLYSEAL_REQUIRE_POSTGRES";
const INSTALL: &str = "to install it: apt-get install postgresql, or another system's package of it";
/// As whom it runs where the tests run as root, which PostgreSQL refuses.
const USERS: [&str; 2] = ["postgres", "nobody"];
/// Until a server has started or stopped, on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(120);

/// A shell that ends the server when the tests end: its input is theirs, and closes with them.
const GUARD: &str =
    r#""$@" </dev/null >"$log" 2>&1 & server=$!; read -r _; kill -INT "$server" 2>/dev/null; wait "$server""#;
const SETTINGS: [&str; 8] = [
    "listen_addresses=",
    "max_connections=60",
    "shared_buffers=16MB",
    "max_wal_size=64MB",
    "autovacuum=off",
    // A process that is killed loses nothing by that, only a machine does.
    "fsync=off",
    // What a commit without `synchronous_commit` promises is then really lost in a crash.
    "synchronous_commit=off",
    "wal_writer_delay=10s",
];

pub struct Server {
    folder: PathBuf,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    running: Mutex<Option<Child>>,
    databases: AtomicU32,
}

/// The server that tests share, or none where the tests are skipped. The last one that drops it ends it.
pub fn shared() -> Option<Arc<Server>> {
    static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = shared.upgrade() {
        return Some(server);
    }
    let server = Arc::new(own()?);
    *shared = Arc::downgrade(&server);
    Some(server)
}

/// A server of a test's own, which it may let crash.
pub fn own() -> Option<Server> {
    static SAID: Once = Once::new();
    match programs() {
        Ok(programs) => Some(Server::start(programs)),
        Err(reason) => {
            assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, and {reason}; {INSTALL}");
            SAID.call_once(|| {
                let line = format!("skipped the tests of the ledger over PostgreSQL: {reason}; {INSTALL}\n");
                // Not by `eprintln`, which a test that passes keeps for itself.
                std::io::stderr().write_all(line.as_bytes()).unwrap();
            });
            None
        }
    }
}

/// Where PostgreSQL's programs are: on the path, or where Debian has them.
fn programs() -> Result<PathBuf, String> {
    let mut folders: Vec<_> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
    debian.sort();
    folders.extend(debian.into_iter().rev());
    let has_all = |folder: &PathBuf| ["postgres", "initdb", "pg_ctl"].iter().all(|name| folder.join(name).is_file());
    folders.into_iter().find(has_all).ok_or_else(|| "there is no postgres on the path or in /usr/lib/postgresql".into())
}

/// A number that the system's `id` gives.
fn id(args: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(args).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn runs(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Server {
    fn start(programs: PathBuf) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("polyseal-pg-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // Not below the target folder: that may be nobody else's to enter, and the name of a socket has to be short.
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        let user = (id(&["-u"]) == Some(0)).then(|| {
            let user = USERS.iter().find_map(|user| Some((id(&["-u", user])?, id(&["-g", user])?)));
            user.unwrap_or_else(|| panic!("PostgreSQL does not run as root: there has to be a user postgres or nobody"))
        });
        if let Some((user, group)) = user {
            std::os::unix::fs::chown(&folder, Some(user), Some(group)).unwrap();
        }
        let server = Self { folder, programs, user, running: Mutex::new(None), databases: AtomicU32::new(0) };
        let initdb = ["--auth=trust", "--username=polyseal", "--no-sync", "--encoding=UTF8", "--locale=C", "--pgdata"];
        runs(server.command("initdb").args(initdb).arg(server.data()));
        server.run();
        server
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
    pub fn run(&self) {
        let mut guard = self.command("/bin/sh");
        guard.args(["-c", GUARD, "guard"]).arg(self.programs.join("postgres")).arg("-D").arg(self.data());
        guard.env("log", self.folder.join("log")).arg("-k").arg(&self.folder).stdin(Stdio::piped());
        for setting in SETTINGS {
            guard.args(["-c", setting]);
        }
        *self.running.lock().unwrap() = Some(guard.spawn().unwrap());
        // On a thread of its own, as the caller may be on one of another runtime.
        thread::scope(|scope| scope.spawn(|| self.wait()).join().unwrap());
    }

    fn wait(&self) {
        let begin = Instant::now();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        while runtime.block_on(self.config("postgres").connect(NoTls)).is_err() {
            let log = || std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(begin.elapsed() < PATIENCE, "PostgreSQL does not answer: {}", log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it as a crash does: nothing is written any more.
    pub fn crash(&self) {
        let how = ["stop", "--wait", "--mode=immediate", "--pgdata"].map(OsStr::new);
        runs(self.command("pg_ctl").args(how).arg(self.data()));
        self.end();
    }

    fn end(&self) {
        let guard = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut guard) = guard {
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
    }

    fn config(&self, database: &str) -> Config {
        let mut config = Config::new();
        config.host_path(&self.folder).user("polyseal").dbname(database);
        config
    }

    /// A database of a test's own, without tables.
    pub async fn database(self: &Arc<Self>) -> Database {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let database = Database { server: Arc::clone(self), name: "postgres".into() };
        let client = database.pool(1).get().await.unwrap();
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        Database { name, ..database }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[derive(Clone)]
pub struct Database {
    pub server: Arc<Server>,
    name: String,
}

impl Database {
    /// Connections, as one process has them.
    pub fn pool(&self, most: usize) -> Pool {
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(self.server.config(&self.name), NoTls, manager);
        let wait = Some(PATIENCE);
        Pool::builder(manager).max_size(most).runtime(Runtime::Tokio1).wait_timeout(wait).build().unwrap()
    }

    /// From the next connection on, a transaction is of this level unless it says otherwise.
    pub async fn defaults_to(&self, level: &str) {
        let set = format!("ALTER DATABASE {} SET default_transaction_isolation = '{level}'", self.name);
        self.pool(1).get().await.unwrap().batch_execute(&set).await.unwrap();
    }

    /// The ledger as one process has it.
    pub async fn ledger(&self, connections: usize) -> PostgresLedger {
        let pool = self.pool(connections);
        migrate(&mut pool.get().await.unwrap()).await.unwrap();
        PostgresLedger::open(pool).await.unwrap()
    }
}

/// Runs a test in a database of its own, on some threads; not at all where there is no PostgreSQL.
pub fn test<F: Future<Output = ()>>(body: impl FnOnce(Database) -> F) {
    let Some(server) = shared() else { return };
    let runtime = runtime();
    runtime.block_on(async { body(server.database().await).await });
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
