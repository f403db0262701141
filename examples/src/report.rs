//! What is printed.

use core::fmt::{Display, Write};
use core::iter::repeat_n;
use std::collections::BTreeSet;

use polyseal::{FieldName, OrderForm, Role};
use serde_json::{Map, Value};

use crate::outcome::{Delivered, Outcome, Purchase, Refusal, Sent};
use crate::program::{Result, one_line};

/// The one JSON object of `--json`.
pub fn json(purchase: &Purchase) -> String {
    let (outcome, destination) = match &purchase.outcome {
        Outcome::Delivered { delivery, .. } => {
            let fields = delivery.as_ref().map(|delivery| object(delivery.destination.iter().cloned()));
            ("delivered", fields)
        }
        Outcome::Declined { .. } => ("declined", None),
    };
    let names = |fields: &[FieldName]| fields.iter().map(ToString::to_string).collect::<Vec<_>>();
    let wire = purchase.wire.iter().map(|message| {
        object([
            ("from", message.from.to_string().into()),
            ("to", message.to.to_string().into()),
            ("kind", message.kind.to_string().into()),
            ("bytes", Value::from(message.bytes)),
        ])
    });
    let report = object([
        ("outcome", outcome.into()),
        ("digest", purchase.digest.to_string().into()),
        ("readable", object(purchase.readable.iter().map(|(role, fields)| (role, names(fields))))),
        ("wire", wire.collect::<Value>()),
        ("destination", destination.into()),
    ]);
    format!("{report:#}\n")
}

fn object<K: Display, V: Into<Value>>(entries: impl IntoIterator<Item = (K, V)>) -> Value {
    entries.into_iter().map(|(key, value)| (key.to_string(), value.into())).collect::<Map<_, _>>().into()
}

/// The report for people.
pub fn text(purchase: &Purchase) -> Result<String> {
    let Purchase { cast, threshold, digest, .. } = purchase;
    let mut out = String::new();
    writeln!(out, "An authority issues {} shares of threshold {threshold}, and is gone:\n", cast.parties().count())?;
    for (role, identifier) in cast.parties() {
        writeln!(out, "  {:<16}  {identifier}", role.as_str())?;
    }
    out.push('\n');
    picture(&mut out, purchase)?;
    writeln!(out, "\nOrder {digest}\n")?;
    matrix(&mut out, purchase)?;
    out.push('\n');
    outcome(&mut out, purchase)?;
    Ok(out)
}

/// The messages as arrows between the parties.
fn picture(out: &mut String, purchase: &Purchase) -> Result<()> {
    let roles: Vec<&Role> = purchase.cast.parties().map(|(role, _)| role).collect();
    let title: String = roles.iter().map(|role| cell(role, role.as_str())).collect();
    writeln!(out, "  {}", title.trim_end())?;
    writeln!(out, "  {}", lifelines(&roles, None).trim_end())?;
    for message in &purchase.wire {
        let Sent { kind, bytes, .. } = message;
        writeln!(out, "  {}  {:1}  {kind:<14} {:>6} bytes", lifelines(&roles, Some(message)), kind.arrow(), bytes)?;
    }
    Ok(())
}

/// A row of the picture: a line under each role, and the arrow of a message across them.
fn lifelines(roles: &[&Role], message: Option<&Sent>) -> String {
    let place = |role: &Role| roles.iter().position(|name| *name == role);
    let ends = message.and_then(|message| Some((place(&message.from)?, place(&message.to)?)));
    // What only leads up to an order is drawn in a broken line.
    let dash = if message.is_some_and(|message| message.kind.is_handshake()) { '╌' } else { '─' };
    let mut line = String::new();
    for (here, role) in roles.iter().enumerate() {
        // The mark stands in the middle of its cell, between the tips and tails of arrows.
        let [before, left, mark, right, after] = match ends {
            Some((from, to)) if here == from && from < to => [' ', ' ', '├', dash, dash],
            Some((from, to)) if here == from && from > to => [dash, dash, '┤', ' ', ' '],
            Some((from, to)) if here == to && from < to => [dash, '▶', '│', ' ', ' '],
            Some((from, to)) if here == to && from > to => [' ', ' ', '│', '◀', dash],
            Some((from, to)) if (from.min(to)..from.max(to)).contains(&here) => [dash, dash, '┼', dash, dash],
            _ => [' ', ' ', '│', ' ', ' '],
        };
        let half = width(role) / 2;
        line.extend(repeat_n(before, half.saturating_sub(1)));
        line.extend([left, mark, right]);
        line.extend(repeat_n(after, width(role).saturating_sub(half).saturating_sub(2)));
    }
    line
}

