//! The architecture, held: src/lib.rs lists the modules in the order in which data flows, and a module uses only those
//! above it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

use std::fs;
use std::path::{Path, PathBuf};

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

/// The modules that a line of code names as `crate::module`, alone or in a list.
fn used(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    for rest in line.split("crate::").skip(1) {
        let list = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or(rest, |(list, _)| list);
        let single = list.len() == rest.len();
        for path in list.split(',').take(if single { 1 } else { usize::MAX }) {
            let name: String = path.trim().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            names.push(name);
        }
    }
    names
}

#[test]
fn a_module_uses_only_those_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
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
        let own = file.strip_prefix(&src).unwrap().iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        let own_place = place(own).unwrap_or_else(|| panic!("{own} is not in src/lib.rs"));
        for line in fs::read_to_string(file).unwrap().lines().filter(|line| !line.trim_start().starts_with("//")) {
            for name in used(line) {
                let Some(at) = place(&name) else { continue };
                uses += 1;
                let above = at < own_place || name == own;
                assert!(above, "{}: uses `{name}`, which is below `{own}`:\n{line}", file.display());
            }
        }
    }
    assert!(uses > 50, "only {uses} uses were found");
}
