//! What is printed of an order's life: the steps of a story, the receipts, and the books.

use core::fmt::Write;

use polyseal::order::Amount;
use serde_json::Value;

use super::object;
use crate::outcome::{Books, Consigned, PaidBack, Purchase, Record, Scene};
use crate::program::Result;
use crate::text::one_line;

/// What `--json` has of it.
pub(super) fn json(purchase: &Purchase) -> Vec<(&'static str, Value)> {
    let mut report = Vec::new();
    if !purchase.receipts.is_empty() {
        report.push(("receipts", object(purchase.receipts.iter().map(|record| (&record.role, receipt(record))))));
    }
    if let Some(told) = &purchase.story {
        let step = |scene: &Scene| {
            object([
                ("step", scene.step.clone().into()),
                ("messages", Value::from(scene.ends.saturating_sub(scene.begins))),
                ("refused", scene.refused.clone().into()),
            ])
        };
        if !told.scenes.is_empty() {
            report.push(("story", told.scenes.iter().map(step).collect()));
        }
        report.push(("booked", books(&told.books)));
    }
    report
}

fn receipt(Record { status, is_withdrawn, refunded, consignments, .. }: &Record) -> Value {
    let consignment = |Consigned { to, number, is_last, outcome }: &Consigned| {
        object([
            ("to", Value::from(to.as_str())),
            ("number", (*number).into()),
            ("last", (*is_last).into()),
            ("outcome", outcome.clone().into()),
        ])
    };
    object([
        ("status", Value::from(*status)),
        ("withdrawn", (*is_withdrawn).into()),
        ("refunded", refunded.as_ref().map(ToString::to_string).into()),
        ("consignments", consignments.iter().map(consignment).collect()),
    ])
}

fn books(Books { approved, paid_back, rest }: &Books) -> Value {
    let sum = |sum: &Option<Amount>| Value::from(sum.as_ref().map(ToString::to_string));
    let back = |is_reversal: bool| paid_back.iter().filter(move |one| one.is_reversal == is_reversal);
    object([
        ("approved", sum(approved)),
        ("refunded", back(false).map(|one| one.sum.to_string()).collect()),
        ("reversed", back(true).map(|one| one.sum.to_string()).next().into()),
        ("rest", sum(rest)),
    ])
}

/// The steps of a story whose messages begin at a place on the wire, between lines under the roles.
pub(super) fn scenes(out: &mut String, purchase: &Purchase, place: usize, lines: &str) -> Result<()> {
    let scenes = purchase.story.iter().flat_map(|told| &told.scenes);
    for Scene { step, refused, .. } in scenes.filter(|scene| scene.begins == place) {
        writeln!(out, "  {lines}  {}", one_line(step))?;
        if let Some(refusal) = refused {
            writeln!(out, "  {lines}     refused: {}", one_line(refusal))?;
        }
    }
    Ok(())
}

/// The receipts and, after a story, the end and the books.
pub(super) fn text(out: &mut String, purchase: &Purchase) -> Result<()> {
    if let Some(told) = &purchase.story {
        writeln!(out, "In the end: {}", told.end)?;
    }
    if !purchase.receipts.is_empty() {
        writeln!(out, "\nReceipts to the card holder:\n")?;
        for record in &purchase.receipts {
            writeln!(out, "  {:<16}  {}", record.role.as_str(), one_line(&said(record)))?;
        }
    }
    let Some(told) = &purchase.story else { return Ok(()) };
    writeln!(out, "\nBooked by the card-manager:\n")?;
    let Books { approved, paid_back, rest } = &told.books;
    let mut line = |what: String, sum: Option<&Amount>| {
        writeln!(out, "  {what:<16}  {:>12}", sum.map_or_else(|| "nothing".into(), ToString::to_string))
    };
    line("approved".into(), approved.as_ref())?;
    for PaidBack { is_reversal, number, sum } in paid_back {
        line(format!("{} ({number})", if *is_reversal { "reversed" } else { "refunded" }), Some(sum))?;
    }
    line("the rest".into(), rest.as_ref())?;
    Ok(())
}

/// What a record says, in a line.
fn said(Record { role, status, is_withdrawn, refunded, consignments }: &Record) -> String {
    let mut said = vec![(*status).to_owned()];
    said.extend(is_withdrawn.then(|| "withdrawn".into()));
    said.extend(refunded.iter().filter(|sum| !sum.is_zero()).map(|sum| format!("refunded {sum}")));
    said.extend(consignments.iter().map(|Consigned { to, number, is_last, outcome }| {
        let last = if *is_last { " (last)" } else { "" };
        let to = if to == role { String::new() } else { format!("{to} ") };
        format!("{to}{number}{last} {}", outcome.as_deref().unwrap_or("on its way"))
    }));
    said.join("; ")
}
