//! Files that are whole, or not there, whenever the process ends. Nobody else who has an account on the machine can
//! read them.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::path::{Path, PathBuf};

/// The extension of a file that is being written. After a crash it is rubbish.
pub const UNFINISHED: &str = "unfinished";

/// The content of a file, if there is one.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(blame(path)(error)),
    }
}

/// Makes an error name the file or the directory.
pub fn blame(path: &Path) -> impl Fn(Error) -> Error {
    move |error| Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Makes a directory that its owner alone can look into, unless it is there.
pub fn make_directory(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).and_then(|()| sync_names(path)).map_err(blame(path))
}

/// Stores a file, unless it is there. Gives its content in both cases.
pub fn once<E: From<std::io::Error>>(
    path: &Path,
    make: impl FnOnce() -> core::result::Result<Vec<u8>, E>,
) -> core::result::Result<Vec<u8>, E> {
    if let Some(bytes) = read(path)? {
        return Ok(bytes);
    }
    let bytes = make()?;
    store(path, &bytes)?;
    Ok(bytes)
}

/// Stores a file in place of one that is there. When this returns it is on the disk.
pub fn store(path: &Path, bytes: &[u8]) -> Result<()> {
    place(path, bytes)?;
    sync_names(path).map_err(blame(path))
}

/// The same, but its name is on the disk only after [`sync_names`], which will do for many files of a directory.
pub fn place(path: &Path, bytes: &[u8]) -> Result<()> {
    let unfinished = path.with_extension(UNFINISHED);
    let write = || {
        match std::fs::remove_file(&unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = private().write(true).create_new(true).open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&unfinished, path)
    };
    write().map_err(blame(path))
}

/// How a file is opened that is its owner's alone if it is made.
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the name of a file as durable as its content.
pub fn sync_names(path: &Path) -> Result<()> {
    // Elsewhere a directory cannot be opened like this, and need not be.
    match path.parent() {
        // A name without a directory is one in the current directory.
        Some(directory) if cfg!(unix) && directory.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(directory) if cfg!(unix) => File::open(directory)?.sync_all(),
        _ => Ok(()),
    }
}

/// What has been done in the outside world, a line for each deed: written at the end, never
/// changed.
pub struct Journal {
    path: PathBuf,
    file: File,
    lines: Vec<String>,
}

impl Journal {
    pub fn path(dir: &Path) -> PathBuf {
        dir.join("journal")
    }

    /// Opens the journal, or begins one.
    pub fn open(dir: &Path) -> Result<Self> {
        Self::open_file(&Self::path(dir))
    }

    /// The same in a file of another name.
    pub fn open_file(path: &Path) -> Result<Self> {
        let open = || {
            let mut file = private().read(true).append(true).create(true).open(path)?;
            let mut text = String::new();
            file.read_to_string(&mut text)?;
            let text = whole_lines(&text);
            file.set_len(text.len().try_into().map_err(Error::other)?)?;
            file.sync_all()?;
            sync_names(path)?;
            Ok(Self { path: path.into(), file, lines: text.lines().map(str::to_owned).collect() })
        };
        open().map_err(blame(path))
    }

    pub fn has(&self, line: &str) -> bool {
        self.lines().any(|written| written == line)
    }

    /// What was written, in this run and in those before.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    /// Adds a line. When this returns it is on the disk.
    pub fn add(&mut self, line: String) -> Result<()> {
        self.add_all(vec![line])
    }

    /// Adds lines. When this returns they are on the disk; a crash before leaves the first few, or none.
    pub fn add_all(&mut self, lines: Vec<String>) -> Result<()> {
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_all()).map_err(blame(&self.path))?;
        self.lines.extend(lines);
        Ok(())
    }
}

/// The text without a line that has no end. It was being written when the process ended: nobody has acted on it.
pub fn whole_lines(text: &str) -> &str {
    text.rsplit_once('\n').map_or("", |(whole, _)| text.get(..=whole.len()).unwrap_or(text))
}
