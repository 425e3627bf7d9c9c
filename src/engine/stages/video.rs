//! Pictures to H.264 at a constant frame rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender};

use super::super::Result;
use super::super::clock::Timebase;
use super::Counters;
use crate::encode::H264Encoder;
use crate::media::{FrameRate, MediaTime, Packet, VideoFrame};

/// Encodes pictures and keeps the frame rate constant: a missing picture is the last one again at its own pts.
pub(super) struct VideoStage {
    pub(super) counters: Arc<Counters>,
    pub(super) rate: FrameRate,
    pub(super) wanted: Arc<AtomicBool>,
    pub(super) timebase: Option<Timebase>,
}

impl VideoStage {
    pub(super) fn run(
        self,
        mut encoder: H264Encoder,
        inbox: &Receiver<VideoFrame>,
        packets: &Sender<Packet>,
    ) -> Result<()> {
        let mut last: Option<VideoFrame> = None;
        for frame in inbox {
            let index = |pts: MediaTime| (pts.as_secs_f64() * self.rate.as_f64()).round() as u64;
            if let Some(mut again) = last.take() {
                for missing in index(again.pts) + 1..index(frame.pts) {
                    again.pts = self.rate.pts_of(missing);
                    self.counters.repeated.fetch_add(1, Ordering::Relaxed);
                    self.encode(&mut encoder, &again, packets)?;
                }
            }
            self.encode(&mut encoder, &frame, packets)?;
            if let Some(timebase) = &self.timebase {
                let delay = u64::try_from((timebase.now() - frame.pts).0).unwrap_or(0);
                self.counters
                    .picture_delay
                    .fetch_add(delay, Ordering::Relaxed);
            }
            last = Some(frame);
        }
        for packet in encoder.flush() {
            packets.send(packet).ok();
        }
        Ok(())
    }

    fn encode(
        &self,
        encoder: &mut H264Encoder,
        frame: &VideoFrame,
        packets: &Sender<Packet>,
    ) -> Result<()> {
        let packet = encoder.push(frame, self.wanted.swap(false, Ordering::Relaxed))?;
        packets.send(packet).ok();
        Ok(())
    }
}
