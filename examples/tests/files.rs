//! What all programs keep in files: nothing is there in part, nothing is replaced that is not theirs, and what a crash does
//! not explain is not repaired.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use polyseal_examples::files::{self, Output};
use polyseal_examples::journal::{Journal, Last, Log};
use polyseal_testing_programs::Directory;

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_output_is_whole_and_takes_no_others_place() {
    let dir = Directory::new();
    let path = dir.0.join("out");
    Output::new(&path).unwrap().finish(b"whole").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"whole");
    assert_eq!(Output::new(&path).err().unwrap().kind(), ErrorKind::AlreadyExists);
    // Nor one that came meanwhile, nor what a link leads to, be it there or not.
    let late = dir.0.join("late");
    let output = Output::new(&late).unwrap();
    fs::write(&late, b"another's").unwrap();
    assert_eq!(output.finish(b"mine").unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&late).unwrap(), b"another's");
    #[cfg(unix)]
    for target in ["out", "nothing"] {
        let link = dir.0.join(format!("link-to-{target}"));
        std::os::unix::fs::symlink(dir.0.join(target), &link).unwrap();
        assert_eq!(Output::new(&link).err().unwrap().kind(), ErrorKind::AlreadyExists);
        fs::remove_file(link).unwrap();
    }
    // One that is not finished leaves nothing, and a path that will not do is found out at the beginning.
    drop(Output::new(&dir.0.join("never")).unwrap());
    for wrong in [dir.0.join("no-directory/x"), dir.0.join("out/x"), PathBuf::from("/")] {
        assert!(Output::new(&wrong).is_err(), "{}", wrong.display());
    }
    assert_eq!(names(&dir.0), ["late", "out"]);
}

#[test]
fn a_name_for_what_is_unfinished_is_nobody_elses() {
    let dir = Directory::new();
    let others = ["a.unfinished", ".a.unfinished", ".0123456789abcdefg.unfinished", "unfinished"];
    for name in others {
        fs::write(dir.0.join(name), name).unwrap();
    }
    files::store(&dir.0.join("a"), b"1").unwrap();
    files::store(&dir.0.join("a.b"), b"2").unwrap();
    fs::write(dir.0.join(".0123456789abcdef.unfinished"), "of a crash").unwrap();
    fs::create_dir(dir.0.join(".fedcba9876543210.unfinished")).unwrap();
    files::remove_unfinished(&dir.0).unwrap();
    let mut expected: Vec<_> = others.into_iter().chain(["a", "a.b", ".fedcba9876543210.unfinished"]).collect();
    expected.sort_unstable();
    assert_eq!(names(&dir.0), expected);
    // A name of all the letters that there may be leaves no room for an ending.
    files::store(&dir.0.join("n".repeat(255)), b"3").unwrap();
}

#[test]
fn a_directory_is_one_process_s_alone() {
    let dir = Directory::new();
    let lock = files::lock(&dir.0).unwrap();
    let busy = files::lock(&dir.0).unwrap_err();
    assert!(busy.kind() == ErrorKind::WouldBlock && busy.to_string().contains("another process is at work"));
    drop(lock);
    drop(files::lock(&dir.0).unwrap());
    assert_eq!(files::lock(&dir.0.join("none")).unwrap_err().kind(), ErrorKind::NotFound);
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        fs::set_permissions(&dir.0, mode).unwrap();
        assert!(files::lock(&dir.0).unwrap_err().to_string().contains("chmod o-w"));
    }
}

