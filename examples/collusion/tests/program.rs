//! The collusion example, as a program: what it finds on a small network, and the picture that it draws. That what it
//! does is right for every threshold is in `examples/collusion/tests/collusion.rs`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails"
)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use polyseal_testing_programs::{Directory, built};

static COLLUSION: LazyLock<PathBuf> = LazyLock::new(|| built("collusion"));

const SMALL: [&str; 8] = ["--threshold", "20", "--cohorts", "10", "--population", "2000", "--trials", "30"];

/// Runs it. What it prints, and its picture.
fn run(seed: &str) -> (String, String) {
    let home = Directory::new();
    let svg = home.0.join("picture.svg");
    let output = Command::new(&*COLLUSION).args(SMALL).args(["--seed", seed, "--svg"]).arg(&svg).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let (text, path) = text.rsplit_once("\nThe picture: ").unwrap();
    assert_eq!(path.trim_end(), svg.to_str().unwrap());
    (text.into(), std::fs::read_to_string(svg).unwrap())
}

static FIRST: LazyLock<(String, String)> = LazyLock::new(|| run("1"));

/// The numbers in a line.
fn numbers(line: &str) -> Vec<f64> {
    line.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn t_shares_leave_all_open_and_one_more_takes_the_cohort() {
    let (text, _) = &*FIRST;
    let sections: Vec<_> = text.split("\n\n").collect();
    let [open, taken, ..] = sections[..] else { panic!("{text}") };

    // Four keys of one pair, no two alike, and behind each all twenty shares.
    assert!(open.starts_with("20 shares of cohort 0, "));
    let keys: BTreeSet<_> = open.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert!(keys.len() == 4 && keys.iter().all(|key| key.len() == 64), "{open}");
    assert_eq!(open.matches("with 20 of the 20 shares the same").count(), 3);

    assert!(taken.starts_with("21 shares of the same polynomial:"));
    let lines: Vec<_> = taken.lines().skip(1).collect();
    // Shares that are right, shares tried, keys that are right.
    assert_eq!(numbers(lines[0]), [10.0, 10.0, 10.0], "{taken}");
    for (line, tried) in lines[1..].iter().zip([10.0, 10.0, 10.0, 1.0]) {
        assert_eq!(numbers(line), [0.0, tried, 0.0], "{taken}");
    }
    assert_eq!(lines.len(), 5);
    // The same choices again, and others.
    assert_eq!(run("1").0, *text);
    assert_ne!(run("2").0, *text);
}

#[test]
fn what_is_simulated_is_near_the_closed_form() {
    let (text, _) = &*FIRST;
    let rows: Vec<_> = text.lines().map(numbers).filter(|row| row.len() == 7).collect();
    assert!(rows.len() >= 12, "{text}");
    for row in &rows {
        let devices = row[0];
        let [one, few, planned] = [1, 3, 5].map(|at| (row[at], row[at + 1]));
        // 21 of 2000 are 1.05 %.
        let broken = if devices > 1.05 { 100.0 } else { devices };
        assert_eq!(one, (broken, broken), "{row:?}");
        assert_eq!(planned, (devices, devices), "{row:?}");
        // A cohort's load is near 200, but not 200: the closed form is a mean over all ways to fall into cohorts.
        assert!((few.0 - few.1).abs() < 5.0, "{row:?}");
        assert!((few.1 - expected(devices)).abs() < 0.06, "{row:?}");
    }
    // Where 20 % are broken into, all cohorts have fallen.
    assert!(rows.iter().any(|row| (row[0] - 10.0).abs() < 0.1 && row[3] < 60.0 && row[4] < 60.0));
    assert!(rows.iter().all(|row| row[0] < 20.0 || (row[3] > 99.9 && row[4] > 99.9)));
}

/// The closed form once more, term by term: a device's own link, and else the chance that of so many percent of 2000
/// more than 20 are in its cohort, which is one of ten.
fn expected(percent: f64) -> f64 {
    let (own, all) = (percent / 100.0, percent * 20.0);
    let (mut term, mut few) = (0.9_f64.powf(all), 0.0);
    for k in 0..=20 {
        few += term;
        term *= (all - f64::from(k)) / (9.0 * f64::from(k + 1));
    }
    100.0 * (own + (1.0 - own) * (1.0 - few))
}

/// The names of all elements of an XML text, in which every tag has to be closed in its turn.
fn elements(xml: &str) -> Vec<String> {
    let (mut open, mut names) = (Vec::new(), Vec::new());
    for tag in xml.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').unwrap();
        assert!(!text.contains('>') && tag.matches('"').count() % 2 == 0, "{tag}");
        let name = tag.trim_matches('/').split_whitespace().next().unwrap().to_owned();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else {
            if !tag.ends_with('/') {
                open.push(name.clone());
            }
            names.push(name);
        }
    }
    assert!(open.is_empty());
    names
}

