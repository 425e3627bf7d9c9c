//! Pictures to H.264 at a constant frame rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

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

/// So long a live room's picture may be late before the last one is sent again without waiting for the next.
const PATIENCE: MediaTime = MediaTime::from_millis(500);

impl VideoStage {
    pub(super) fn run(
        self,
        mut encoder: H264Encoder,
        inbox: &Receiver<VideoFrame>,
        packets: &Sender<Packet>,
    ) -> Result<()> {
        let mut last: Option<VideoFrame> = None;
        loop {
            let frame = match self.next(inbox) {
                Ok(frame) => Some(frame),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let now = self.timebase.as_ref().map(Timebase::now);
            let until = match (&frame, now) {
                (Some(frame), _) => self.index(frame.pts),
                (None, Some(now)) => self.index((now - PATIENCE).max(MediaTime::ZERO)),
                (None, None) => 0,
            };
            if let Some(last) = &mut last {
                if frame.is_some() && until <= self.index(last.pts) {
                    // It came so late that another was sent in its place.
                    continue;
                }
                for missing in self.index(last.pts) + 1..until {
                    last.pts = self.rate.pts_of(missing);
                    self.counters.repeated.fetch_add(1, Ordering::Relaxed);
                    self.encode(&mut encoder, last, packets)?;
                }
            }
            let Some(frame) = frame else { continue };
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

    fn index(&self, pts: MediaTime) -> u64 {
        (pts.as_secs_f64() * self.rate.as_f64()).round() as u64
    }

    /// The next frame; a live room does not wait for ever.
    fn next(
        &self,
        inbox: &Receiver<VideoFrame>,
    ) -> std::result::Result<VideoFrame, RecvTimeoutError> {
        if self.timebase.is_some() {
            inbox.recv_timeout(PATIENCE.to_duration())
        } else {
            inbox.recv().map_err(RecvTimeoutError::from)
        }
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
