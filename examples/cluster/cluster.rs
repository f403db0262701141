//! The cluster: the database, six processes, and what happens to them.

use core::time::Duration;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, PoisonError};

use polyseal_examples::files::Output;
use polyseal_testing_postgres::Server;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use crate::figures::Figures;
use crate::http;
use crate::service::Which;
use crate::{Arguments, Result, audit, buyers, keys, picture, report, trouble};

/// Two of each.
const PROCESSES: [Which; 6] = [Which::Shop, Which::Shop, Which::Bank, Which::Bank, Which::Courier, Which::Courier];
/// Until a process answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// The processes, their database, and what they have been told.
pub(crate) struct Cluster {
    folder: PathBuf,
    pub(crate) server: Server,
    refund: u32,
    pub(crate) processes: Vec<Process>,
    told: std::sync::Mutex<Told>,
}

pub(crate) struct Process {
    which: Which,
    pub(crate) port: u16,
    child: Mutex<Option<Child>>,
}

/// What a process has to know when it is started again.
#[derive(Clone, Debug)]
struct Told {
    epochs: u64,
    revoked: Option<&'static str>,
}

/// All of it, from an empty folder to the report.
pub(crate) async fn run(arguments: &Arguments) -> Result<String> {
    // Tried before the work.
    let svg = arguments.svg.as_deref().map(Output::new).transpose().map_err(|error| error.to_string())?;
    // From here on: who asks while the database is being made waits until there is something to remove.
    let interrupted = interrupted()?;
    let server = tokio::task::spawn_blocking(|| Server::start(polyseal_testing_postgres::DURABLE)).await??;
    let folder = server.folder().to_owned();
    tokio::select! {
        biased;
        () = interrupted => Err("interrupted: all of it is ended".into()),
        report = purchases(arguments, server, &folder, svg) => report,
    }
}

/// Whether somebody looks at the line of figures.
pub(crate) fn shows_figures(arguments: &Arguments) -> bool {
    !arguments.json && std::io::stderr().is_terminal()
}

/// Until somebody asks this program to end. The processes and the database end with it, and the folder is removed.
fn interrupted() -> std::io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}

async fn purchases(arguments: &Arguments, server: Server, folder: &Path, svg: Option<Output>) -> Result<String> {
    let now = polyseal_examples::program::now().map_err(|error| error.to_string())?;
    keys::issue(folder, now)?;
    audit::prepare(&server).await?;
    let cluster = Arc::new(Cluster::start(folder, server, arguments.refund).await?);
    let figures = Arc::new(Figures::new(shows_figures(arguments)));
    let trouble = tokio::spawn(trouble::make(Arc::clone(&cluster), Arc::clone(&figures), arguments.clone()));
    let watch = tokio::spawn(crate::figures::watch(Arc::clone(&cluster), Arc::clone(&figures), arguments.orders));
    let orders = buyers::buy(&cluster, &figures, arguments).await?;
    watch.abort();
    let _ = watch.await;
    trouble.await??;
    figures.sample(&cluster).await;
    // Whatever is still under way there comes to nothing.
    cluster.stop().await?;
    let found = audit::audit(&cluster.server, &orders, arguments).await?;
    if let Some(output) = svg {
        output.finish(picture::draw(&figures)?.as_bytes()).map_err(|error| error.to_string())?;
    }
    report::tell(&orders, &figures, &found, arguments)
}

impl Cluster {
    async fn start(folder: &Path, server: Server, refund: u32) -> Result<Self> {
        let ports = free_ports(PROCESSES.len())?;
        let process = |(which, port): (Which, u16)| Process { which, port, child: Mutex::new(None) };
        let processes: Vec<_> = PROCESSES.into_iter().zip(ports).map(process).collect();
        let told = std::sync::Mutex::new(Told { epochs: 1, revoked: None });
        let cluster = Self { folder: folder.to_owned(), server, refund, processes, told };
        for process in &cluster.processes {
            *process.child.lock().await = Some(cluster.spawn(process)?);
        }
        for process in &cluster.processes {
            cluster.ready(process).await?;
        }
        Ok(cluster)
    }

    pub(crate) fn ports(&self, which: Which) -> Vec<u16> {
        self.processes.iter().filter(|process| process.which == which).map(|process| process.port).collect()
    }

    fn spawn(&self, process: &Process) -> Result<Child> {
        let list = |which| self.ports(which).iter().map(u16::to_string).collect::<Vec<_>>().join(",");
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", process.which.names().1, "--port", &process.port.to_string()]);
        command.arg("--folder").arg(&self.folder).args(["--epochs", &told.epochs.to_string()]);
        command.args(["--banks", &list(Which::Bank), "--couriers", &list(Which::Courier)]);
        command.args(["--refund", &self.refund.to_string()]);
        if let Some(revoked) = told.revoked {
            command.args(["--revoked", revoked]);
        }
        // A process ends when its input does: with this one, however it ends.
        Ok(command.stdin(Stdio::piped()).stdout(Stdio::null()).kill_on_drop(true).spawn()?)
    }

    async fn ready(&self, process: &Process) -> Result<()> {
        let answers = async {
            while http::ask(process.port, "/figures", Vec::new()).await.is_err() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        Ok(timeout(PATIENCE, answers)
            .await
            .map_err(|_| format!("a process on port {} does not start", process.port))?)
    }

    /// Kills a process, and starts another one in its place.
    pub(crate) async fn kill(&self, place: usize) -> Result<()> {
        let process = self.processes.get(place).ok_or("there is no such process")?;
        let mut child = process.child.lock().await;
        if let Some(mut killed) = child.take() {
            killed.kill().await?;
        }
        sleep(Duration::from_millis(100)).await;
        *child = Some(self.spawn(process)?);
        Ok(())
    }

    /// Ends every process.
    async fn stop(&self) -> Result<()> {
        for process in &self.processes {
            if let Some(mut child) = process.child.lock().await.take() {
                child.kill().await?;
            }
        }
        Ok(())
    }

    /// Every process gets its share of the next epoch.
    pub(crate) async fn roll_epoch(&self) -> Result<()> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).epochs = 2;
        self.tell("/epoch", "").await
    }

    /// Every process revokes a customer.
    pub(crate) async fn revoke(&self, customer: &'static str) -> Result<()> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).revoked = Some(customer);
        self.tell("/revoke", customer).await
    }

    /// Whoever is being started knows it by then, and says so as soon as it can.
    async fn tell(&self, path: &str, what: &str) -> Result<()> {
        for process in &self.processes {
            let told = async {
                while http::ask(process.port, path, what.into()).await.is_err() {
                    sleep(Duration::from_millis(20)).await;
                }
            };
            timeout(PATIENCE, told).await.map_err(|_| format!("a process does not take {path}"))?;
        }
        Ok(())
    }

    /// The database ends as by a crash, and is started again.
    pub(crate) async fn crash_database(self: &Arc<Self>) -> Result<()> {
        let cluster = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            cluster.server.crash()?;
            cluster.server.run()
        })
        .await??;
        Ok(())
    }
}

/// Ports that were free a moment ago.
fn free_ports(count: usize) -> Result<Vec<u16>> {
    let listeners = (0..count).map(|_| std::net::TcpListener::bind(("127.0.0.1", 0)));
    let listeners = listeners.collect::<std::io::Result<Vec<_>>>()?;
    listeners.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}
