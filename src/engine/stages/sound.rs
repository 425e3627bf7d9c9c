//! Sound to packets.

use crossbeam_channel::{Receiver, Sender};

use super::super::Result;
use crate::encode::{OpusEncoder, OpusOptions};
use crate::media::{AudioChunk, Packet, Track};
use crate::output::AudioCodec;

/// Encodes sound as its outputs want it.
pub(super) enum SoundEncoder {
    Opus(Box<OpusEncoder>),
    Pcm,
}

impl SoundEncoder {
    pub(super) fn new(codec: AudioCodec) -> Result<Self> {
        Ok(match codec {
            AudioCodec::Opus => Self::Opus(Box::new(OpusEncoder::new(OpusOptions::default())?)),
            AudioCodec::Pcm => Self::Pcm,
        })
    }

    pub(super) fn run(
        mut self,
        inbox: &Receiver<AudioChunk>,
        packets: &Sender<Packet>,
    ) -> Result<()> {
        for chunk in inbox {
            for packet in self.push(&chunk)? {
                if packets.send(packet).is_err() {
                    return Ok(());
                }
            }
        }
        if let Self::Opus(encoder) = &mut self {
            for packet in encoder.flush()? {
                packets.send(packet).ok();
            }
        }
        Ok(())
    }

    fn push(&mut self, chunk: &AudioChunk) -> Result<Vec<Packet>> {
        match self {
            Self::Opus(encoder) => Ok(encoder.push(chunk)?),
            Self::Pcm => {
                let data: Vec<u8> = chunk
                    .samples
                    .iter()
                    .flat_map(|sample| sample.to_le_bytes())
                    .collect();
                let (pts, duration) = (chunk.pts, chunk.duration());
                Ok(vec![Packet {
                    track: Track::Audio,
                    pts,
                    duration,
                    is_keyframe: true,
                    data: data.into(),
                }])
            }
        }
    }
}
