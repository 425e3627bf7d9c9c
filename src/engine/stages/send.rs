//! The paced sender.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Select, TryRecvError};

use super::super::Result;
use super::super::clock::Timebase;
use super::SEND_DELAY;
use crate::media::{MediaTime, Packet, Track};
use crate::output::{Interleaver, Sink};

/// The longest that sound is held back for the pictures of a slow machine.
const LONGEST_DELAY: MediaTime = MediaTime::from_millis(240);
/// By how much the delay grows at once: one frame at 25 fps.
const DELAY_STEP: MediaTime = MediaTime::from_millis(40);
/// Pictures that are looked at together, two seconds at 25 fps, and how many of them may be late.
const LOOKED_AT: u32 = 50;
const MAY_BE_LATE: u32 = 5;

/// How long packets are held back after their tick. Equal pts can only leave together when the picture is there in
/// time, so on a machine whose pictures are often later the delay grows, for sound and picture alike. It never shrinks:
/// each change is heard.
#[derive(Debug)]
struct Delay {
    now: MediaTime,
    seen: u32,
    late: u32,
}

impl Delay {
    /// A picture has arrived this long after its tick; `true` when the delay grew.
    fn picture_took(&mut self, took: MediaTime) -> bool {
        self.seen += 1;
        self.late += u32::from(took > self.now);
        if self.seen < LOOKED_AT {
            return false;
        }
        let grows = self.late > MAY_BE_LATE && self.now < LONGEST_DELAY;
        (self.seen, self.late) = (0, 0);
        if grows {
            self.now += DELAY_STEP;
        }
        grows
    }
}

/// The paced sender: the one place where packets leave.
pub(super) struct SendStage {
    sinks: Vec<Sink>,
    timebase: Option<Timebase>,
    wanted: Arc<AtomicBool>,
    delay: Delay,
}

impl SendStage {
    /// A sender to `sinks`; without `timebase` it never waits. `wanted` is set when somebody needs an IDR.
    pub(super) fn new(
        sinks: Vec<Sink>,
        timebase: Option<Timebase>,
        wanted: Arc<AtomicBool>,
    ) -> Self {
        let delay = Delay {
            now: SEND_DELAY,
            seen: 0,
            late: 0,
        };
        Self {
            sinks,
            timebase,
            wanted,
            delay,
        }
    }

    pub(super) fn run(mut self, inbox: &Receiver<Packet>) -> Result<()> {
        let mut waiting = Interleaver::default();
        let mut ended = false;
        while !ended {
            ended = self.receive(inbox, &mut waiting);
            match &self.timebase {
                Some(timebase) => {
                    let due = timebase.now() - self.delay.now;
                    while let Some(packet) = waiting.pop_due(due) {
                        self.send(&packet)?;
                    }
                }
                None => {
                    while let Some(packet) = waiting.pop_settled(ended) {
                        self.send(&packet)?;
                    }
                }
            }
            if self.sinks.iter().any(Sink::take_idr_request) {
                self.wanted.store(true, Ordering::Relaxed);
            }
        }
        while let Some(packet) = waiting.pop_due(MediaTime(i64::MAX)) {
            self.send(&packet)?;
        }
        let mut first = Ok(());
        for sink in self.sinks {
            first = first.and(sink.finish());
        }
        Ok(first?)
    }

    /// Takes packets until the next one that waits is due; `true` when no more will come.
    fn receive(&mut self, inbox: &Receiver<Packet>, waiting: &mut Interleaver) -> bool {
        let Some(timebase) = &self.timebase else {
            return match inbox.recv() {
                Ok(packet) => {
                    waiting.push(packet);
                    false
                }
                Err(_) => true,
            };
        };
        let delay = self.delay.now;
        let next = waiting
            .next_pts()
            .map_or(delay, |pts| pts + delay - timebase.now());
        let mut select = Select::new();
        select.recv(inbox);
        let wait = next.max(MediaTime::ZERO).min(delay).to_duration();
        if select.ready_timeout(wait).is_err() {
            return false;
        }
        loop {
            match inbox.try_recv() {
                Ok(packet) => {
                    let took = timebase.now() - packet.pts;
                    if packet.track == Track::Video && self.delay.picture_took(took) {
                        tracing::warn!(
                            "pictures are slow on this machine: all leaves {:.0} ms after its tick",
                            self.delay.now.as_millis_f64()
                        );
                    }
                    waiting.push(packet);
                }
                Err(TryRecvError::Empty) => return false,
                Err(TryRecvError::Disconnected) => return true,
            }
        }
    }

    /// To every output. A recording that fails ends alone in a live room; a film that fails ends the run.
    fn send(&mut self, packet: &Packet) -> Result<()> {
        let live = self.timebase.is_some();
        let mut failed = None;
        self.sinks
            .retain_mut(|sink| match sink.send(packet, !live) {
                Ok(()) => true,
                Err(error) => {
                    if live {
                        tracing::error!("an output ended: {error}");
                    } else {
                        failed = Some(error);
                    }
                    false
                }
            });
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_with_slow_pictures_to_its_limit_and_not_with_a_hiccup() {
        let mut delay = Delay {
            now: SEND_DELAY,
            seen: 0,
            late: 0,
        };
        let mut feed = |millis: i64, count: u32| {
            for _ in 0..count {
                delay.picture_took(MediaTime::from_millis(millis));
            }
            delay.now
        };
        feed(300, MAY_BE_LATE);
        assert_eq!(feed(30, LOOKED_AT - MAY_BE_LATE), SEND_DELAY, "a hiccup");
        assert_eq!(feed(100, LOOKED_AT), SEND_DELAY + DELAY_STEP);
        assert_eq!(feed(100, 10 * LOOKED_AT), SEND_DELAY + DELAY_STEP, "enough");
        assert_eq!(feed(5_000, 20 * LOOKED_AT), LONGEST_DELAY);
    }
}
