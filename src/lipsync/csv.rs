//! A mouth track as CSV rows at any frame rate.

use std::io::Write;

use super::{Error, Result};
use crate::media::{ARKIT_NAMES, FrameRate, MouthTrack};

/// Writes `track` as `time,` + the 52 ARKit names, one row per frame of `rate` from 0 to the end of the track's sound.
///
/// `time` is in seconds and says when the pose is to be shown, on the timeline of the sound.
///
/// # Errors
/// When the writer fails.
pub fn write_csv(track: &MouthTrack, rate: FrameRate, writer: &mut dyn Write) -> Result<()> {
    rows(track, rate, writer).map_err(Error::Csv)
}

fn rows(track: &MouthTrack, rate: FrameRate, writer: &mut dyn Write) -> std::io::Result<()> {
    writeln!(writer, "time,{}", ARKIT_NAMES.join(","))?;
    // Each pose stands for one step of sound.
    let duration = track.rate.pts_of(track.frames.len() as u64);
    for index in 0..rate.frames_covering(duration) {
        let at = rate.pts_of(index);
        write!(writer, "{:.6}", at.as_secs_f64())?;
        for weight in track.sample(at).0 {
            // Most shapes are zero most of the time.
            if weight == 0.0 {
                write!(writer, ",0")?;
            } else {
                write!(writer, ",{weight:.4}")?;
            }
        }
        writeln!(writer)?;
    }
    writer.flush()
}
