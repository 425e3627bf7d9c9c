//! WAV, read as it arrives and written.
//!
//! Programs that write WAV into a pipe cannot know its length when they write the header: a length of 0 or close to the
//! largest number means "until the end". Any other length is a promise, and a file that breaks it is refused.

use std::io::{Read, Seek, Write};
use std::path::Path;

use super::resample::{MAX_RATE_HZ, MIN_RATE_HZ};
use super::{Error, Result};

/// Announced lengths in these ranges mean "unknown" (espeak-ng writes 0x7FFF_F000, others 0xFFFF_FFFF).
const UNKNOWN_LENGTHS: [std::ops::RangeInclusive<u32>; 3] =
    [0..=0, 0x7FFF_0000..=0x7FFF_FFFF, 0xFFFF_0000..=u32::MAX];
/// Chunks in front of the sound (lists, cover pictures) may hold this many bytes in all.
const MAX_HEADER_BYTES: usize = 1 << 20;
/// The most channels that are mixed down.
const MAX_CHANNELS: u16 = 32;

/// A mono sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Wav {
    /// Samples in -1..=1, all channels mixed to one.
    pub samples: Vec<f32>,
    /// Samples per second.
    pub sample_rate_hz: u32,
}

/// How one sample is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// Whole numbers of 1 (unsigned) to 4 bytes.
    Int,
    /// Floating point of 4 or 8 bytes.
    Float,
}

#[derive(Clone, Copy, Debug)]
struct Format {
    encoding: Encoding,
    bytes_per_sample: usize,
    channels: usize,
    sample_rate_hz: u32,
}

/// Reads a WAV that arrives in pieces of any size.
#[derive(Debug)]
pub struct Parser {
    pending: Vec<u8>,
    stage: Stage,
    format: Option<Format>,
    samples: Vec<f32>,
    limit_secs: u32,
    header_bytes: usize,
    broken: u64,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Riff,
    Chunk,
    Skip { left: u64 },
    Sound { announced: Option<u64>, found: u64 },
    Done,
}

impl Parser {
    /// A parser that refuses more than `limit_secs` seconds of sound.
    pub fn new(limit_secs: u32) -> Self {
        Self {
            pending: Vec::new(),
            stage: Stage::Riff,
            format: None,
            samples: Vec::new(),
            limit_secs,
            header_bytes: 0,
            broken: 0,
        }
    }

    /// The sample rate, once the header is through.
    pub fn sample_rate_hz(&self) -> Option<u32> {
        self.format.map(|format| format.sample_rate_hz)
    }

    /// Channels that are mixed to one, once the header is through.
    pub fn channels(&self) -> Option<usize> {
        self.format.map(|format| format.channels)
    }

    /// Seconds of sound that the header announces, if it knows.
    pub fn announced_secs(&self) -> Option<f64> {
        let (format, Stage::Sound { announced, .. }) = (self.format?, self.stage) else {
            return None;
        };
        let per_sec = format.bytes_per_sample * format.channels * format.sample_rate_hz as usize;
        Some(announced? as f64 / per_sec as f64)
    }

    /// Samples (of any channel) so far that were not finite and became silence.
    pub fn broken_samples(&self) -> u64 {
        self.broken
    }

    /// The samples read and not yet taken.
    pub fn take(&mut self) -> Vec<f32> {
        std::mem::take(&mut self.samples)
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// When this is not a WAV, one that is not supported, or one that is too long.
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        if matches!(self.stage, Stage::Done) {
            return Ok(());
        }
        self.pending.extend_from_slice(bytes);
        while self.step()? {}
        Ok(())
    }

    /// Ends the stream.
    ///
    /// # Errors
    /// When the header or announced sound is missing.
    pub fn finish(&mut self) -> Result<Wav> {
        match self.stage {
            Stage::Riff if self.pending.is_empty() => {
                return Err(Error::NotWav("there are no bytes at all".to_owned()));
            }
            Stage::Riff => return Err(not_riff(&self.pending)),
            Stage::Chunk | Stage::Skip { .. } => {
                return Err(Error::NotWav(
                    "the file ends before any sound: it is cut off or damaged".to_owned(),
                ));
            }
            Stage::Sound {
                announced: Some(announced),
                found,
            } if found < announced => return Err(Error::Truncated { announced, found }),
            Stage::Sound { .. } | Stage::Done => {}
        }
        Ok(Wav {
            samples: self.take(),
            sample_rate_hz: self.sample_rate_hz().unwrap_or(0),
        })
    }

