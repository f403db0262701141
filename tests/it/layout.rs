//! The layout of the project, held: src/lib.rs lists the modules in the order in which data flows, and a module uses
//! only those above it; and what the documents name is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// What a path names in the root of the crate, with all that a list in braces adds. The path begins this many modules
/// below the root.
fn named(path: &str, below: usize, names: &mut Vec<String>) {
    if let Some(rest) = path.strip_prefix("super::") {
        named(rest, below.saturating_sub(1), names);
    } else if let Some(list) = path.strip_prefix('{') {
        let mut open = 0_usize;
        let is_between = |c: char| {
            match c {
                '{' => open += 1,
                '}' if open == 0 => return true,
                '}' => open -= 1,
                _ => return open == 0 && c == ',',
            }
            false
        };
        for path in list.split_inclusive(is_between) {
            named(path.trim_start(), below, names);
            // The rest is beyond the list.
            if path.matches('}').count() > path.matches('{').count() {
                break;
            }
        }
    } else if below == 0 {
        let end = path.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '*').unwrap_or(path.len());
        names.extend(path.get(..end).filter(|name| !name.is_empty()).map(str::to_owned));
    }
}

/// What a source file names in the root of the crate. For a file directly under src/ the depth is 1.
fn used(text: &str, depth: usize) -> Vec<String> {
    let code: String = text.split_inclusive('\n').filter(|line| !line.trim_start().starts_with("//")).collect();
    let (mut names, mut rest) = (Vec::new(), code.as_str());
    // The indentations of the modules that are open inside this file.
    let mut inside = Vec::new();
    for line in code.split_inclusive('\n') {
        let indentation = line.len() - line.trim_start().len();
        if inside.last() == Some(&indentation) && line.trim() == "}" {
            inside.pop();
        }
        for (at, _) in line.match_indices("crate::") {
            named(rest.get(at + "crate::".len()..).unwrap(), 0, &mut names);
        }
        for (at, _) in line.match_indices("super::") {
            if !line.get(..at).unwrap().ends_with("super::") {
                named(rest.get(at..).unwrap(), depth + inside.len(), &mut names);
            }
        }
        let is_module = line.split_whitespace().rev().nth(2) == Some("mod") && line.trim_end().ends_with('{');
        if is_module {
            inside.push(indentation);
        }
        rest = rest.get(line.len()..).unwrap();
    }
    names
}

#[test]
fn what_a_file_uses_is_seen_however_it_is_written() {
    let nothing: [&str; 0] = [];
    for (text, depth, expected) in [
        ("use crate::order::Entry;\n", 1, &["order"][..]),
        ("use super::order::Entry;\n", 1, &["order"]),
        ("use super::order::Entry;\n", 2, &nothing),
        ("use super::super::order::Entry;\n", 2, &["order"]),
        ("use self::super::super::super::order::Entry;\n", 3, &["order"]),
        ("let entry: super::order::Entry = crate::wire::entry();\n", 1, &["wire", "order"]),
        ("use crate::{order::{Entry, Order},\n    wire};\nuse seal::{a, b};\n", 4, &["order", "wire"]),
        ("use super::{\n    super::order::Entry,\n    wire,\n};\n", 2, &["order"]),
        (
            "mod tests {\n    use super::wire;\n    use super::super::order;\n}\nuse super::seal;\n",
            1,
            &["order", "seal"],
        ),
        ("use super::*;\n", 1, &["*"]),
        ("use crate::Entry;\n", 1, &["Entry"]),
        ("    // As crate::order does.\n", 1, &nothing),
    ] {
        assert_eq!(used(text, depth), expected, "{text}");
    }
}

#[test]
fn a_module_uses_only_those_above_it() {
    let src = root().join("src");
    let lib = fs::read_to_string(src.join("lib.rs")).unwrap();
    let order: Vec<&str> = lib
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    assert!(order.len() > 10, "the list of modules was not found: {order:?}");
    let place = |name: &str| order.iter().position(|module| *module == name);

    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut uses = 0;
    for file in files.iter().filter(|file| !file.ends_with("lib.rs")) {
        let path = file.strip_prefix(&src).unwrap();
        let own = path.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        let own_place = place(own).unwrap_or_else(|| panic!("{own} is not in src/lib.rs"));
        for name in used(&fs::read_to_string(file).unwrap(), path.iter().count()) {
            // What src/lib.rs exports has no place.
            let at = place(&name).unwrap_or_else(|| panic!("{}: `{name}` is not from a module", file.display()));
            uses += 1;
            assert!(at < own_place || name == own, "{}: uses `{name}`, which is below `{own}`", file.display());
        }
    }
    assert!(uses > 50, "only {uses} uses were found");
}

/// The folders of which a document names files by their path from the root.
const FOLDERS: [&str; 9] = [".ci/", "benches/", "checks/", "crates/", "docs/", "examples/", "fuzz/", "src/", "tests/"];

