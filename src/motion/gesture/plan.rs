//! Gestures in time: what a planned stroke moves, and when.

use std::sync::Arc;

use glam::Quat;

use super::book::Book;
use super::{Gesture, Hands, Key, Moves};
use crate::avatar::Clip;
use crate::media::{Angles, Focus, MediaTime};
use crate::motion::arms::{Arms, SIZE, State, index};
use crate::motion::situation::Places;
use crate::motion::{Lean, Reason, Side};

/// How many numbers hold head, trunk and shoulders.
pub(super) const LEAN: usize = 7;
/// A preparation is hurried down to this share of its time.
const HURRY: f64 = 0.6;
/// Hands do not travel faster, m/s.
const MAX_SPEED: f64 = 3.5;
/// The fastest instant of a path of least jerk, against its mean speed.
const PEAK: f64 = 1.875;
/// A gesture of rhythm is never made smaller than this share of itself.
const LEAST_SIZE: f32 = 0.45;
/// Where hands touch they hardly wander.
const TOUCHING_IDLE: f32 = 0.12;
/// Hands whose palms are nearer than this touch, in parts of the key's own units.
const TOUCHING: f32 = 0.9;

/// One key of a gesture for this body, in time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    /// Seconds against the stroke.
    pub secs: f64,
    pub hands: [Option<State>; 2],
    pub lean: [f64; LEAN],
}

/// A stroke as this body makes it.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    /// Whose it is: the utterance's start or the instant of asking, and its place there.
    pub id: (MediaTime, usize),
    pub name: Arc<str>,
    pub reason: Reason,
    /// When the stroke lands.
    pub stroke: MediaTime,
    pub hold_secs: f64,
    pub prepare_secs: f64,
    pub retract_secs: f64,
    /// Which hands it needs.
    pub needs: [bool; 2],
    pub stops: Vec<Stop>,
    pub clip: Option<(Arc<Clip>, f64)>,
}

/// What a stroke is made of.
pub(super) struct Order<'a> {
    pub id: (MediaTime, usize),
    pub gesture: &'a Gesture,
    /// Its place in the library.
    pub place: usize,
    pub stroke: MediaTime,
    pub hold: MediaTime,
    pub side: Side,
    pub size: f32,
    pub reason: Reason,
}

impl Stop {
    /// Made `size` as large, 0..=1, against hands at `rest`.
    fn sized(&self, rest: &[State; 2], size: f32) -> Self {
        Self {
            secs: self.secs,
            hands: [0, 1].map(|side| Some(rest[side].toward(self.hands[side]?, size))),
            lean: self.lean.map(|degrees| degrees * f64::from(size)),
        }
    }
}

impl Planned {
    /// `order` as `book` has it, for arms that return to `rest`.
    pub(super) fn new(order: &Order<'_>, book: &Book, rest: &[State; 2]) -> Self {
        let gesture = order.gesture;
        let side = match (gesture.hands, book.aim(order.place)) {
            (Hands::Left, _) => Side::Left,
            (Hands::Right | Hands::Both, _) => Side::Right,
            (Hands::One, Some(aim)) if aim.yaw_deg > 4.0 => Side::Left,
            (Hands::One, Some(aim)) if aim.yaw_deg < -4.0 => Side::Right,
            _ => order.side,
        };
        let [least, most] = gesture.hold_secs.map(f64::from);
        let hold_secs = order.hold.as_secs_f64().max(least).min(most.max(least));
        let mut planned = Self {
            id: order.id,
            name: Arc::clone(&gesture.name),
            reason: order.reason,
            stroke: order.stroke,
            hold_secs,
            prepare_secs: f64::from(gesture.prepare_secs),
            retract_secs: f64::from(gesture.retract_secs).max(0.2),
            needs: [false; 2],
            stops: Vec::new(),
            clip: None,
        };
        match &gesture.moves {
            Moves::Keys(_) => {
                let size = match order.reason {
                    Reason::Rhythm => LEAST_SIZE + (1.0 - LEAST_SIZE) * order.size.clamp(0.0, 1.0),
                    Reason::Asked | Reason::Word => 1.0,
                };
                let stops = book.stops(order.place, side).iter();
                planned.stops = stops.map(|stop| stop.sized(rest, size)).collect();
            }
            Moves::Clip(clip) => {
                planned.clip = Some((Arc::clone(clip), f64::from(gesture.stroke_secs)));
                planned.prepare_secs = f64::from(gesture.stroke_secs);
            }
        }
        for stop in &planned.stops {
            for (needs, hand) in planned.needs.iter_mut().zip(&stop.hands) {
                *needs |= hand.is_some();
            }
        }
        planned
    }

    /// Seconds from the first key to the stroke.
    fn onset_secs(&self) -> f64 {
        self.stops.first().map_or(0.0, |stop| (-stop.secs).max(0.0))
    }

    /// The end of its keys.
    pub(super) fn end(&self) -> MediaTime {
        let last = match &self.clip {
            Some((clip, stroke)) => clip.duration().as_secs_f64() - stroke,
            None => self.stops.last().map_or(0.0, |stop| stop.secs.max(0.0)),
        };
        self.stroke + secs(last)
    }

