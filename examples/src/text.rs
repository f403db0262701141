//! What people see: nothing in it is invisible, moves the cursor or turns the direction of writing.

use serde_json::Value;

/// Columns of a line of help.
const COLUMNS: usize = 80;
/// Letters at the beginning and at the end of a complaint that is too long: what is wrong, and the mend.
const ENDS: [usize; 2] = [400, 200];

/// Whether a letter can be seen for what it is, on its line. Letters of all scripts can.
pub fn is_visible(c: char) -> bool {
    let is_blank = matches!(
        c,
        // Joiners, fillers, vowels without a sign and selectors of variants: the standard library takes them for letters.
        // Those that join letters of a living script show as what they make of them, and stay.
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{2d7f}' | '\u{1107f}' | '\u{16fe4}' | '\u{1d159}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    // A mark that combines needs a letter before it. All separators but the space, what formats, what turns the direction
    // and what is not assigned come out escaped.
    let is_escaped = || ['a', c].iter().collect::<String>().escape_debug().nth(1) == Some('\\');
    !is_blank && (matches!(c, '"' | '\'' | '\\') || !is_escaped())
}

/// A text in one line, with what cannot be seen escaped.
pub fn one_line(text: &str) -> String {
    escaped(text, |_| false)
}

/// A text of lines, with what cannot be seen escaped.
pub fn lines(text: &str) -> String {
    escaped(text, |c| c == '\n')
}

fn escaped(text: &str, keeps: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_visible(c) || keeps(c) { shown.push(c) } else { shown.extend(c.escape_default()) }
    }
    shown
}

/// A complaint in one line of bounded length.
pub fn complaint(text: &str) -> String {
    let line = one_line(text);
    let [first, last] = ENDS;
    let length = line.chars().count();
    if length <= first.saturating_add(last) {
        return line;
    }
    let begin: String = line.chars().take(first).collect();
    let end: String = line.chars().skip(length.saturating_sub(last)).collect();
    format!("{begin} … {end}")
}

/// One JSON value and nothing else, with the escapes of JSON for what cannot be seen.
pub fn json(value: &Value) -> String {
    let mut text = String::new();
    for c in format!("{value:#}\n").chars() {
        if c == '\n' || is_visible(c) {
            text.push(c);
        } else {
            text.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

/// A text whose lines keep within 80 columns. What is folded stands below its first line's text, which after two spaces
/// follows the name of an option.
pub fn fold(text: &str) -> String {
    let mut folded = String::new();
    for line in text.lines() {
        if line.chars().count() > COLUMNS {
            fold_line(&mut folded, line);
        } else {
            folded.push_str(line);
        }
        folded.push('\n');
    }
    folded
}

fn fold_line(folded: &mut String, line: &str) {
    let begins = line.len().saturating_sub(line.trim_start_matches(' ').len());
    let named = line.get(begins..).and_then(|rest| Some(begins.saturating_add(rest.find("  ")?)));
    let (head, text) = line.split_at(named.unwrap_or(begins));
    let (gap, text) = text.split_at(text.len().saturating_sub(text.trim_start_matches(' ').len()));
    let indent = [head, gap].map(|part| part.chars().count()).iter().sum();
    folded.push_str(head);
    folded.push_str(gap);
    let mut column: usize = indent;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > indent && column.saturating_add(length).saturating_add(1) > COLUMNS {
            folded.push('\n');
            folded.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            folded.push(' ');
            column = column.saturating_add(1);
        }
        folded.push_str(word);
        column = column.saturating_add(length);
    }
}