/// The parties against the fields.
fn matrix(out: &mut String, purchase: &Purchase) -> Result<()> {
    let Purchase { readable, fields, form, .. } = purchase;
    let label = fields.iter().map(|field| field.as_str().len()).max().unwrap_or_default();
    let title: String = readable.iter().map(|(role, _)| cell(role, role.as_str())).collect();
    writeln!(out, "  {:label$}  {}", "", title.trim_end())?;
    for field in fields {
        let marks = readable.iter().map(|(role, read)| cell(role, mark(form, role, field, read.contains(field))));
        let sent = form.recipients().iter().any(|entry| entry.selectors.sees(field));
        let remark = if sent { "" } else { "in no part: it stayed with the card holder" };
        writeln!(out, "{}", format!("  {:label$}  {}{remark}", field.as_str(), marks.collect::<String>()).trim_end())?;
    }
    writeln!(out, "\n  ● read   ○ in its part, which stayed sealed   · sealed to it")?;
    Ok(())
}

fn mark(form: &OrderForm, role: &Role, field: &FieldName, read: bool) -> &'static str {
    let meant = form.recipients().iter().any(|entry| entry.role == *role && entry.selectors.sees(field));
    match (read, meant) {
        (true, _) => "●",
        (false, true) => "○",
        (false, false) => "·",
    }
}

/// What came of it.
fn outcome(out: &mut String, purchase: &Purchase) -> Result<()> {
    match &purchase.outcome {
        Outcome::Delivered { settled, delivery } => {
            match delivery {
                Some(delivery) => delivered(out, delivery)?,
                None => writeln!(out, "Delivered: the form has no delivery service, so the seller fulfils the order.")?,
            }
            writeln!(out, "Settled by the card-manager: {}", one_line(&settled.join("; ")))?;
        }
        Outcome::Declined { reason, refusals } => {
            writeln!(out, "Declined by the card-manager: {}", one_line(reason))?;
            writeln!(out, "Settled: nothing")?;
            insistence(out, refusals)?;
        }
    }
    Ok(())
}

fn delivered(out: &mut String, Delivered { destination, instructions }: &Delivered) -> Result<()> {
    writeln!(out, "Delivered by the delivery-service, as instructed by the seller: {}", one_line(instructions))?;
    for (field, value) in destination {
        writeln!(out, "  {:<19}  {}", field.as_str(), one_line(value))?;
    }
    Ok(())
}

/// What the seller tried after the refusal.
fn insistence(out: &mut String, refusals: &[Refusal]) -> Result<()> {
    let roles: BTreeSet<_> = refusals.iter().map(|refusal| &refusal.role).collect();
    for role in roles {
        writeln!(out, "\nWithout an approval the library makes no dispatch to the {role}, so the seller sends it")?;
        for Refusal { attempt, error, .. } in refusals.iter().filter(|refusal| refusal.role == *role) {
            writeln!(out, "  {attempt}\n    refused: {error}")?;
        }
        writeln!(out, "Its part was not opened: the {role} has read nothing.")?;
    }
    Ok(())
}

/// A text in the column of a role.
fn cell(role: &Role, text: &str) -> String {
    format!("{text:^width$}", width = width(role))
}

fn width(role: &Role) -> usize {
    role.as_str().len().saturating_add(3)
}
