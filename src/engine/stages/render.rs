//! Pictures to frames, whatever the driver does.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, after, never};

use super::super::{Error, Result};
use super::Counters;
use super::studio::Drawing;
use crate::media::VideoFrame;
use crate::render;
use crate::scene::Picture;

/// Seconds waited before each try to open a lost device again.
const BACK_OFF_SECS: [u64; 9] = [0, 1, 2, 4, 8, 15, 15, 15, 15];
/// After so many of these tries, a minute, any adapter will do.
const PATIENT_TRIES: usize = 8;

/// Draws pictures. A lost device is opened again: a film then draws what was under way once more, a room goes on with the
/// next picture. A picture that cannot be drawn for any other reason ends a film; a room leaves it out.
pub(super) struct RenderStage {
    pub(super) counters: Arc<Counters>,
    pub(super) live: bool,
}

impl RenderStage {
    pub(super) fn run(
        self,
        mut drawing: Drawing,
        inbox: &Receiver<Picture>,
        frames: &Sender<VideoFrame>,
    ) -> Result<()> {
        // Pictures handed to the renderer whose frames have not come back.
        let mut open: VecDeque<Picture> = VecDeque::new();
        let mut failures = 0u32;
        // Tries to open the device since a frame was last drawn.
        let mut tries = 0;
        loop {
            let next = inbox.recv();
            let ended = next.is_err();
            let mut outcome = next.map_or(Ok(()), |picture| {
                open.push_back(picture.clone());
                drawing.renderer.submit(&picture)
            });
            // Nothing else to do: take the pictures now. Else let drawing and finishing overlap by one.
            let keep = usize::from(!inbox.is_empty());
            loop {
                match outcome.and_then(|()| drawing.renderer.take_all_but(keep)) {
                    Ok(done) => {
                        failures = 0;
                        if !done.is_empty() {
                            tries = 0;
                        }
                        open.drain(..done.len().min(open.len()));
                        if !self.pass_on(done, frames) {
                            return Ok(());
                        }
                        break;
                    }
                    Err(error @ render::Error::Driver { .. }) => {
                        if !self.recover(&mut drawing, error, inbox, &mut tries)? {
                            return Ok(());
                        }
                        if self.live {
                            open.clear();
                        }
                        outcome = open
                            .iter()
                            .try_for_each(|picture| drawing.renderer.submit(picture));
                    }
                    Err(error) if self.live => {
                        failures += 1;
                        if failures.is_power_of_two() {
                            tracing::warn!(
                                "a picture could not be drawn ({failures} in a row): {error}"
                            );
                        }
                        open.pop_back();
                        break;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            if ended {
                return Ok(());
            }
        }
    }

    /// `false` when nobody takes frames any more.
    fn pass_on(&self, done: Vec<VideoFrame>, frames: &Sender<VideoFrame>) -> bool {
        done.into_iter().all(|frame| {
            self.counters.drawn.fetch_add(1, Ordering::Relaxed);
            frames.send(frame).is_ok()
        })
    }

    /// Opens the device again, sooner or later; `false` when the show ended meanwhile. `tries` have been made since the
    /// last frame: a device that comes back and fails again and again is given up like one that does not come back.
    fn recover(
        &self,
        drawing: &mut Drawing,
        error: render::Error,
        inbox: &Receiver<Picture>,
        tries: &mut usize,
    ) -> Result<bool> {
        self.counters.devices_lost.fetch_add(1, Ordering::Relaxed);
        self.counters.note(format!(
            "the graphics device was lost, the last picture stays: {error}"
        ));
        let mut latest = Error::from(error);
        while let Some(secs) = BACK_OFF_SECS.get(*tries) {
            if !self.wait(Duration::from_secs(*secs), inbox) {
                return Ok(false);
            }
            let any = *tries >= PATIENT_TRIES;
            *tries += 1;
            match drawing.rebuild(any) {
                Ok(()) => {
                    tracing::info!("the graphics device is back: {}", drawing.adapter_name());
                    return Ok(true);
                }
                Err(error) => {
                    tracing::warn!("no graphics device yet: {error}");
                    latest = error;
                }
            }
        }
        Err(latest)
    }

    /// Lets time pass; a room's pictures are left out meanwhile. `false` when the room ended.
    fn wait(&self, span: Duration, inbox: &Receiver<Picture>) -> bool {
        let over = after(span);
        let nothing = never();
        let pictures = if self.live { inbox } else { &nothing };
        loop {
            crossbeam_channel::select! {
                recv(over) -> _ => return true,
                recv(pictures) -> picture => if picture.is_err() {
                    return false;
                },
            }
        }
    }
}