/// A document names a file in code, a test as "`file`: `test`, `test`", and links to a file by its path from the
/// document.
#[test]
fn what_the_documents_name_is_there() {
    for (document, least) in [
        ("SPEC.md", 0),
        ("docs/patent.md", 30),
        ("docs/choices.md", 0),
        ("docs/exports.md", 0),
        ("docs/operating.md", 0),
        ("docs/proofs.md", 15),
        ("SECURITY.md", 20),
        ("README.md", 4),
        ("CONTRIBUTING.md", 5),
        ("CHANGELOG.md", 3),
        ("benches/README.md", 3),
        ("checks/README.md", 5),
        ("checks/models/README.md", 3),
        ("crates/postgres/README.md", 0),
        ("crates/redb/README.md", 0),
        ("examples/README.md", 3),
        ("fuzz/README.md", 3),
        ("tests/vectors/README.md", 30),
    ] {
        let path = root().join(document);
        let text = fs::read_to_string(&path).unwrap();
        let mut named = 0;
        let mut source: Option<String> = None;
        // Text and code alternate.
        let pieces: Vec<_> = text.split('`').collect();
        for [between, code] in pieces.as_chunks().0 {
            if let Some(source) = &source
                && [": ", ", "].contains(between)
                && !code.contains('/')
            {
                assert!(source.contains(&format!("fn {code}(")), "{document}: no test {code}");
                continue;
            }
            source = None;
            for word in code.split_whitespace().filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder))) {
                let file = root().join(word.trim_end_matches(':'));
                assert!(file.exists(), "{document}: no {word}");
                named += 1;
                if code.strip_suffix(".rs").is_some() {
                    source = fs::read_to_string(file).ok();
                }
            }
        }
        assert!(named >= least, "{document} names {named} files only");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            let is_elsewhere = link.starts_with('#') || link.contains("://");
            let file = path.with_file_name(link.split('#').next().unwrap());
            assert!(is_elsewhere || file.exists(), "{document}: no {link}");
        }
    }
}

/// The requirements that a text cites, also as "O-6 to O-8".
fn cited(text: &str) -> BTreeSet<String> {
    let is_id = |word: &&str| {
        let digits = word.get(2..).unwrap_or_default();
        word.starts_with(|c: char| c.is_ascii_uppercase()) && word.get(1..2) == Some("-") && is_number(digits)
    };
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
    let mut ids: BTreeSet<_> = words.iter().copied().filter(is_id).map(str::to_owned).collect();
    for range in words.windows(3).filter(|words| words[1] == "to" && is_id(&words[0]) && is_id(&words[2])) {
        let [first, last] = [range[0], range[2]].map(|id| id[2..].parse::<u32>().unwrap());
        ids.extend((first..=last).map(|number| format!("{}{number}", &range[0][..2])));
    }
    ids
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A requirement stands in `SPEC.md`, or on the page of exports that belongs to it, with its id in bold, and is cited by the code that holds it and by a test that
/// shows it: one in Rust, or a vector.
#[test]
fn the_code_and_a_test_cite_each_requirement() {
    let spec = ["SPEC.md", "docs/exports.md"].map(|page| fs::read_to_string(root().join(page)).unwrap()).concat();
    let required: BTreeSet<String> = spec
        .split("**")
        .skip(1)
        .step_by(2)
        .filter_map(|bold| {
            let ids = cited(bold);
            ids.into_iter().find(|id| id == bold)
        })
        .collect();
    assert!(required.len() > 100, "{} requirements: are they still written like that?", required.len());

    let (mut code, mut tests, mut files) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    sources(&root().join("src"), &mut files);
    sources(&root().join("tests"), &mut files);
    for file in files {
        let of_tests = file.starts_with(root().join("tests")) || file.ends_with("tests.rs");
        match file.extension().and_then(|name| name.to_str()) {
            Some("rs") if of_tests => tests.extend(cited(&fs::read_to_string(&file).unwrap())),
            Some("rs") => {
                let text = fs::read_to_string(&file).unwrap();
                let (own, inner) = text.split_once("#[cfg(test)]\nmod tests {").unwrap_or((&text, ""));
                code.extend(cited(own));
                tests.extend(cited(inner));
            }
            Some("json") if of_tests => {
                let text = fs::read_to_string(&file).unwrap();
                let musts = text.split("\"must\": \"").skip(1).filter_map(|rest| rest.split('"').next());
                tests.extend(musts.map(str::to_owned));
            }
            _ => {}
        }
    }
    let lacking = |by: &BTreeSet<String>| required.difference(by).cloned().collect::<Vec<_>>();
    assert_eq!(lacking(&code), [""; 0], "no code cites these");
    assert_eq!(lacking(&tests), [""; 0], "no test cites these");

    // A requirement without an invalid vector names a test instead, and that cites it.
    let vectors = fs::read_to_string(root().join("tests/vectors/README.md")).unwrap();
    let mut shown = 0;
    for row in vectors.lines().filter_map(|line| line.strip_prefix("| ")) {
        let Some((id, rest)) = row.split_once(" | ").filter(|(id, _)| required.contains(*id)) else { continue };
        for file in rest.split('`').filter(|code| Path::new(code).extension().is_some_and(|name| name == "rs")) {
            assert!(cited(&fs::read_to_string(root().join(file)).unwrap()).contains(id), "{file} does not cite {id}");
            shown += 1;
        }
    }
    assert!(shown > 30, "only {shown} requirements name a test");
}

/// The labels of an error type in a source file, as its `label` gives them.
fn labels(text: &str) -> impl Iterator<Item = &str> {
    let bodies = text.split("pub fn label(&self) -> &'static str {").skip(1);
    let arms = bodies.flat_map(|body| body.split("\n    }\n").next().unwrap().lines());
    arms.filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\","))
}

/// Whoever counts errors by their labels must not count two things as one.
#[test]
fn a_label_names_one_thing() {
    // Two error types say the same of the same thing.
    let shared = [
        "bad-windows",
        "no-such-recipient",
        "other-owner",
        "other-party",
        "rejected",
        "retired-domain",
        "too-long-text",
    ];
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let texts: Vec<_> = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let mut all: Vec<_> = texts.iter().flat_map(|text| labels(text)).filter(|label| !shared.contains(label)).collect();
    assert!(all.len() > 100, "{} labels: are they still written like that?", all.len());
    all.sort_unstable();
    for pair in all.windows(2) {
        assert_ne!(pair[0], pair[1], "a label of two errors");
    }
}
