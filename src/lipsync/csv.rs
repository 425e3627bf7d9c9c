//! A mouth as CSV rows at any frame rate, written as the poses come.

use std::io::Write;

use super::{Error, MOUTH_RATE, Result, half_step};
use crate::media::{ARKIT_NAMES, Blendshapes, FrameRate, MediaTime, MouthTrack};

/// Writes `track` as `time,` + the 52 ARKit names, one row per frame of `rate` from 0 to the end of the track's sound.
///
/// `time` is in seconds and says when the pose is to be shown, on the timeline of the sound.
///
/// # Errors
/// When the writer fails.
pub fn write_csv(track: &MouthTrack, rate: FrameRate, writer: &mut dyn Write) -> Result<()> {
    let mut rows = CsvRows::of(track.start, track.rate, rate, writer)?;
    rows.push(&track.frames)?;
    rows.finish()?;
    Ok(())
}

/// Writes rows as [`write_csv`] does, from poses that come piece by piece: a second of them is held, not more.
#[derive(Debug)]
pub struct CsvRows<W: Write> {
    writer: W,
    rate: FrameRate,
    /// Rows written.
    written: u64,
    /// The poses that the next row may need.
    track: MouthTrack,
    /// The instant of the very first pose.
    start: MediaTime,
    /// Poses that were taken and dropped.
    dropped: u64,
}

impl<W: Write> CsvRows<W> {
    /// Writes the header. The poses are those of [`super::LipSync::push`], `rate` is that of the rows.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn new(rate: FrameRate, writer: W) -> Result<Self> {
        Self::of(half_step(), MOUTH_RATE, rate, writer)
    }

    fn of(start: MediaTime, pose_rate: FrameRate, rate: FrameRate, mut writer: W) -> Result<Self> {
        writeln!(writer, "time,{}", ARKIT_NAMES.join(",")).map_err(Error::Csv)?;
        Ok(Self {
            writer,
            rate,
            written: 0,
            track: MouthTrack {
                start,
                rate: pose_rate,
                frames: Vec::new(),
            },
            start,
            dropped: 0,
        })
    }

    /// Takes the next poses and writes the rows that lie before the last of them.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn push(&mut self, poses: &[Blendshapes]) -> Result<()> {
        self.track.frames.extend_from_slice(poses);
        let taken = self.dropped + self.track.frames.len() as u64;
        let last = self.start + self.track.rate.pts_of(taken.saturating_sub(1));
        while taken > 0 && self.rate.pts_of(self.written) <= last {
            self.row()?;
        }
        self.drop_passed();
        Ok(())
    }

    /// Writes the rows up to the end of the sound and gives their number.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn finish(mut self) -> Result<u64> {
        // Each pose stands for one step of sound.
        let taken = self.dropped + self.track.frames.len() as u64;
        let rows = self.rate.frames_covering(self.track.rate.pts_of(taken));
        while self.written < rows {
            self.row()?;
        }
        self.writer.flush().map_err(Error::Csv)?;
        Ok(self.written)
    }

    fn row(&mut self) -> Result<()> {
        let at = self.rate.pts_of(self.written);
        self.written += 1;
        write_row(&mut self.writer, at, &self.track.sample(at)).map_err(Error::Csv)
    }

    /// Drops the poses well before the next row.
    fn drop_passed(&mut self) {
        let at = self.rate.pts_of(self.written) - self.track.start;
        let position = at.as_secs_f64() * self.track.rate.as_f64();
        let passed = (position.max(0.0) as usize).saturating_sub(1);
        let passed = passed.min(self.track.frames.len());
        self.track.frames.drain(..passed);
        self.dropped += passed as u64;
        self.track.start = self.start + self.track.rate.pts_of(self.dropped);
    }
}

fn write_row(writer: &mut impl Write, at: MediaTime, pose: &Blendshapes) -> std::io::Result<()> {
    write!(writer, "{:.6}", at.as_secs_f64())?;
    for weight in pose.0 {
        // Most shapes are zero most of the time.
        if weight == 0.0 {
            write!(writer, ",0")?;
        } else {
            write!(writer, ",{weight:.4}")?;
        }
    }
    writeln!(writer)
}
