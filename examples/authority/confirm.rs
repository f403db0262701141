//! Asking before something that cannot be taken back.

use std::io::{BufRead, BufReader, IsTerminal, Read};

use crate::Result;
use polyseal_examples::program::say_aside;

/// Bytes of an answer.
const LONGEST: u64 = 16;

/// Goes on if the answer is yes, or was given in advance.
pub(crate) fn ask(question: &str, yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err("there is no terminal to ask on: give --yes".into());
    }
    say_aside(&format!("{question} [y/N] "));
    let mut answer = String::new();
    BufReader::new(std::io::stdin().take(LONGEST))
        .read_line(&mut answer)
        .map_err(|error| format!("standard input: {error}"))?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err("the answer was not yes: nothing has been done".into()),
    }
}
