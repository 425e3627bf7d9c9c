//! A file that appears under its name only when it is whole.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// Grows under a hidden name beside its own; without [`PartFile::keep`] nothing is left of it.
#[derive(Debug)]
pub(super) struct PartFile {
    path: PathBuf,
    /// The hidden name; none for what is not a plain file (a pipe, a terminal): that is written directly.
    part: Option<PathBuf>,
}

impl PartFile {
    /// Makes the file; fails where the folder is missing or must not be written.
    pub(super) fn create(path: &Path) -> anyhow::Result<(Self, File)> {
        let is_plain = std::fs::metadata(path).map_or(true, |found| found.is_file());
        let part = match path.file_name() {
            Some(name) if is_plain => {
                let mut hidden = std::ffi::OsString::from(".");
                hidden.push(name);
                hidden.push(".part");
                Some(path.with_file_name(hidden))
            }
            _ => None,
        };
        let file = File::create(part.as_deref().unwrap_or(path))
            .with_context(|| format!("write {}", path.display()))?;
        let path = path.to_owned();
        Ok((Self { path, part }, file))
    }

    /// Gives the file its name, replacing what was there.
    pub(super) fn keep(mut self) -> anyhow::Result<()> {
        if let Some(part) = &self.part {
            std::fs::rename(part, &self.path)
                .with_context(|| format!("write {}", self.path.display()))?;
            self.part = None;
        }
        Ok(())
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if let Some(part) = &self.part
            && let Err(error) = std::fs::remove_file(part)
        {
            tracing::warn!("remove {}: {error}", part.display());
        }
    }
}
