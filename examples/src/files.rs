//! Files that are whole, or not there, whenever the process ends. Nobody else who has an account on the machine can
//! read them.
//!
//! A program that keeps a directory takes its [lock] before it looks at anything in it. A file counts as missing where
//! the system says that it is not found, and any other failure is an error.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::path::{Path, PathBuf};

use polyseal::rand_core::Rng;

use crate::program::os_rng;

/// The ending of a file that is being written. After a crash it is rubbish.
const UNFINISHED: &str = ".unfinished";

/// The content of a program's own file of at most so many bytes, if there is one.
pub fn read(path: &Path, most: u64) -> Result<Option<Vec<u8>>> {
    is_plain(path)?;
    read_any(path, most)
}

fn read_any(path: &Path, most: u64) -> Result<Option<Vec<u8>>> {
    match File::open(path).and_then(|file| read_from(file, most)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::Other => Err(blame(path)(error)),
        Err(error) => Err(blame(path)(Error::new(error.kind(), format!("it cannot be read: {error}")))),
    }
}

/// The same of a file that has to be there.
pub fn require(path: &Path, most: u64) -> Result<Vec<u8>> {
    read(path, most)?.ok_or_else(|| missing(path))
}

/// The content of a file that somebody names. It may be what another program writes.
pub fn given(path: &Path, most: u64) -> Result<Vec<u8>> {
    read_any(path, most)?.ok_or_else(|| missing(path))
}

fn missing(path: &Path) -> Error {
    blame(path)(Error::new(ErrorKind::NotFound, "there is no such file: correct the path"))
}

/// Whether a file of a program's own can be opened: if something is there, a file. To open a pipe would wait for ever.
pub fn is_plain(path: &Path) -> Result<()> {
    match path.metadata() {
        Ok(there) if !there.is_file() => {
            let other =
                Error::new(ErrorKind::InvalidInput, "it is no file: remove it, or restore the file from a backup");
            Err(blame(path)(other))
        }
        // What else is wrong shows when it is opened.
        _ => Ok(()),
    }
}

/// Reads to the end, which has to come within so many bytes.
pub fn read_from(reader: impl Read, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= most) {
        Ok(bytes)
    } else {
        Err(Error::other(format!("it has more than {most} bytes, which is too much: give another file")))
    }
}

/// Whether there is anything of this name, a link that leads nowhere included.
pub fn is_there(path: &Path) -> Result<bool> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
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

/// A directory of this process alone, until this is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "it is locked while it is open")] File);

/// Locks a directory that is there. Fails at once if another process has it.
pub fn lock(dir: &Path) -> Result<Lock> {
    lock_file(dir, "lock")
}

/// The same by a file of another name, for a part of what is in the directory.
pub fn lock_file(dir: &Path, name: &str) -> Result<Lock> {
    let path = dir.join(name);
    is_safe(dir).map_err(blame(dir))?;
    is_plain(&path)?;
    let file = private().write(true).create(true).truncate(false).open(&path).map_err(blame(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => {
            let busy = Error::new(ErrorKind::WouldBlock, "another process is at work there: wait for its end");
            Err(blame(dir)(busy))
        }
        Err(TryLockError::Error(error)) => Err(blame(&path)(error)),
    }
}

/// Whoever can write in a directory can put other files in place of its own.
fn is_safe(dir: &Path) -> Result<()> {
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&dir.metadata()?.permissions()) & 0o002 != 0 {
        return Err(Error::new(ErrorKind::PermissionDenied, "everybody can write there: take that away (chmod o-w)"));
    }
    Ok(())
}

/// Stores a file, unless it is there. Gives its content in both cases.
pub fn once<E: From<std::io::Error>>(
    path: &Path,
    most: u64,
    make: impl FnOnce() -> core::result::Result<Vec<u8>, E>,
) -> core::result::Result<Vec<u8>, E> {
    if let Some(bytes) = read(path, most)? {
        return Ok(bytes);
    }
    let bytes = make()?;
    store(path, &bytes)?;
    Ok(bytes)
}

/// Stores a file in place of one that is there, which is the program's own. When this returns it is on the disk.
pub fn store(path: &Path, bytes: &[u8]) -> Result<()> {
    place(path, bytes)?;
    sync_names(path).map_err(blame(path))
}

/// The same, but its name is on the disk only after [`sync_names`], which will do for many files of a directory.
pub fn place(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut unfinished = Unfinished::beside(path)?;
    unfinished.write(bytes).and_then(|()| std::fs::rename(&unfinished.path, path)).map_err(blame(path))?;
    unfinished.is_gone = true;
    Ok(())
}

/// A file that somebody has asked for, and that must not be there yet. Made before the work that its content takes, so
/// that a path that will not do is found out first. Dropped, it leaves nothing.
pub struct Output {
    path: PathBuf,
    unfinished: Unfinished,
}

impl Output {
    pub fn new(path: &Path) -> Result<Self> {
        if is_there(path)? {
            return Err(blame(path)(Error::new(ErrorKind::AlreadyExists, "it exists: name another file")));
        }
        Ok(Self { path: path.into(), unfinished: Unfinished::beside(path)? })
    }

    /// Puts it there, whole, and never in place of another.
    pub fn finish(mut self, bytes: &[u8]) -> Result<()> {
        let Self { path, unfinished } = &mut self;
        let put = unfinished.write(bytes).and_then(|()| match std::fs::hard_link(&unfinished.path, &*path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => put_new(path, bytes),
            linked => linked,
        });
        put.and_then(|()| sync_names(path)).map_err(blame(path))
    }
}

/// For file systems on which no file has two names.
fn put_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = private().write(true).create_new(true).open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.inspect_err(|_| drop(std::fs::remove_file(path)))
}

/// A name beside a file that nobody else has. The file's own is not repeated: it may be as long as the system takes.
pub fn unfinished(path: &Path) -> PathBuf {
    path.with_file_name(OsString::from(format!(".{:016x}{UNFINISHED}", os_rng().next_u64())))
}

/// A file that is being written, under a name that nobody else has. Dropped, it is removed.
struct Unfinished {
    path: PathBuf,
    file: File,
    is_gone: bool,
}

impl Unfinished {
    fn beside(path: &Path) -> Result<Self> {
        if path.file_name().is_none() {
            return Err(blame(path)(Error::new(ErrorKind::InvalidInput, "this is no name of a file: correct it")));
        }
        let own = unfinished(path);
        let file = private().write(true).create_new(true).open(&own).map_err(blame(path))?;
        Ok(Self { path: own, file, is_gone: false })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes)?;
        self.file.sync_all()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_gone {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Removes what was being written in a directory of the program's own when a process ended.
pub fn remove_unfinished(dir: &Path) -> Result<()> {
    let remove = || {
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let is_ours = name.to_str().is_some_and(|name| {
                let own = name.strip_prefix('.').and_then(|name| name.strip_suffix(UNFINISHED));
                own.is_some_and(|own| own.len() == 16 && own.bytes().all(|digit| digit.is_ascii_hexdigit()))
            });
            if is_ours && entry.file_type()?.is_file() {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    };
    remove().map_err(blame(dir))
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
