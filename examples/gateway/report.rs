//! What is printed.

use core::fmt::Write;
use std::collections::BTreeSet;

use polyseal::{FieldName, Role};
use serde_json::{Value, json};

use crate::Journey;
use crate::gateway::Hop;
use polyseal_examples::program::Result;
use polyseal_examples::report::rows;
use polyseal_examples::text::{self as letters, one_line};

/// The one JSON object of `--json`.
pub(crate) fn json(Journey { digest, hops, readable, outcome, .. }: &Journey) -> String {
    let wire = hops.iter().map(|Hop { from, to, addressee, kind, bytes, refused }| {
        let refused: Vec<_> = refused.iter().map(|(attempt, error)| json!([attempt, error])).collect();
        json!({
            "from": from, "to": to, "addressee": addressee, "kind": kind.to_string(), "bytes": bytes, "refused": refused
        })
    });
    let readable = readable.iter().map(|(role, fields)| (role.to_string(), json!(fields))).collect();
    let (outcome, settled) = match outcome {
        Ok(settled) => ("delivered", settled.clone()),
        Err(_) => ("declined", Vec::new()),
    };
    let report = json!({
        "outcome": outcome,
        "settled": settled,
        "digest": digest.to_string(),
        "readable": Value::Object(readable),
        "wire": wire.collect::<Value>(),
    });
    letters::json(&report)
}

/// The report for people.
pub(crate) fn text(journey: &Journey) -> Result<String> {
    let mut out = String::new();
    writeln!(out, "Order {}\n", journey.digest)?;
    for hop in &journey.hops {
        stretch(&mut out, hop)?;
    }
    out.push('\n');
    matrix(&mut out, journey)?;
    match &journey.outcome {
        Ok(settled) => writeln!(out, "\nSettled by the card-manager: {}", one_line(&settled.join("; ")))?,
        Err(reason) => writeln!(out, "\nDeclined by the card-manager: {}", one_line(reason))?,
    }
    out.push_str(
        "From the outside an approval and a refusal look alike: the gateway learns which it is only if somebody tells it.\n",
    );
    Ok(out)
}

/// A line for a message, and two for each attempt to read it on the way.
fn stretch(out: &mut String, Hop { from, to, addressee, kind, bytes, refused }: &Hop) -> Result<()> {
    let [from, to] = [from, to].map(Role::as_str);
    write!(out, "  {:1}  {from:<16} ▶ {to:<16}  {kind:<14} {bytes:>6} bytes", kind.arrow())?;
    writeln!(out, "{}", if addressee.as_str() == to { String::new() } else { format!("  for the {addressee}") })?;
    for (attempt, error) in refused {
        writeln!(out, "         the {to} {attempt}\n           refused: {error}")?;
    }
    Ok(())
}

/// The recipients against the fields.
fn matrix(out: &mut String, Journey { form, readable, .. }: &Journey) -> Result<()> {
    let fields: BTreeSet<_> = readable.iter().flat_map(|(_, fields)| fields).collect();
    let rows = rows(form, fields.into_iter());
    let label = rows.iter().map(|row| row.label.len()).max().unwrap_or_default();
    let titles: Vec<_> = readable.iter().map(|(role, _)| role.as_str()).collect();
    writeln!(out, "  {:label$}  {}", "", titles.join("   "))?;
    for row in rows {
        let mark = |(role, read): &(Role, Vec<FieldName>)| {
            format!("{:^width$}", if row.is_in(read) { "●" } else { "·" }, width = role.as_str().len())
        };
        let marks: Vec<_> = readable.iter().map(mark).collect();
        writeln!(out, "{}", format!("  {:label$}  {}", row.label, marks.join("   ")).trim_end())?;
    }
    writeln!(out, "\n  ● read   · sealed to it")?;
    Ok(())
}
