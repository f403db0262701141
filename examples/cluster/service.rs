//! What the three services have in common: keys that change while they run, and steps that are filed together with the
//! books.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use clap::{Args, ValueEnum};
use cpu_time::{ProcessTime, ThreadTime};
use deadpool_postgres::Pool;
use polyseal::card_manager::Settlement;
use polyseal::message::{OrderDigest, WireError};
use polyseal::order::Amount;
use polyseal::{
    Identifier, KeySource, Keyring, LedgerError, Pending, ReceiveError, Received, Refused, SendError, Share,
};
use polyseal_postgres::{PostgresError, Transaction};
use tokio::time::sleep;

use crate::http::{self, Answer, Refusal};
use crate::{Result, bank, courier, keys, shop};

/// Connections of one process to the database.
const CONNECTIONS: usize = 6;
/// How often a step is filed again, where the database or the order has changed in between.
const TRIES: usize = 20;
/// How often a service asks another one that is not there, and how long it waits in between.
const CALLS: usize = 60;
const PAUSE: Duration = Duration::from_millis(50);

/// How a process is started.
#[derive(Args, Clone, Debug)]
pub(crate) struct Setting {
    /// Which service it is of.
    pub(crate) which: Which,
    /// Where the shares and the database's socket are.
    #[arg(long)]
    pub(crate) folder: PathBuf,
    #[arg(long)]
    pub(crate) port: u16,
    /// The ports of the bank's processes.
    #[arg(long, value_delimiter = ',')]
    pub(crate) banks: Vec<u16>,
    /// The ports of the courier's processes.
    #[arg(long, value_delimiter = ',')]
    pub(crate) couriers: Vec<u16>,
    /// Of how many epochs it has shares.
    #[arg(long)]
    pub(crate) epochs: u64,
    /// A customer that it has revoked.
    #[arg(long)]
    pub(crate) revoked: Option<String>,
    /// Of a hundred orders, so many are refunded in part.
    #[arg(long)]
    pub(crate) refund: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    Shop,
    Bank,
    Courier,
}

impl Which {
    /// The name of the service's identity, and of its role on the command line.
    pub(crate) fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Shop => (keys::SHOP, "shop"),
            Self::Bank => (keys::BANK, "bank"),
            Self::Courier => (keys::COURIER, "courier"),
        }
    }
}

/// What one of the three does with what it is sent.
pub(crate) trait Desk: Sized + 'static {
    /// Its party of the protocol.
    type Party: Send + Sync;

    fn party(keys: Keyring<Share>) -> Result<Self::Party>;

    fn answer(service: Arc<Service<Self>>, path: String, body: Vec<u8>) -> impl Future<Output = Answer> + Send;
}

/// One process of a service.
pub(crate) struct Service<D: Desk> {
    pub(crate) setting: Setting,
    keys: RwLock<(Keyring<Share>, Arc<D::Party>)>,
    pool: Pool,
    lost: AtomicU64,
    retried: AtomicU64,
    library: AtomicU64,
}

/// A line of the books: of which, about which order, how much.
pub(crate) struct Booking {
    statement: &'static str,
    digest: OrderDigest,
    sum: String,
}

impl Booking {
    pub(crate) fn withdrawal(settlement: &Settlement) -> Self {
        let statement = "INSERT INTO withdrawals (digest, sum) VALUES ($1, $2)";
        Self { statement, digest: settlement.digest(), sum: settlement.amount_due().to_string() }
    }

    /// A refund, or the rest where an order is cancelled.
    pub(crate) fn paid_back(digest: OrderDigest, sum: &Amount) -> Self {
        let statement = "INSERT INTO refunds (digest, sum) VALUES ($1, $2)";
        Self { statement, digest, sum: sum.to_string() }
    }

    pub(crate) fn delivery(digest: OrderDigest) -> Self {
        Self { statement: "INSERT INTO deliveries (digest, sum) VALUES ($1, $2)", digest, sum: String::new() }
    }

    async fn enter(&self, tx: &Transaction<'_>) -> core::result::Result<(), PostgresError> {
        tx.execute(self.statement, &[&&self.digest.as_bytes()[..], &self.sum]).await?;
        Ok(())
    }
}

/// Nothing is booked.
pub(crate) fn nothing<N>(_: &N) -> Vec<Booking> {
    Vec::new()
}

