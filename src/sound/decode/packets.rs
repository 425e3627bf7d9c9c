//! Compressed sound: containers and decoders of `symphonia`, and `libopus` for Opus.

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder};
use symphonia::core::errors::Error as CodecError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::packet::Packet;

use super::super::{Error, Result};
use super::not_sound;

/// The rate Opus is decoded at, in Hz.
const OPUS_RATE_HZ: u32 = 48_000;
/// The longest Opus packet: 120 ms (RFC 6716, section 3.2.5), in samples per channel.
const OPUS_LONGEST: usize = 5_760;
/// The largest Ogg page: 27 bytes of header, 255 of table, 255 times 255 of data (RFC 3533, section 6).
const OGG_LONGEST_PAGE: u64 = 27 + 255 + 255 * 255;

/// One track of a file.
pub(super) struct Packets {
    format: Box<dyn FormatReader>,
    codec: Codec,
    track: u32,
    rate_hz: u32,
    channels: usize,
    /// Sample frames as the file tells, and whether that is exact.
    announced: Option<u64>,
    announced_exactly: bool,
    given: u64,
    /// Sample frames at the start that the encoder put there (Opus only; other decoders drop them themselves).
    skip: usize,
    interleaved: Vec<f32>,
    broken: u64,
    damaged: u64,
}

enum Codec {
    Known(Box<dyn AudioDecoder>),
    Opus(opus::Decoder),
}

impl fmt::Debug for Packets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packets({}, {} Hz)", self.codec(), self.rate_hz)
    }
}

impl Packets {
    pub(super) fn open(mut file: File, head: &[u8]) -> Result<Self> {
        let is_ogg = head.starts_with(b"OggS");
        if is_ogg && !last_ogg_page_is_whole(&mut file)? {
            return Err(Error::Damaged("its last Ogg page is incomplete".to_owned()));
        }
        let stream = MediaSourceStream::new(Box::new(file), Default::default());
        let format = symphonia::default::get_probe()
            .probe(&Hint::new(), stream, Default::default(), Default::default())
            .map_err(|error| not_sound(head, &error.to_string()))?;
        let track = format
            .default_track(TrackType::Audio)
            .ok_or_else(|| not_sound(head, "it has no sound track"))?;
        let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
            return Err(not_sound(head, "its sound track has no description"));
        };
        let channels = parameters.channels.as_ref().map_or(0, |all| all.count());
        let rate_hz = parameters.sample_rate.unwrap_or(0);
        if channels == 0 {
            return Err(Error::NotSound("it has no channels".to_owned()));
        }
        let codec = Codec::new(parameters, channels, head)?;
        // FLAC counts its samples; an MP3 does so in the same header that tells the encoder's delay, else it is a guess.
        let announced_exactly = head.starts_with(b"fLaC") || (!is_ogg && track.delay.is_some());
        let skip = match codec {
            Codec::Opus(_) => track.delay.unwrap_or(0),
            Codec::Known(_) => 0,
        };
        Ok(Self {
            track: track.id,
            announced: track
                .num_frames
                .map(|frames| frames.saturating_sub(u64::from(skip))),
            announced_exactly,
            skip: skip as usize,
            codec,
            rate_hz,
            channels,
            format,
            given: 0,
            interleaved: Vec::new(),
            broken: 0,
            damaged: 0,
        })
    }

    pub(super) fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    pub(super) fn codec(&self) -> &'static str {
        match &self.codec {
            Codec::Opus(_) => "Opus",
            Codec::Known(decoder) => match decoder.codec_info().short_name {
                "flac" => "FLAC",
                "mp3" => "MP3",
                "vorbis" => "Vorbis",
                other => other,
            },
        }
    }

    pub(super) fn announced_secs(&self) -> Option<f64> {
        Some(self.announced? as f64 / f64::from(self.rate_hz))
    }

    pub(super) fn broken_samples(&self) -> u64 {
        self.broken
    }

    pub(super) fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Appends the samples of the next packet; `false` at the end.
    pub(super) fn read(&mut self, block: &mut Vec<f32>) -> Result<bool> {
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return self.end(),
                Err(CodecError::IoError(error))
                    if error.kind() == std::io::ErrorKind::UnexpectedEof =>
                {
                    return self.end();
                }
                Err(CodecError::IoError(error)) => return Err(error.into()),
                Err(CodecError::ResetRequired) => {
                    let words = "several streams follow each other in it";
                    return Err(Error::NotSound(words.to_owned()));
                }
                Err(error) => return Err(Error::Damaged(error.to_string())),
            };
            if packet.track_id != self.track {
                continue;
            }
            self.interleaved.clear();
            if !self.decode(&packet)? {
                // The time that was lost stays in its place.
                self.damaged += 1;
                let frames = usize::try_from(packet.dur.get()).unwrap_or(0).min(1 << 20);
                self.interleaved.resize(frames * self.channels, 0.0);
            }
            for frame in self.interleaved.chunks_exact(self.channels) {
                let mut sum = 0.0;
                for sample in frame {
                    if sample.is_finite() {
                        sum += sample;
                    } else {
                        self.broken += 1;
                    }
                }
                block.push(sum / self.channels as f32);
            }
            self.given += (self.interleaved.len() / self.channels) as u64;
            return Ok(true);
        }
    }

    /// Fills `interleaved` from `packet`; `false` when the packet cannot be decoded.
    fn decode(&mut self, packet: &Packet) -> Result<bool> {
        match &mut self.codec {
            Codec::Known(decoder) => {
                let sound = match decoder.decode(packet) {
                    Ok(sound) => sound,
                    Err(CodecError::DecodeError(_) | CodecError::IoError(_)) => return Ok(false),
                    Err(error) => return Err(Error::Damaged(error.to_string())),
                };
                let spec = sound.spec();
                if sound.frames() > 0
                    && (spec.rate(), spec.channels().count()) != (self.rate_hz, self.channels)
                {
                    let words = "its rate or its channels change on the way";
                    return Err(Error::NotSound(words.to_owned()));
                }
                sound.copy_to_vec_interleaved(&mut self.interleaved);
            }
            Codec::Opus(decoder) => {
                self.interleaved.resize(OPUS_LONGEST * self.channels, 0.0);
                let Ok(frames) = decoder.decode_float(&packet.data, &mut self.interleaved, false)
                else {
                    return Ok(false);
                };
                let trimmed = usize::try_from(packet.trim_end.get()).unwrap_or(usize::MAX);
                let end = frames.saturating_sub(trimmed);
                let start = self.skip.min(end);
                self.skip -= start;
                self.interleaved.truncate(end * self.channels);
                self.interleaved.drain(..start * self.channels);
            }
        }
        Ok(true)
    }

    /// The end of the file: is it where it should be?
    fn end(&self) -> Result<bool> {
        match self.announced {
            Some(announced) if self.announced_exactly && self.given < announced => {
                let secs = |frames: u64| frames as f64 / f64::from(self.rate_hz);
                Err(Error::Damaged(format!(
                    "its header announces {:.2} s of sound, {:.2} s are there",
                    secs(announced),
                    secs(self.given)
                )))
            }
            _ => Ok(false),
        }
    }
}