    /// Does one thing with what is pending; false when more bytes are needed.
    fn step(&mut self) -> Result<bool> {
        match self.stage {
            Stage::Riff => {
                if self.pending.len() < 12 {
                    return Ok(false);
                }
                if &self.pending[..4] != b"RIFF" || &self.pending[8..12] != b"WAVE" {
                    return Err(not_riff(&self.pending));
                }
                self.drop_bytes(12)?;
                self.stage = Stage::Chunk;
                Ok(true)
            }
            Stage::Chunk => self.chunk(),
            Stage::Skip { left } => {
                let now = usize::try_from(left)
                    .unwrap_or(usize::MAX)
                    .min(self.pending.len());
                self.drop_bytes(now)?;
                let left = left - now as u64;
                self.stage = if left == 0 {
                    Stage::Chunk
                } else {
                    Stage::Skip { left }
                };
                Ok(left == 0)
            }
            Stage::Sound { announced, found } => self.sound(announced, found),
            Stage::Done => {
                self.pending.clear();
                Ok(false)
            }
        }
    }

    fn drop_bytes(&mut self, count: usize) -> Result<()> {
        self.pending.drain(..count);
        self.header_bytes += count;
        if self.header_bytes > MAX_HEADER_BYTES {
            return Err(Error::NotWav("more than 1 MiB before any sound".to_owned()));
        }
        Ok(())
    }

    /// Reads the head of a chunk, and the format.
    fn chunk(&mut self) -> Result<bool> {
        if self.pending.len() < 8 {
            return Ok(false);
        }
        let size = u32_at(&self.pending, 4);
        match &self.pending[..4] {
            b"fmt " => {
                if !(16..=1024).contains(&size) {
                    return Err(Error::NotWav(format!("a format of {size} bytes")));
                }
                let whole = 8 + size as usize;
                if self.pending.len() < whole {
                    return Ok(false);
                }
                self.format = Some(Format::read(&self.pending[8..whole])?);
                self.drop_bytes(whole)?;
                self.stage = Stage::Skip {
                    left: u64::from(size % 2),
                };
            }
            b"data" => {
                if self.format.is_none() {
                    return Err(Error::NotWav(
                        "the sound comes before its format".to_owned(),
                    ));
                }
                self.drop_bytes(8)?;
                let known = !UNKNOWN_LENGTHS.iter().any(|range| range.contains(&size));
                self.stage = Stage::Sound {
                    announced: known.then_some(u64::from(size)),
                    found: 0,
                };
            }
            _ => {
                self.drop_bytes(8)?;
                self.stage = Stage::Skip {
                    left: u64::from(size) + u64::from(size % 2),
                };
            }
        }
        Ok(true)
    }

    /// Decodes the whole frames that are pending.
    fn sound(&mut self, announced: Option<u64>, found: u64) -> Result<bool> {
        let Some(format) = self.format else {
            return Err(Error::NotWav(
                "the sound comes before its format".to_owned(),
            ));
        };
        let wanted = announced.map_or(u64::MAX, |all| all - found);
        let available = usize::try_from(wanted)
            .unwrap_or(usize::MAX)
            .min(self.pending.len());
        let frame = format.bytes_per_sample * format.channels;
        let whole = available / frame * frame;
        let last = announced.is_some() && available as u64 == wanted;
        if self.samples.len() + whole / frame
            > self.limit_secs as usize * format.sample_rate_hz as usize
        {
            return Err(Error::TooLong {
                limit_secs: self.limit_secs,
            });
        }
        for frame in self.pending[..whole].chunks_exact(frame) {
            let mut sum = 0.0;
            for bytes in frame.chunks_exact(format.bytes_per_sample) {
                let sample = decode(bytes, format.encoding);
                if sample.is_finite() {
                    sum += sample;
                } else {
                    self.broken += 1;
                }
            }
            self.samples.push(sum / format.channels as f32);
        }
        let used = if last { available } else { whole };
        self.pending.drain(..used);
        self.stage = if last {
            Stage::Done
        } else {
            Stage::Sound {
                announced,
                found: found + used as u64,
            }
        };
        Ok(last)
    }
}

