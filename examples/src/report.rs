//! What is printed.

mod life;

use core::fmt::{Display, Write};
use core::iter::repeat_n;
use std::collections::{BTreeMap, BTreeSet};

use polyseal::order::{FormEntry, Selector};
use polyseal::{FieldName, OrderForm, Role};
use serde_json::{Map, Value};

use crate::outcome::{Delivered, Outcome, Purchase, Refusal, Sent};
use crate::program::Result;
use crate::text::{self as letters, one_line};

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
            ("session", message.session.into()),
        ])
    });
    let mut report = vec![
        ("outcome", purchase.story.as_ref().map_or(outcome, |told| told.end).into()),
        ("digest", purchase.digest.to_string().into()),
        ("readable", object(purchase.readable.iter().map(|(role, fields)| (role, names(fields))))),
        ("wire", wire.collect::<Value>()),
        ("destination", destination.into()),
    ];
    report.extend(life::json(purchase));
    letters::json(&object(report))
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
    sessions(&mut out, purchase)?;
    writeln!(out, "\nOrder {digest}\n")?;
    matrix(&mut out, purchase)?;
    out.push('\n');
    outcome(&mut out, purchase)?;
    life::text(&mut out, purchase)?;
    Ok(out)
}

/// The messages as arrows between the parties.
fn picture(out: &mut String, purchase: &Purchase) -> Result<()> {
    let roles: Vec<&Role> = purchase.cast.parties().map(|(role, _)| role).collect();
    let title: String = roles.iter().map(|role| cell(role, role.as_str())).collect();
    writeln!(out, "  {}", title.trim_end())?;
    writeln!(out, "  {}", lifelines(&roles, None).trim_end())?;
    for (place, message) in purchase.wire.iter().enumerate() {
        life::scenes(out, purchase, place, &lifelines(&roles, None))?;
        let Sent { kind, bytes, .. } = message;
        let session = if message.session { "  s" } else { "" };
        let line = lifelines(&roles, Some(message));
        writeln!(out, "  {line}  {:1}  {kind:<15} {bytes:>6} bytes{session}", kind.arrow())?;
    }
    Ok(())
}

/// Which messages are under a session, if some are.
fn sessions(out: &mut String, Purchase { wire, .. }: &Purchase) -> Result<()> {
    let is_under = |is_handshake: bool| {
        wire.iter().filter(move |sent| sent.kind.is_handshake() == is_handshake).map(|sent| sent.session)
    };
    if is_under(false).any(|session| session) {
        let all =
            if is_under(false).all(|session| session) { "all messages about the order" } else { "not all messages" };
        writeln!(out, "\n  s  under a session: {all}, and the acknowledgements; the other messages make the sessions")?;
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
    let rows = rows(form, fields.iter());
    let label = rows.iter().map(|row| row.label.len()).max().unwrap_or_default();
    let title: String = readable.iter().map(|(role, _)| cell(role, role.as_str())).collect();
    writeln!(out, "  {:label$}  {}", "", title.trim_end())?;
    for row in rows {
        let marks = readable.iter().map(|(role, read)| cell(role, mark(form, role, &row, row.is_in(read))));
        let sent = form.recipients().iter().any(|entry| row.is_shown_to(entry));
        let remark = if sent { "" } else { "in no part: it stayed with the card holder" };
        writeln!(out, "{}", format!("  {:label$}  {}{remark}", row.label, marks.collect::<String>()).trim_end())?;
    }
    writeln!(out, "\n  ● read   ○ in its part, which stayed sealed   · sealed to it")?;
    Ok(())
}

/// More fields than these below one selector are one row.
const MOST: usize = 8;

/// A row of a table: a field, or all below a selector. Whoever sees one of these sees all of them.
pub struct Row<'a> {
    pub label: String,
    fields: Vec<&'a FieldName>,
}

impl Row<'_> {
    /// Whether all of it is in a list.
    pub fn is_in(&self, fields: &[FieldName]) -> bool {
        self.fields.iter().all(|field| fields.contains(field))
    }

    fn is_shown_to(&self, entry: &FormEntry) -> bool {
        self.fields.iter().all(|field| entry.selectors.sees(field))
    }
}

/// The rows for fields, which ascend: an order of many lines is folded to a row of its own.
pub fn rows<'a>(form: &OrderForm, fields: impl Iterator<Item = &'a FieldName>) -> Vec<Row<'a>> {
    let selectors = || form.recipients().iter().flat_map(|entry| entry.selectors.iter());
    let mut rows: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for field in fields {
        let branch = selectors().find(|selector| !selector.is_exact() && selector.matches(field));
        rows.entry(branch.map_or(field.as_str(), Selector::as_str)).or_default().push(field);
    }
    let folded = rows.into_iter().flat_map(|(label, fields)| {
        if fields.len() > MOST {
            return vec![Row { label: format!("{label}  ({} fields)", fields.len()), fields }];
        }
        let single = |field: &'a FieldName| Row { label: field.to_string(), fields: vec![field] };
        fields.into_iter().map(single).collect()
    });
    folded.collect()
}

fn mark(form: &OrderForm, role: &Role, row: &Row<'_>, read: bool) -> &'static str {
    let meant = form.recipients().iter().any(|entry| entry.role == *role && row.is_shown_to(entry));
    match (read, meant) {
        (true, _) => "●",
        (false, true) => "○",
        (false, false) => "·",
    }
}

/// What came of it.
fn outcome(out: &mut String, purchase: &Purchase) -> Result<()> {
    match &purchase.outcome {
        Outcome::Delivered { .. } if purchase.story.is_some() => {}
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
