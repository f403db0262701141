//! What came of it, as a table or as JSON.

use core::fmt::Write;

use serde_json::json;

use crate::audit::Found;
use crate::buyers::{End, Placed};
use crate::figures::{Figures, Mark, milliseconds, percentile};
use crate::{Arguments, Result};

/// The report; an error if anything was done twice, lost or left open.
pub(crate) fn tell(orders: &[Placed], figures: &Figures, found: &Found, arguments: &Arguments) -> Result<String> {
    let ends = |end: &End| orders.iter().filter(|order| order.end == *end).count();
    let [delivered, declined, revoked] = [End::Delivered, End::Declined, End::Revoked].map(|end| ends(&end));
    let happened = |which: Mark| figures.marks().iter().filter(|(_, mark)| *mark == which).count();
    let [kills, crashes] = [Mark::Kill, Mark::Crash].map(happened);
    let latencies: Vec<f64> = figures.latencies().into_iter().map(|(_, latency)| latency).collect();
    let [p50, p99] = [50, 99].map(|percent| percentile(&latencies, percent));
    let (seconds, counted) = (figures.seconds(), figures.counted());
    let rate = f64::from(u32::try_from(orders.len())?) / seconds;
    let share = counted.library.saturating_mul(100).checked_div(counted.all).unwrap_or(0);
    let [withdrawals, refunds, deliveries] = found.lines;
    if arguments.json {
        let report = json!({
            "orders": orders.len(), "delivered": delivered, "declined": declined, "revoked": revoked,
            "withdrawals": withdrawals, "refunds": refunds, "deliveries": deliveries,
            "kills": kills, "crashes": crashes, "retries": counted.retried, "lost_races": counted.lost,
            "seconds": seconds, "orders_per_second": rate, "p50_ms": p50 * 1000.0, "p99_ms": p99 * 1000.0,
            "library_percent": share, "wrong": found.wrong,
            "open": found.open.iter().map(|(role, stage, orders)| json!([role, stage, orders])).collect::<Vec<_>>(),
        });
        return Ok(format!("{report:#}\n"));
    }
    if let Some(first) = found.wrong.first() {
        return Err(format!("{} orders are not as they have to be, such as {first}", found.wrong.len()).into());
    }
    let mut text = String::from("\n\n");
    let mut row = |name: &str, value: String| writeln!(text, "  {name:<34} {value:>12}");
    row("orders, each sent four times", orders.len().to_string())?;
    row("  delivered", delivered.to_string())?;
    row("  declined", declined.to_string())?;
    row("  refused, the customer is revoked", revoked.to_string())?;
    row("withdrawals booked", withdrawals.to_string())?;
    row("refunds booked", refunds.to_string())?;
    row("deliveries booked", deliveries.to_string())?;
    row("processes killed", kills.to_string())?;
    row("crashes of the database", crashes.to_string())?;
    row("transactions made again", counted.retried.to_string())?;
    row("races lost to another process", counted.lost.to_string())?;
    row("orders a second", format!("{rate:.1}"))?;
    row("until the first answer, median", milliseconds(p50))?;
    row("  99 in a hundred", milliseconds(p99))?;
    row("processor time in the library", format!("{share} %"))?;
    row("  in HTTP, queries and runtime", format!("{} %", 100_u64.saturating_sub(share)))?;
    text.push_str("\nNothing was done twice, nothing is lost, and every order has ended.\n");
    Ok(text)
}
