//! Asking before something that cannot be taken back.

use std::io::{IsTerminal, Write};

use crate::Result;

/// Goes on if the answer is yes, or was given in advance.
pub(crate) fn ask(question: &str, yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err("there is no terminal to ask on: give --yes".into());
    }
    eprint!("{question} [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err("the answer was not yes: nothing has been done".into()),
    }
}
