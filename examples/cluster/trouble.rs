//! Who is killed when: by how many orders have ended, so that a run has as much of it as it was asked for.

use core::time::Duration;
use std::sync::Arc;

use getrandom::SysRng;
use polyseal::rand_core::TryRng;
use tokio::time::sleep;

use crate::cluster::Cluster;
use crate::figures::{Figures, Mark};
use crate::{Arguments, Result, keys};

/// How often it is looked how many orders have ended.
const GLANCE: Duration = Duration::from_millis(5);

/// Kills, crashes, rolls and revokes, each in its turn.
pub(crate) async fn make(cluster: Arc<Cluster>, figures: Arc<Figures>, arguments: Arguments) -> Result<()> {
    for (after, mark) in plan(&arguments) {
        while figures.count() < after {
            sleep(GLANCE).await;
        }
        let begins = matches!(mark, Mark::Kill | Mark::Crash);
        if begins {
            figures.mark(mark);
        }
        match mark {
            Mark::Kill => {
                let place = usize::try_from(SysRng.try_next_u32()?)?.checked_rem(cluster.processes.len());
                cluster.kill(place.unwrap_or(0)).await?;
            }
            Mark::Crash => cluster.crash_database().await?,
            Mark::Roll => cluster.roll_epoch().await?,
            Mark::Revoke => cluster.revoke(keys::REVOKED).await?,
        }
        // Buyers take these for granted from here on.
        if !begins {
            figures.mark(mark);
        }
    }
    Ok(())
}

/// What happens after how many orders, in that order.
fn plan(arguments: &Arguments) -> Vec<(u32, Mark)> {
    let &Arguments { orders, kill_every, crash_database, roll_epoch, revoke, .. } = arguments;
    let mut plan = Vec::new();
    if kill_every > 0 {
        let kills = (1..).map(|kill: u32| kill.saturating_mul(kill_every)).take_while(|after| *after < orders);
        plan.extend(kills.map(|after| (after, Mark::Kill)));
    }
    let part = |share: u32, of: u32| orders.saturating_mul(share).checked_div(of).unwrap_or(0);
    plan.extend((1..=crash_database).map(|crash| (part(crash, crash_database.saturating_add(1)), Mark::Crash)));
    plan.extend(roll_epoch.then_some((part(1, 2), Mark::Roll)));
    plan.extend(revoke.then_some((part(1, 2), Mark::Revoke)));
    plan.sort_by_key(|(after, _)| *after);
    plan
}