#[test]
fn the_picture_shows_the_three_curves() {
    let (_, svg) = &*FIRST;
    let names = elements(svg);
    assert_eq!(names[0], "svg");
    let count = |name: &str| names.iter().filter(|other| *other == name).count();
    // A circle for each simulated point and one in the legend.
    assert_eq!(count("circle"), 3 * 51 + 3);
    assert!(count("polyline") >= 3);
    for text in ["one polynomial", "10 cohorts of 200", "as planned", "links broken", "devices broken into", "100 %"] {
        assert!(svg.contains(text), "{text}");
    }
}

#[test]
fn the_picture_takes_the_place_of_nothing() {
    let home = Directory::new();
    let (kept, link) = (home.0.join("kept.svg"), home.0.join("link.svg"));
    std::fs::write(&kept, "mine").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&kept, &link).unwrap();
    for path in [&kept, &link].into_iter().filter(|path| path.exists()) {
        let output = Command::new(&*COLLUSION).args(SMALL).arg("--svg").arg(path).output().unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && output.stdout.is_empty() && complaint.contains("it exists"));
    }
    // One that comes while it computes, which costs the picture and not the table.
    let late = home.0.join("late.svg");
    let files = || std::fs::read_dir(&home.0).unwrap().count();
    let before = files();
    let mut command = Command::new(&*COLLUSION);
    command.args(SMALL).arg("--svg").arg(&late).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    while files() == before {
        assert!(process.try_wait().unwrap().is_none(), "it was too quick");
    }
    std::fs::write(&late, "another's").unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.code() == Some(1) && String::from_utf8(output.stdout).unwrap().contains("Links broken"));
    for (path, text) in [(&kept, "mine"), (&late, "another's")] {
        assert_eq!(std::fs::read_to_string(path).unwrap(), text);
    }
    assert_eq!(files(), before + 1);
    // Without a path there is no picture.
    let output = Command::new(&*COLLUSION).args(SMALL).env("TMPDIR", &home.0).current_dir(&home.0).output().unwrap();
    assert!(output.status.success() && !String::from_utf8(output.stdout).unwrap().contains("picture"));
    assert_eq!(files(), before + 1);
}

#[test]
fn refusals_are_one_line() {
    let refusal = |arguments: &[&str]| {
        let output = Command::new(&*COLLUSION).args(SMALL).args(arguments).output().unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && complaint.lines().count() == 1 && output.stdout.is_empty());
        complaint
    };
    let repeated = |arguments: &[&str]| {
        let output = Command::new(&*COLLUSION).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert!(refusal(&["--svg", "/nonexistent/picture.svg"]).contains("/nonexistent/picture.svg: "));
    let (status, complaint) = repeated(&["--threshold", "50", "--cohorts", "10", "--population", "100"]);
    assert!(status == Some(1) && complaint.contains("take a larger population") && complaint.lines().count() == 1);
    let (status, complaint) = repeated(&["--threshold", "1", "--cohorts", "2", "--population", "100"]);
    assert!(status == Some(1) && complaint.contains("raise the threshold"), "{complaint}");
    assert_eq!(repeated(&["--cohorts", "1"]).0, Some(2));
}
