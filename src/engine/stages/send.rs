//! The paced sender.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Select};

use super::super::Result;
use super::super::clock::Timebase;
use super::SEND_DELAY;
use crate::media::{MediaTime, Packet};
use crate::output::{Interleaver, Sink};

/// The paced sender: the one place where packets leave.
pub(super) struct SendStage {
    pub(super) sinks: Vec<Sink>,
    pub(super) timebase: Option<Timebase>,
    pub(super) wanted: Arc<AtomicBool>,
}

impl SendStage {
    pub(super) fn run(mut self, inbox: &Receiver<Packet>) -> Result<()> {
        let mut waiting = Interleaver::default();
        let mut ended = false;
        while !ended {
            ended = self.receive(inbox, &mut waiting);
            match &self.timebase {
                Some(timebase) => {
                    let due = timebase.now() - SEND_DELAY;
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
    fn receive(&self, inbox: &Receiver<Packet>, waiting: &mut Interleaver) -> bool {
        let Some(timebase) = &self.timebase else {
            return match inbox.recv() {
                Ok(packet) => {
                    waiting.push(packet);
                    false
                }
                Err(_) => true,
            };
        };
        let mut select = Select::new();
        select.recv(inbox);
        let next = waiting
            .next_pts()
            .map_or(SEND_DELAY, |pts| pts + SEND_DELAY - timebase.now());
        let wait = next.max(MediaTime::ZERO).min(SEND_DELAY).to_duration();
        if select.ready_timeout(wait).is_err() {
            return false;
        }
        loop {
            match inbox.try_recv() {
                Ok(packet) => waiting.push(packet),
                Err(crossbeam_channel::TryRecvError::Empty) => return false,
                Err(crossbeam_channel::TryRecvError::Disconnected) => return true,
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
