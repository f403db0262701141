//! A story: what happens to an order once the card manager has answered.

use core::str::FromStr;

use polyseal::message::Consignment;
use polyseal::order::Amount;

type Result<T> = core::result::Result<T, String>;

/// A step, and how the story has it.
pub struct Step {
    pub text: String,
    pub what: What,
}

/// What happens.
pub enum What {
    /// The seller dispatches a consignment to the delivery service.
    Dispatch(Consignment),
    /// The delivery service delivers one, or cannot, for this reason.
    Report { number: u16, failure: Option<String> },
    /// The card holder asks the seller to dispatch nothing more.
    Withdraw,
    /// The seller asks the card manager to cancel the order, or to refund a sum, which it may refuse for a reason.
    Demand { sum: Option<Amount>, refusal: Option<String> },
}

/// The steps of a story. A complaint names the step.
pub fn steps(texts: Vec<String>) -> Result<Vec<Step>> {
    if texts.is_empty() {
        return Err("nothing happens: give the list a step, such as \"dispatch 1, last\"".into());
    }
    let step = |(place, text): (usize, String)| match text.parse() {
        Ok(what) => Ok(Step { text, what }),
        Err(complaint) => Err(at(place, &text, &complaint)),
    };
    (1..).zip(texts).map(step).collect()
}

/// A complaint about a step, by its place from 1.
pub fn at(place: usize, text: &str, complaint: &str) -> String {
    format!("step {place}, \"{text}\": {complaint}")
}

impl FromStr for What {
    type Err = String;

    fn from_str(text: &str) -> Result<Self> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match (word, rest) {
            ("dispatch", rest) => consignment(rest).map(Self::Dispatch),
            ("delivered", rest) => Ok(Self::Report { number: number(rest)?.number(), failure: None }),
            ("failed", rest) => {
                let (failed, reason) = rest.split_once(": ").ok_or("say why: write \"failed 1: nobody home\"")?;
                Ok(Self::Report { number: number(failed)?.number(), failure: Some(reason.into()) })
            }
            ("withdraw", "") => Ok(Self::Withdraw),
            ("cancel" | "cancel,", rest) => {
                // Nothing, or a refusal without its comma.
                let refusal = match (word, rest) {
                    ("cancel", "") => None,
                    ("cancel,", rest) => Some(rest.strip_prefix("refused: ").ok_or(CANCEL)?.into()),
                    _ => return Err(CANCEL.into()),
                };
                Ok(Self::Demand { sum: None, refusal })
            }
            ("refund", rest) => {
                let (sum, refusal) = match rest.split_once(", refused: ") {
                    Some((sum, reason)) => (sum, Some(reason.into())),
                    None => (rest, None),
                };
                let sum = sum.parse().map_err(|error| format!("\"{sum}\" is no sum: {error}"))?;
                Ok(Self::Demand { sum: Some(sum), refusal })
            }
            _ => Err("there is no such step: write dispatch, delivered, failed, withdraw, cancel or refund, as in \
                      examples/README.md"
                .into()),
        }
    }
}

const CANCEL: &str = "write \"cancel\", or \"cancel, refused: REASON\"";

/// `1`, or for the last one `2, last` or `2 of 2`.
fn consignment(text: &str) -> Result<Consignment> {
    let (first, is_last) = if let Some(first) = text.strip_suffix(", last") {
        (first, true)
    } else if let Some((first, count)) = text.split_once(" of ") {
        if number(first)?.number() > number(count)?.number() {
            return Err(format!("there is no {first} of {count}: count from 1 to {count}"));
        }
        (first, first == count)
    } else {
        (text, false)
    };
    of(first, is_last)
}

fn number(text: &str) -> Result<Consignment> {
    of(text, false)
}

fn of(text: &str, is_last: bool) -> Result<Consignment> {
    // Written in one way only, as amounts are.
    let number = text.parse().ok().filter(|number: &u16| number.to_string() == text);
    let number = number.ok_or_else(|| format!("\"{text}\" is no number of a consignment: write 1, 2 and so on"))?;
    Consignment::new(number, is_last).map_err(|error| format!("{error}: correct the number"))
}
