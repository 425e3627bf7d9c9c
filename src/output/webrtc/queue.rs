//! What waits for one viewer: a bounded queue that forgets the past rather than fall behind.
//!
//! Filled by the engine's paced sender, which never waits; emptied by the viewer's own task.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::sync::Notify;

use super::lock;
use crate::media::{MediaTime, Track};

/// The most media that may wait for one viewer. A viewer that is further behind loses what waits and starts again at
/// the next IDR, so that it is never more than this late.
pub(super) const MAX_LAG: MediaTime = MediaTime::from_millis(500);
/// The most units that may wait: [`MAX_LAG`] of 60 fps video and 50 audio packets a second, doubled.
const MAX_UNITS: usize = 110;

/// One encoded unit, cut into RTP payloads once for all viewers of a room.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) track: Track,
    pub(super) pts: MediaTime,
    pub(super) is_keyframe: bool,
    pub(super) payloads: Vec<Bytes>,
}

/// What was lost for one viewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Losses {
    /// Times the viewer was too far behind.
    pub(super) lags: u64,
    /// Pictures dropped because of that.
    pub(super) video: u64,
    /// Audio packets dropped because of that.
    pub(super) audio: u64,
}

#[derive(Debug, Default)]
pub(super) struct ViewerQueue {
    state: Mutex<State>,
    ready: Notify,
}

#[derive(Debug)]
struct State {
    units: VecDeque<Arc<Unit>>,
    gate: Gate,
    losses: Losses,
}

/// Whether a picture that is no IDR is of any use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    /// Just joined.
    FirstIdr,
    /// Was too far behind: pictures until the next IDR count as dropped.
    NextIdr,
    Open,
}

impl Default for State {
    fn default() -> Self {
        Self {
            units: VecDeque::new(),
            gate: Gate::FirstIdr,
            losses: Losses::default(),
        }
    }
}

impl ViewerQueue {
    /// Adds a unit and says what was lost by it. Never waits.
    pub(super) fn push(&self, unit: &Arc<Unit>) -> Losses {
        let mut state = lock(&self.state);
        let before = state.losses;
        let behind = state
            .units
            .front()
            .is_some_and(|oldest| unit.pts - oldest.pts > MAX_LAG);
        if behind || state.units.len() >= MAX_UNITS {
            state.forget();
        }
        match (unit.track, state.gate) {
            (Track::Video, Gate::FirstIdr) if !unit.is_keyframe => {}
            (Track::Video, Gate::NextIdr) if !unit.is_keyframe => state.losses.video += 1,
            (track, _) => {
                if track == Track::Video {
                    state.gate = Gate::Open;
                }
                state.units.push_back(Arc::clone(unit));
                self.ready.notify_one();
            }
        }
        Losses {
            lags: state.losses.lags - before.lags,
            video: state.losses.video - before.video,
            audio: state.losses.audio - before.audio,
        }
    }

    /// The oldest unit; waits for one.
    pub(super) async fn next(&self) -> Arc<Unit> {
        loop {
            if let Some(unit) = lock(&self.state).units.pop_front() {
                return unit;
            }
            self.ready.notified().await;
        }
    }
}

impl State {
    fn forget(&mut self) {
        self.losses.lags += 1;
        for unit in self.units.drain(..) {
            match unit.track {
                Track::Video => self.losses.video += 1,
                Track::Audio => self.losses.audio += 1,
            }
        }
        if self.gate == Gate::Open {
            self.gate = Gate::NextIdr;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(track: Track, millis: i64, is_keyframe: bool) -> Arc<Unit> {
        Arc::new(Unit {
            track,
            pts: MediaTime::from_millis(millis),
            is_keyframe,
            payloads: vec![],
        })
    }

    fn waiting(queue: &ViewerQueue) -> Vec<(Track, i64)> {
        lock(&queue.state)
            .units
            .iter()
            .map(|unit| (unit.track, unit.pts.ticks() / 48))
            .collect()
    }

    #[test]
    fn pictures_start_at_an_idr_and_sound_at_once() {
        let queue = ViewerQueue::default();
        queue.push(&unit(Track::Video, 0, false));
        queue.push(&unit(Track::Audio, 0, true));
        queue.push(&unit(Track::Video, 40, true));
        queue.push(&unit(Track::Video, 80, false));
        assert_eq!(
            waiting(&queue),
            [(Track::Audio, 0), (Track::Video, 40), (Track::Video, 80)]
        );
        assert_eq!(lock(&queue.state).losses, Losses::default());
    }

    #[test]
    fn a_viewer_that_lags_goes_on_at_the_next_idr() {
        let queue = ViewerQueue::default();
        for frame in 0..14 {
            queue.push(&unit(Track::Video, frame * 40, frame == 0));
        }
        // 13 frames (0 to 480 ms) fit; the one at 520 ms finds them too old.
        assert_eq!(
            lock(&queue.state).losses,
            Losses {
                lags: 1,
                video: 14,
                audio: 0
            }
        );
        queue.push(&unit(Track::Audio, 560, true));
        queue.push(&unit(Track::Video, 560, false));
        queue.push(&unit(Track::Video, 600, true));
        assert_eq!(waiting(&queue), [(Track::Audio, 560), (Track::Video, 600)]);
        assert_eq!(lock(&queue.state).losses.video, 15);
    }

    #[test]
    fn a_flood_of_one_instant_is_bounded_too() {
        let queue = ViewerQueue::default();
        for _ in 0..1000 {
            queue.push(&unit(Track::Audio, 0, true));
        }
        assert!(waiting(&queue).len() <= MAX_UNITS);
    }
}