impl Codec {
    fn new(parameters: &AudioCodecParameters, channels: usize, head: &[u8]) -> Result<Self> {
        if parameters.codec != CODEC_ID_OPUS {
            return symphonia::default::get_codecs()
                .make_audio_decoder(parameters, &Default::default())
                .map(Self::Known)
                .map_err(|error| not_sound(head, &error.to_string()));
        }
        let layout = match channels {
            1 => opus::Channels::Mono,
            2 => opus::Channels::Stereo,
            _ => {
                let words = format!("Opus of {channels} channels, and 1 or 2 are read");
                return Err(Error::NotSound(words));
            }
        };
        let mut decoder = opus::Decoder::new(OPUS_RATE_HZ, layout)
            .map_err(|error| Error::NotSound(error.to_string()))?;
        // The header's output gain in 1/256 dB (RFC 7845, section 5.1).
        if let Some([low, high]) = parameters.extra_data.as_deref().and_then(|d| d.get(16..18)) {
            let gain = i16::from_le_bytes([*low, *high]);
            decoder
                .set_gain(i32::from(gain))
                .map_err(|error| Error::NotSound(error.to_string()))?;
        }
        Ok(Self::Opus(decoder))
    }
}

/// Whether the last page of an Ogg file is all there. A file may lack the mark of its end (recordings of live streams do),
/// but not a part of a page.
fn last_ogg_page_is_whole(file: &mut File) -> Result<bool> {
    let length = file.metadata()?.len();
    let start = length.saturating_sub(2 * OGG_LONGEST_PAGE);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.take(2 * OGG_LONGEST_PAGE).read_to_end(&mut tail)?;
    file.seek(SeekFrom::Start(0))?;
    let Some(page) = tail.windows(4).rposition(|bytes| bytes == b"OggS") else {
        return Ok(false);
    };
    let page = &tail[page..];
    let whole = page.get(26).and_then(|segments| {
        let table = page.get(27..27 + usize::from(*segments))?;
        Some(27 + table.len() + table.iter().map(|size| usize::from(*size)).sum::<usize>())
    });
    Ok(whole.is_some_and(|whole| page.len() >= whole))
}
