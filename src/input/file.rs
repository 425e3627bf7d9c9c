//! A sound file played as if live: the twin of a microphone for tests and for machines without a sound card.

use std::path::Path;

use super::{Error, Result};
use crate::media::SAMPLE_RATE_HZ;
use crate::sound::SoundFile;

/// Gives a file's samples as they are asked for.
#[derive(Debug)]
pub(super) struct FileFeed {
    /// Gone when it has ended or failed.
    file: Option<SoundFile>,
    pending: Vec<f32>,
}

impl FileFeed {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = SoundFile::open(path, SAMPLE_RATE_HZ).map_err(|source| Error::File {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            file: Some(file),
            pending: Vec::new(),
        })
    }

    pub(super) fn is_open(&self) -> bool {
        self.file.is_some() || !self.pending.is_empty()
    }

    /// Appends `count` samples, silence where there are none; says once when the file fails.
    pub(super) fn pull(
        &mut self,
        count: usize,
        out: &mut Vec<f32>,
    ) -> std::result::Result<(), String> {
        let mut failed = None;
        while self.pending.len() < count
            && let Some(file) = &mut self.file
        {
            match file.read(&mut self.pending) {
                Ok(true) => {}
                Ok(false) => self.file = None,
                Err(error) => {
                    self.file = None;
                    failed = Some(format!("the live sound has broken off: {error}"));
                }
            }
        }
        let given = count.min(self.pending.len());
        out.extend(self.pending.drain(..given));
        out.extend(std::iter::repeat_n(0.0, count - given));
        failed.map_or(Ok(()), Err)
    }
}