/// Runs a process, until whoever started it is gone.
pub(crate) async fn serve(setting: &Setting) -> Result<()> {
    std::thread::spawn(|| {
        // Nothing is ever written there: it ends with its other end.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    match setting.which {
        Which::Shop => Service::<shop::Shop>::run(setting).await,
        Which::Bank => Service::<bank::Bank>::run(setting).await,
        Which::Courier => Service::<courier::Courier>::run(setting).await,
    }
}

impl<D: Desk> Service<D> {
    async fn run(setting: &Setting) -> Result<()> {
        let (name, _) = setting.which.names();
        let mut keys = keys::keyring(&setting.folder, name, setting.epochs)?;
        if let Some(revoked) = &setting.revoked {
            keys = keys.revoking(Identifier::new(revoked)?);
        }
        let party = Arc::new(D::party(keys.clone())?);
        let service = Arc::new(Self {
            setting: setting.clone(),
            keys: RwLock::new((keys, party)),
            pool: polyseal_testing_postgres::pool(&setting.folder, "postgres", CONNECTIONS)?,
            lost: AtomicU64::new(0),
            retried: AtomicU64::new(0),
            library: AtomicU64::new(0),
        });
        http::serve(setting.port, move |path, body| {
            let service = Arc::clone(&service);
            async move {
                match path.as_str() {
                    "/figures" => Ok(service.figures().into_bytes()),
                    "/epoch" => service.change(|keys| service.with_next_epoch(keys)),
                    "/revoke" => service.change(|keys| Ok(keys.revoking(Identifier::new(&body)?))),
                    _ => D::answer(service, path, body).await,
                }
            }
        })
        .await
    }

    /// The party as it is now. A step that is under way keeps the one it has.
    pub(crate) fn party(&self) -> Arc<D::Party> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// The keys with those of the second epoch, which it may have already.
    fn with_next_epoch(&self, keys: &Keyring<Share>) -> Result<Keyring<Share>> {
        if keys.domains().iter().count() > 1 {
            return Ok(keys.clone());
        }
        let (name, _) = self.setting.which.names();
        Ok(keys.with(keys::share(&self.setting.folder, name, 2)?)?)
    }

    fn change(&self, change: impl FnOnce(&Keyring<Share>) -> Result<Keyring<Share>>) -> Answer {
        let mut held = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let keys = change(&held.0)?;
        let party = Arc::new(D::party(keys.clone())?);
        *held = (keys, party);
        Ok(Vec::new())
    }

    /// What it has counted, as JSON: times in microseconds of the processor.
    fn figures(&self) -> String {
        let [lost, retried, library] =
            [&self.lost, &self.retried, &self.library].map(|each| each.load(Ordering::Relaxed));
        let all = u64::try_from(ProcessTime::now().as_duration().as_micros()).unwrap_or(u64::MAX);
        format!(r#"{{"lost":{lost},"retried":{retried},"library":{},"all":{all}}}"#, library / 1000)
    }

    /// Counts the time of the processor that the library takes.
    pub(crate) fn counted<T>(&self, work: impl FnOnce() -> T) -> T {
        let begin = ThreadTime::now();
        let done = work();
        let taken = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(0);
        self.library.fetch_add(taken, Ordering::Relaxed);
        done
    }

    /// Counts a step that another process was first to take.
    pub(crate) fn lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    /// Files a step and books what comes of it, in one transaction. Nothing may leave before this is done.
    pub(crate) async fn file<N, A>(
        &self,
        mut pending: Pending<N, A>,
        book: impl Fn(&N) -> Vec<Booking>,
    ) -> core::result::Result<Received<N, A>, Refusal> {
        for _ in 0..TRIES {
            let mut client = self.pool.get().await.map_err(PostgresError::from)?;
            let tx = client.transaction().await.map_err(PostgresError::from)?;
            let filed = match polyseal_postgres::file(&tx, &pending.record()).await {
                Err(error) if error.can_retry() => {
                    self.retried.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                filed => filed?,
            };
            match self.counted(|| pending.complete(filed)) {
                Ok(received) => {
                    if let Received::New(new) = &received {
                        for booking in book(new) {
                            booking.enter(&tx).await?;
                        }
                    }
                    tx.commit().await.map_err(PostgresError::from)?;
                    return Ok(received);
                }
                // The order has changed meanwhile, and the step is another one by that.
                Err(Refused { state, error: LedgerError::FileAgain }) => {
                    self.lost();
                    pending = state;
                }
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(Refusal::Later("the order changes all the time".into()))
    }

    /// Asks one of the processes of another service, in turn, until one answers.
    pub(crate) async fn ask(&self, ports: &[u16], path: &str, message: &[u8]) -> Answer {
        let mut last = Refusal::Later("no process is named".into());
        for port in ports.iter().cycle().take(CALLS) {
            match http::ask(*port, path, message.to_vec()).await {
                Err(later @ Refusal::Later(_)) => last = later,
                answer => return answer,
            }
            sleep(PAUSE).await;
        }
        Err(last)
    }
}

/// The database does not answer: that passes.
impl From<PostgresError> for Refusal {
    fn from(error: PostgresError) -> Self {
        Self::Later(error.to_string())
    }
}

/// An error of the library, by its label.
fn labelled(label: &str, can_retry: bool) -> Refusal {
    if can_retry { Refusal::Later(label.into()) } else { Refusal::Never(label.into()) }
}

impl From<WireError> for Refusal {
    fn from(error: WireError) -> Self {
        labelled(error.label(), false)
    }
}

macro_rules! steps {
    ($($error:ident)*) => {$(
        impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                labelled(error.label(), error.can_retry())
            }
        }
    )*};
}

steps!(ReceiveError SendError LedgerError);

impl<S, E: Into<Self>> From<Refused<S, E>> for Refusal {
    fn from(refused: Refused<S, E>) -> Self {
        refused.error.into()
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> core::result::Result<u64, Refusal> {
    polyseal_examples::program::now().map_err(|error| Refusal::Later(error.to_string()))
}

/// A path that nobody answers.
pub(crate) fn unknown(path: &str) -> Answer {
    Err(Refusal::Never(format!("there is no {path}")))
}
