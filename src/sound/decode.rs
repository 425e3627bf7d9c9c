//! Sound files as streams: WAV, FLAC, MP3, Ogg Vorbis and Ogg Opus become blocks of mono samples, however long they are.

mod packets;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::wav::{self, Parser};
use super::{Error, MAX_RATE_HZ, MIN_RATE_HZ, Resampler, Result};
use packets::Packets;

/// Bytes of WAV read at a time.
const READ_BYTES: usize = 64 * 1024;
/// No limit is needed where samples are taken as they come.
const NO_LIMIT_SECS: u32 = u32::MAX / MAX_RATE_HZ;

/// Decodes one sound file, block by block, all channels mixed to one.
#[derive(Debug)]
pub struct Decoder {
    source: Source,
    /// Sample frames given so far.
    frames: u64,
}

#[derive(Debug)]
enum Source {
    Wav(Box<WavFile>),
    Packets(Box<Packets>),
}

#[derive(Debug)]
struct WavFile {
    file: File,
    parser: Parser,
    buffer: Vec<u8>,
    rate_hz: u32,
    ended: bool,
}

impl Decoder {
    /// Opens a file; what it is is told by its bytes, not by its name.
    ///
    /// # Errors
    /// When the file cannot be read, is empty, or is no sound that is read here.
    pub fn open(path: &Path) -> Result<Self> {
        let mut file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(Error::NotSound("it is a folder".to_owned()));
        }
        let mut head = [0; 256];
        let count = read_up_to(&mut file, &mut head)?;
        let head = &head[..count];
        file.seek(SeekFrom::Start(0))?;
        let source = match head {
            [] => return Err(Error::Empty("the file has no bytes")),
            [b'R', b'I', b'F', b'F', ..] => Source::Wav(Box::new(WavFile::open(file)?)),
            _ => Source::Packets(Box::new(Packets::open(file, head)?)),
        };
        let decoder = Self { source, frames: 0 };
        let rate = decoder.sample_rate_hz();
        if !(MIN_RATE_HZ..=MAX_RATE_HZ).contains(&rate) {
            return Err(Error::NotSound(format!(
                "it has {rate} samples per second, and {MIN_RATE_HZ} to {MAX_RATE_HZ} are read"
            )));
        }
        Ok(decoder)
    }

    /// Samples per second.
    pub fn sample_rate_hz(&self) -> u32 {
        match &self.source {
            Source::Wav(wav) => wav.rate_hz,
            Source::Packets(packets) => packets.rate_hz(),
        }
    }

    /// Channels in the file, at least 1.
    pub fn channels(&self) -> usize {
        match &self.source {
            Source::Wav(wav) => wav.parser.channels().unwrap_or(1),
            Source::Packets(packets) => packets.channels(),
        }
    }

    /// How the sound is stored: `WAV`, `FLAC`, `MP3`, `Vorbis`, `Opus`.
    pub fn codec(&self) -> &'static str {
        match &self.source {
            Source::Wav(_) => "WAV",
            Source::Packets(packets) => packets.codec(),
        }
    }

    /// Seconds of sound as the file's header or its size tell; may be missing or, in an MP3, an estimate.
    pub fn announced_secs(&self) -> Option<f64> {
        match &self.source {
            Source::Wav(wav) => wav.parser.announced_secs(),
            Source::Packets(packets) => packets.announced_secs(),
        }
    }

    /// Samples (of any channel) so far that were not finite and became silence.
    pub fn broken_samples(&self) -> u64 {
        match &self.source {
            Source::Wav(wav) => wav.parser.broken_samples(),
            Source::Packets(packets) => packets.broken_samples(),
        }
    }

    /// Packets so far that could not be decoded and became silence.
    pub fn damaged_packets(&self) -> u64 {
        match &self.source {
            Source::Wav(_) => 0,
            Source::Packets(packets) => packets.damaged(),
        }
    }

    /// Appends the next samples to `block` (at most about a second); `false` at the end.
    ///
    /// # Errors
    /// When the file is cut off or damaged beyond decoding, holds no sound at all, or cannot be read.
    pub fn read(&mut self, block: &mut Vec<f32>) -> Result<bool> {
        let before = block.len();
        let more = match &mut self.source {
            Source::Wav(wav) => wav.read(block)?,
            Source::Packets(packets) => packets.read(block)?,
        };
        self.frames += (block.len() - before) as u64;
        if !more && self.frames == 0 {
            return Err(Error::Empty("its header announces no samples"));
        }
        Ok(more)
    }
}

impl WavFile {
    fn open(file: File) -> Result<Self> {
        let mut wav = Self {
            file,
            parser: Parser::new(NO_LIMIT_SECS),
            buffer: vec![0; READ_BYTES],
            rate_hz: 0,
            ended: false,
        };
        // The header ends within the first few blocks; the parser limits it.
        while wav.parser.sample_rate_hz().is_none() && !wav.ended {
            wav.fill()?;
        }
        wav.rate_hz = wav.parser.sample_rate_hz().unwrap_or(0);
        Ok(wav)
    }

    fn read(&mut self, block: &mut Vec<f32>) -> Result<bool> {
        loop {
            let samples = self.parser.take();
            if !samples.is_empty() {
                block.extend_from_slice(&samples);
                return Ok(true);
            }
            if self.ended {
                return Ok(false);
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> Result<()> {
        let count = read_up_to(&mut self.file, &mut self.buffer)?;
        self.parser.push(&self.buffer[..count])?;
        if count == 0 {
            // What was decoded is taken before the end is looked at: `finish` takes the rest.
            let rest = self.parser.finish()?.samples;
            debug_assert!(rest.is_empty(), "samples are taken after every block");
            self.ended = true;
        }
        Ok(())
    }
}

/// Fills `buffer` as far as the source goes.
fn read_up_to(from: &mut impl Read, buffer: &mut [u8]) -> Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(filled)
}

/// Why a file that begins like `head` is not read, in words.
fn not_sound(head: &[u8], words: &str) -> Error {
    Error::NotSound(match wav::looks_like(head) {
        Some(kind) => format!("its bytes look like {kind} ({words})"),
        None => words.to_owned(),
    })
}

/// A sound file at the rate one wants it.
#[derive(Debug)]
pub struct SoundFile {
    decoder: Decoder,
    resampler: Resampler,
    block: Vec<f32>,
    ended: bool,
}

impl SoundFile {
    /// Opens a file whose sound comes out at `rate_hz`.
    ///
    /// # Errors
    /// As [`Decoder::open`], or when `rate_hz` is outside [`MIN_RATE_HZ`]..=[`MAX_RATE_HZ`].
    pub fn open(path: &Path, rate_hz: u32) -> Result<Self> {
        let decoder = Decoder::open(path)?;
        let resampler = Resampler::new(decoder.sample_rate_hz(), rate_hz)?;
        Ok(Self {
            decoder,
            resampler,
            block: Vec::new(),
            ended: false,
        })
    }

    /// What is decoded.
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// Appends the next samples to `output`; `false` when there are no more. May give none and still go on.
    ///
    /// # Errors
    /// As [`Decoder::read`].
    pub fn read(&mut self, output: &mut Vec<f32>) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.block.clear();
        if self.decoder.read(&mut self.block)? {
            self.resampler.push(&self.block, output)?;
        } else {
            self.resampler.finish(output)?;
            self.ended = true;
        }
        Ok(true)
    }
}