impl Format {
    fn read(bytes: &[u8]) -> Result<Self> {
        let mut tag = u16_at(bytes, 0);
        let channels = u16_at(bytes, 2);
        let sample_rate_hz = u32_at(bytes, 4);
        let bits = u16_at(bytes, 14);
        if tag == 0xFFFE && bytes.len() >= 26 {
            // The extensible form names the encoding in the first two bytes of a long id.
            tag = u16_at(bytes, 24);
        }
        let encoding = match (tag, bits) {
            (1, 8 | 16 | 24 | 32) => Encoding::Int,
            (3, 32 | 64) => Encoding::Float,
            (1 | 3, _) => return Err(Error::Unsupported(format!("{bits} bits per sample"))),
            (2 | 0x11, _) => return Err(Error::Unsupported("ADPCM".to_owned())),
            (6, _) => return Err(Error::Unsupported("A-law".to_owned())),
            (7, _) => return Err(Error::Unsupported("mu-law".to_owned())),
            (0x55, _) => return Err(Error::Unsupported("MP3 inside WAV".to_owned())),
            _ => return Err(Error::Unsupported(format!("encoding {tag:#06x}"))),
        };
        if !(1..=MAX_CHANNELS).contains(&channels) {
            return Err(Error::Unsupported(format!("sound of {channels} channels")));
        }
        if !(MIN_RATE_HZ..=MAX_RATE_HZ).contains(&sample_rate_hz) {
            return Err(Error::Unsupported(format!(
                "a sample rate of {sample_rate_hz} Hz (outside {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz)"
            )));
        }
        Ok(Self {
            encoding,
            bytes_per_sample: usize::from(bits / 8),
            channels: usize::from(channels),
            sample_rate_hz,
        })
    }
}

/// One sample from its little-endian bytes.
fn decode(bytes: &[u8], encoding: Encoding) -> f32 {
    match (encoding, bytes) {
        (Encoding::Int, [a]) => (f32::from(*a) - 128.0) / 128.0,
        (Encoding::Int, [a, b]) => f32::from(i16::from_le_bytes([*a, *b])) / 32_768.0,
        (Encoding::Int, [a, b, c]) => i32::from_le_bytes([0, *a, *b, *c]) as f32 / 2_147_483_648.0,
        (Encoding::Int, [a, b, c, d]) => {
            i32::from_le_bytes([*a, *b, *c, *d]) as f32 / 2_147_483_648.0
        }
        (Encoding::Float, [a, b, c, d]) => f32::from_le_bytes([*a, *b, *c, *d]),
        (Encoding::Float, [a, b, c, d, e, f, g, h]) => {
            f64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]) as f32
        }
        _ => 0.0,
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// What the first bytes of something that is not WAV look like, if they are known.
pub(super) fn looks_like(bytes: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(200)])
        .trim_start()
        .to_owned();
    match bytes {
        [b'I', b'D', b'3', ..] | [0xFF, 0xE2..=0xFF, ..] => Some("MP3"),
        [b'O', b'g', b'g', b'S', ..] => Some("Ogg"),
        [b'f', b'L', b'a', b'C', ..] => Some("FLAC"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("MP4"),
        _ if text.starts_with('<') => Some("HTML or XML"),
        _ if text.starts_with('{') => Some("JSON"),
        _ => None,
    }
}

/// Says what the bytes look like instead.
fn not_riff(bytes: &[u8]) -> Error {
    match looks_like(bytes) {
        Some(kind) => Error::NotWav(format!("these bytes look like {kind}, not WAV")),
        None if bytes.starts_with(b"RIFF") => {
            Error::NotWav("the file ends inside its header".to_owned())
        }
        None => Error::NotWav("the bytes do not start like a WAV file".to_owned()),
    }
}

/// Reads a whole WAV of at most `limit_secs` seconds.
///
/// # Errors
/// As [`Parser::push`] and [`Parser::finish`], or when reading fails.
pub fn read(mut from: impl Read, limit_secs: u32) -> Result<Wav> {
    let mut parser = Parser::new(limit_secs);
    let mut block = vec![0; 64 * 1024];
    loop {
        match from.read(&mut block) {
            Ok(0) => return parser.finish(),
            Ok(count) => parser.push(&block[..count])?,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Writes interleaved samples as 16-bit WAV, rounded and clipped.
///
/// # Errors
/// When writing fails.
pub fn write(
    to: impl Write + Seek,
    samples: &[f32],
    channels: u16,
    sample_rate_hz: u32,
) -> Result<()> {
    let spec = hound::WavSpec {
        channels,
        sample_rate: sample_rate_hz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(to, spec)?;
    for sample in samples {
        // A float-to-int cast saturates; NaN becomes 0.
        writer.write_sample((sample * 32_768.0).round() as i16)?;
    }
    writer.finalize()?;
    Ok(())
}

/// Writes interleaved samples into a 16-bit WAV file.
///
/// # Errors
/// When the file cannot be made or written.
pub fn write_file(path: &Path, samples: &[f32], channels: u16, sample_rate_hz: u32) -> Result<()> {
    let file = std::fs::File::create(path)?;
    write(
        std::io::BufWriter::new(file),
        samples,
        channels,
        sample_rate_hz,
    )
}
