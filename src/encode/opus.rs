//! Sound at 48 kHz to Opus packets of 20 ms.

use bytes::Bytes;
use opus::{Application, Bitrate, Channels, Encoder, Signal};

use super::{Error, Result};
use crate::media::{AudioChunk, MediaTime, Packet, SAMPLE_RATE_HZ, Track};

const CODEC: &str = "Opus";
/// 20 ms, the frame WebRTC expects, in samples per channel.
const FRAME_SAMPLES: usize = 960;
/// The largest packet libopus recommends room for, in bytes.
const MAX_PACKET_BYTES: usize = 4000;

/// How sound is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpusOptions {
    /// 1 or 2.
    pub channels: u16,
    /// Bits per second aimed at.
    pub bitrate_bps: i32,
    /// Share of packets expected to be lost, per cent; above 0 turns in-band FEC on.
    pub expected_loss_percent: u8,
}

impl Default for OpusOptions {
    /// Mono speech with room for music, with FEC against 5 % loss.
    fn default() -> Self {
        Self {
            channels: 1,
            bitrate_bps: 64_000,
            expected_loss_percent: 5,
        }
    }
}

/// A running Opus encoder. Takes chunks of any length and gives packets of 20 ms.
#[derive(Debug)]
pub struct OpusEncoder {
    encoder: Encoder,
    channels: u16,
    pending: Vec<f32>,
    /// The pts of the first packet: earlier than its sound by what the codec delays it.
    first_pts: Option<MediaTime>,
    lookahead: MediaTime,
    packets: u64,
}

impl OpusEncoder {
    /// Makes an encoder.
    ///
    /// # Errors
    /// When libopus refuses the settings.
    pub fn new(options: OpusOptions) -> Result<Self> {
        let start = |source: opus::Error| Error::Start {
            codec: CODEC,
            source: Box::new(source),
        };
        let channels = if options.channels == 2 {
            Channels::Stereo
        } else {
            Channels::Mono
        };
        let mut encoder =
            Encoder::new(SAMPLE_RATE_HZ, channels, Application::Audio).map_err(start)?;
        encoder
            .set_bitrate(Bitrate::Bits(options.bitrate_bps))
            .map_err(start)?;
        encoder.set_signal(Signal::Voice).map_err(start)?;
        encoder
            .set_inband_fec(options.expected_loss_percent > 0)
            .map_err(start)?;
        encoder
            .set_packet_loss_perc(i32::from(options.expected_loss_percent))
            .map_err(start)?;
        let lookahead = usize::try_from(encoder.get_lookahead().map_err(start)?).unwrap_or(0);
        let lookahead = MediaTime::from_samples(lookahead);
        let channels = options.channels.clamp(1, 2);
        Ok(Self {
            encoder,
            channels,
            pending: Vec::new(),
            first_pts: None,
            lookahead,
            packets: 0,
        })
    }

    /// Encodes what is complete. Chunks follow each other without gaps; the pts of the first one starts the count.
    ///
    /// # Errors
    /// When libopus fails.
    pub fn push(&mut self, chunk: &AudioChunk) -> Result<Vec<Packet>> {
        self.first_pts.get_or_insert(chunk.pts - self.lookahead);
        self.pending.extend_from_slice(&chunk.samples);
        let frame = FRAME_SAMPLES * usize::from(self.channels);
        let mut packets = Vec::new();
        let mut taken = 0;
        while self.pending.len() - taken >= frame {
            packets.push(self.encode(taken, frame)?);
            taken += frame;
        }
        self.pending.drain(..taken);
        Ok(packets)
    }

    /// Encodes the rest, filled up with silence.
    ///
    /// # Errors
    /// When libopus fails.
    pub fn flush(&mut self) -> Result<Vec<Packet>> {
        if self.pending.is_empty() {
            return Ok(Vec::new());
        }
        let frame = FRAME_SAMPLES * usize::from(self.channels);
        self.pending.resize(frame, 0.0);
        let packet = self.encode(0, frame)?;
        self.pending.clear();
        Ok(vec![packet])
    }

    fn encode(&mut self, start: usize, len: usize) -> Result<Packet> {
        let first = self.first_pts.unwrap_or_default();
        let pts = first + MediaTime::from_samples(FRAME_SAMPLES * self.packets as usize);
        let data = self
            .encoder
            .encode_vec_float(&self.pending[start..start + len], MAX_PACKET_BYTES)
            .map_err(|source| Error::Encode {
                codec: CODEC,
                pts,
                source: Box::new(source),
            })?;
        self.packets += 1;
        let duration = MediaTime::from_samples(FRAME_SAMPLES);
        Ok(Packet {
            track: Track::Audio,
            pts,
            duration,
            is_keyframe: true,
            data: Bytes::from(data),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_of_any_length_become_packets_of_20_ms() {
        let tone: Vec<f32> = (0..48_000).map(|i| (i as f32 * 0.1).sin() * 0.3).collect();
        let encode = |block: usize| {
            let mut encoder = OpusEncoder::new(OpusOptions::default()).unwrap();
            let mut packets = Vec::new();
            for (i, part) in tone.chunks(block).enumerate() {
                let pts = MediaTime::from_samples(i * block);
                let chunk = AudioChunk {
                    pts,
                    channels: 1,
                    samples: part.to_vec(),
                };
                packets.extend(encoder.push(&chunk).unwrap());
            }
            packets.extend(encoder.flush().unwrap());
            packets
        };
        let packets = encode(1600);
        assert_eq!(packets.len(), 50);
        assert!(
            packets
                .iter()
                .enumerate()
                .all(|(i, p)| p.pts == MediaTime(960 * i as i64 - 312)),
            "what a decoder gives for a packet sounds 312 samples after the packet's pts"
        );
        assert_eq!(packets, encode(1920));
    }
}