    /// The end of its hold.
    pub(super) fn release(&self) -> MediaTime {
        match self.clip {
            Some(_) => self.end(),
            None => self.end() + secs(self.hold_secs),
        }
    }

    /// When its first movement begins: long enough before that no hand is too fast, but, where it cannot begin before
    /// `free`, hurried. Later than that the stroke of what was asked for is put off, and everything else is `None`.
    pub(super) fn begin(
        &mut self,
        free: MediaTime,
        from: &[State; 2],
        arms: Option<&Arms>,
    ) -> Option<MediaTime> {
        if self.clip.is_some() {
            let begin = self.stroke - secs(self.prepare_secs);
            if begin >= free {
                return Some(begin);
            }
            self.stroke = free + secs(self.prepare_secs);
            return (self.reason == Reason::Asked).then_some(free);
        }
        let first = self.stops.first()?;
        let far = [Side::Left, Side::Right]
            .into_iter()
            .filter_map(|side| {
                let to = first.hands[index(side)]?;
                Some(f64::from(arms?.way(side, &from[index(side)], &to)))
            })
            .fold(0.0, f64::max);
        let fast = PEAK * far / MAX_SPEED;
        let onset = self.stroke - secs(self.onset_secs());
        let wanted = self.prepare_secs.max(fast).max(0.1);
        if onset - secs(wanted) >= free {
            self.prepare_secs = wanted;
            return Some(onset - secs(wanted));
        }
        let hurried = (HURRY * self.prepare_secs).max(fast).max(0.1);
        if onset - secs(hurried) >= free {
            self.prepare_secs = (onset - free).as_secs_f64();
            return Some(free);
        }
        if self.reason != Reason::Asked {
            return None;
        }
        self.prepare_secs = hurried;
        self.stroke = free + secs(hurried + self.onset_secs());
        Some(free)
    }
}

/// A time in seconds.
pub(super) fn secs(secs: f64) -> MediaTime {
    MediaTime::from_secs_f64(secs)
}

/// Where to point, or nothing where nobody knows.
pub(super) fn towards(focus: &Focus, places: &Places) -> Option<Angles> {
    let at = |pitch_deg, yaw_deg| {
        Some(Angles {
            pitch_deg,
            yaw_deg,
            roll_deg: 0.0,
        })
    };
    match focus {
        Focus::Camera => Some(places.camera),
        Focus::Card => Some(places.card),
        Focus::Comments => Some(places.comments),
        Focus::Host(host) => {
            let found = places.hosts.iter().find(|(own, _)| own == host);
            found.map(|(_, angles)| *angles)
        }
        Focus::Left => at(0.0, -55.0),
        Focus::Right => at(0.0, 55.0),
        Focus::Up => at(40.0, 0.0),
        Focus::Down => at(-35.0, 0.0),
    }
}

/// One key for this body: hands to the left and to the right, and what head and trunk do.
pub(super) fn stop(key: &Key, side: Side, arms: Option<&Arms>, aim: Quat) -> Stop {
    let (lead, other) = match side {
        Side::Left => (Side::Left, Side::Right),
        Side::Right => (Side::Right, Side::Left),
    };
    let mut hands = [None; 2];
    let touching = match (&key.lead, &key.other) {
        (Some(lead), Some(other)) => lead.at.x + other.at.x < TOUCHING,
        _ => false,
    };
    for (side, own) in [(lead, &key.lead), (other, &key.other)] {
        if let (Some(arms), Some(own)) = (arms, own) {
            let mut state = arms.compile(side, own, aim);
            if touching {
                state.idle = TOUCHING_IDLE;
            }
            hands[index(side)] = Some(state);
        }
    }
    let turn = if side == Side::Left { -1.0 } else { 1.0 };
    let Lean {
        head,
        trunk,
        shoulders_deg,
    } = key.lean;
    let lean = [
        head.pitch_deg,
        turn * head.yaw_deg,
        turn * head.roll_deg,
        trunk.pitch_deg,
        turn * trunk.yaw_deg,
        turn * trunk.roll_deg,
        shoulders_deg,
    ]
    .map(f64::from);
    Stop {
        secs: f64::from(key.at_secs),
        hands,
        lean,
    }
}

/// How fast each value passes a key: not at all where it turns back, else between the speeds before and after
/// (Fritsch and Butland 1984), so that it never overshoots.
pub(super) fn passing<const N: usize>(
    before: &[f64; N],
    here: &[f64; N],
    after: &[f64; N],
    spans: [f64; 2],
) -> [f64; N] {
    std::array::from_fn(|value| {
        let first = (here[value] - before[value]) / spans[0].max(0.01);
        let second = (after[value] - here[value]) / spans[1].max(0.01);
        if first * second <= 0.0 {
            0.0
        } else {
            2.0 * first * second / (first + second)
        }
    })
}

/// The arms as numbers.
pub(super) fn numbers(state: &State) -> [f64; SIZE] {
    state.to_array()
}