#[test]
fn what_cannot_be_read_is_not_missing() {
    let dir = Directory::new();
    let path = dir.0.join("file");
    assert_eq!((files::read(&path, 3).unwrap(), files::is_there(&path).unwrap()), (None, false));
    fs::write(&path, "abc").unwrap();
    assert_eq!(files::read(&path, 3).unwrap().unwrap(), b"abc");
    // Too long, a directory, below a file, a name that is too long.
    assert!(files::read(&path, 2).unwrap_err().to_string().contains("too much"));
    assert!(files::read(&dir.0, 9).is_err());
    for wrong in [path.join("below"), dir.0.join("n".repeat(256))] {
        assert!(files::read(&wrong, 9).is_err() && files::is_there(&wrong).is_err(), "{}", wrong.display());
    }
    #[cfg(target_os = "linux")]
    {
        let zeros = Path::new("/dev/zero");
        assert!(files::given(zeros, 1 << 20).unwrap_err().to_string().contains("too much"));
        // A program's own are files: to open a pipe would wait for ever.
        let pipe = dir.0.join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for wrong in [zeros, &pipe] {
            let complaints = [
                files::read(wrong, 9).unwrap_err(),
                Log::open(wrong, |_, _| Ok(Last::Whole)).err().unwrap(),
                Log::look(wrong, |_, _| Ok(Last::Whole)).unwrap_err(),
                files::lock_file(wrong.parent().unwrap(), wrong.file_name().unwrap().to_str().unwrap()).unwrap_err(),
            ];
            for complaint in complaints {
                assert!(complaint.to_string().contains("it is no file"), "{complaint}");
            }
        }
    }
}

#[test]
fn a_journal_keeps_every_line_that_is_whole() {
    let dir = Directory::new();
    let path = Journal::path(&dir.0);
    let deeds = |path: &Path| Journal::look(path).unwrap();
    assert!(deeds(&path).is_empty() && !path.exists());
    let mut journal = Journal::open(&path).unwrap();
    for deed in ["first deed", "second", "third deed 12.00 EUR"] {
        journal.add(deed.into()).unwrap();
    }
    drop(journal);
    let whole = fs::read(&path).unwrap();
    let ends: Vec<_> = (1..=whole.len()).filter(|end| whole.get(end - 1) == Some(&b'\n')).collect();
    // Without its first line it is no journal, and an empty one is none either.
    let first = ends.first().unwrap() - 1;
    for length in 0..first {
        fs::write(&path, whole.get(..length).unwrap()).unwrap();
        let complaint = Journal::look(&path).unwrap_err().to_string();
        assert!(complaint.contains("its first line is lost"), "{length}: {complaint}");
        assert!(Journal::open(&path).is_err(), "{length}");
    }
    // Cut anywhere: a line is there once all of it is, with its end or without. What is added stands on a line of its own.
    for length in first..=whole.len() {
        fs::write(&path, whole.get(..length).unwrap()).unwrap();
        let kept = ends.iter().filter(|end| **end <= length + 1).count() - 1;
        assert_eq!(deeds(&path).len(), kept, "{length}");
        Journal::open(&path).unwrap().add("later".into()).unwrap();
        let all = deeds(&path);
        assert_eq!((all.len(), all.last().unwrap().as_str()), (kept + 1, "later"), "{length}");
    }
    // Changed anywhere but in the last line: that no crash explains, and nothing is cut.
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        *changed.get_mut(at).unwrap() ^= 1;
        fs::write(&path, &changed).unwrap();
        if at < whole.len() - 1 {
            let error = Journal::open(&path).err().unwrap().to_string();
            assert!(error.contains("journal: line ") && error.contains("damaged: restore"), "{at}: {error}");
            assert_eq!(fs::read(&path).unwrap(), changed);
        }
    }
}

/// Whoever has the file open while lines come sees all of them or none: so does what a killed process leaves.
#[test]
fn lines_come_together_or_not_at_all() {
    let dir = Directory::new();
    let path = dir.0.join("lines");
    let lines = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let mut log = Log::open(&path, |_, _| Ok(Last::Remains)).unwrap();
    log.add_all(lines(&["a"])).unwrap();
    let mut before = fs::File::open(&path).unwrap();
    log.add_all(lines(&["b", "c"])).unwrap();
    log.add_all(lines(&[])).unwrap();
    log.add_all(lines(&["d"])).unwrap();
    let mut seen = String::new();
    before.read_to_string(&mut seen).unwrap();
    assert_eq!(seen, "a\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), "a\nb\nc\nd\n");
    assert_eq!(log.lines(), ["a", "b", "c", "d"]);
    // Where there is no directory any more, none is added, and it says so.
    fs::remove_dir_all(&dir.0).unwrap();
    assert!(log.add_all(lines(&["e", "f"])).is_err());
    assert_eq!(log.lines(), ["a", "b", "c", "d"]);
}
