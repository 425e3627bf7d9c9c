//! Which gesture is made at a pts, and what it does to the body.
//!
//! Goals change at the instants of the keys, whenever they are asked for, so the frame rate changes nothing.

use std::sync::Arc;

use super::book::Book;
use super::limb::Limb;
use super::plan::{LEAN, Order, Planned, numbers, secs};
use super::rests::Rests;
use super::{Lean, Library};
use crate::avatar::{Avatar, Clip};
use crate::media::{Angles, MediaTime, Pose};
use crate::motion::arms::{Arms, SIZE, State, index};
use crate::motion::chance::{Chance, smooth_step};
use crate::motion::posture::Posture;
use crate::motion::{Reason, Side, Situation, Spoken};

/// Where the next gesture begins so soon after a hold, hands wait for it instead of going to rest.
const WAIT: MediaTime = MediaTime::from_millis(700);
/// How fast a gesture that is broken off is taken back, seconds.
const BREAK_SECS: f64 = 0.7;
/// A clip is mixed in and out over so long, seconds.
const CLIP_FADE_SECS: f64 = 0.3;
/// How long what was asked for is remembered.
const MEMORY: MediaTime = MediaTime::from_millis(60_000);
/// How far an idle arm wanders: the wrist's direction, elbow, forearm and wrist (radians), fingers; and how slowly, seconds.
const IDLE: [f64; 5] = [0.008, 0.02, 0.02, 0.022, 0.028];
const IDLE_SECS: f64 = 3.4;

/// What a gesture asks of the rest of the body at one instant.
#[derive(Clone, Debug, Default)]
pub(in crate::motion) struct Acted {
    /// The gesture being made.
    pub gesture: Option<Arc<str>>,
    /// What head and trunk do along.
    pub lean: Lean,
}

/// The gesture under way.
#[derive(Clone, Debug)]
struct Current {
    planned: Planned,
    begin: MediaTime,
    /// When it is taken back, and whether that has begun.
    release: MediaTime,
    released: bool,
    /// When nothing is left of it.
    over: MediaTime,
}

/// A clip that is mixed in.
#[derive(Clone, Debug)]
struct Playing {
    clip: Arc<Clip>,
    begin: MediaTime,
    /// When nothing is left of it.
    over: MediaTime,
}

/// The arms of one host, and the gesture they make.
#[derive(Clone, Debug)]
pub(in crate::motion) struct Acting {
    library: Arc<Library>,
    book: Book,
    arms: Option<Arms>,
    posture: Posture,
    avatar: Option<Arc<Avatar>>,
    hands: [Limb<SIZE>; 2],
    lean: Limb<LEAN>,
    rests: Rests,
    idle: [Chance; 2],
    asked: Vec<(MediaTime, usize)>,
    current: Option<Current>,
    clips: Vec<Playing>,
    /// The starts of what was spoken, or to be spoken, when last asked.
    known: Vec<MediaTime>,
    /// What has been begun or let go, so that nothing is made twice.
    done: Vec<(MediaTime, usize)>,
    last: Option<MediaTime>,
}

impl Acting {
    /// Arms at rest; without an avatar there are none.
    pub(in crate::motion) fn new(
        library: Arc<Library>,
        avatar: Option<&Arc<Avatar>>,
        seed: u64,
    ) -> Self {
        let arms = avatar.and_then(Arms::of);
        let hanging = arms.as_ref().map_or_else(Default::default, Arms::rest);
        Self {
            book: Book::new(&library, arms.as_ref()),
            rests: Rests::new(&library, arms.as_ref(), seed),
            library,
            posture: avatar.map(|avatar| Posture::of(avatar)).unwrap_or_default(),
            avatar: avatar.cloned(),
            hands: hanging.map(|state| Limb::new(numbers(&state))),
            lean: Limb::new([0.0; LEAN]),
            idle: ["left arm", "right arm"].map(|name| Chance::new(seed, name)),
            arms,
            asked: Vec::new(),
            current: None,
            clips: Vec::new(),
            known: Vec::new(),
            done: Vec::new(),
            last: None,
        }
    }

    /// Makes a gesture as soon as can be after `at`; false when there is none of this name.
    pub(in crate::motion) fn ask(&mut self, at: MediaTime, gesture: &str) -> bool {
        let found = self.library.find(gesture);
        if let Some(place) = found {
            self.asked.push((at, place));
        }
        found.is_some()
    }

    /// What is done at `at`. To be asked for rising times.
    pub(in crate::motion) fn at(&mut self, at: MediaTime, situation: &Situation) -> Acted {
        let since = self.last.unwrap_or(at);
        self.last = Some(at);
        self.asked.retain(|(asked, _)| at - *asked < MEMORY);
        let places = &situation.places;
        self.book.follow(&self.library, self.arms.as_ref(), places);
        let mut next = self.upcoming(since, at, situation);
        self.break_off(at, situation);
        for _ in 0..10_000 {
            let mut first: Option<(MediaTime, Event)> = None;
            let mut offer = |time: Option<MediaTime>, event: Event| {
                if let Some(time) = time.filter(|time| *time <= at)
                    && first.is_none_or(|(least, _)| time < least)
                {
                    first = Some((time, event));
                }
            };
            let limbs = [self.hands[0].next(), self.hands[1].next(), self.lean.next()];
            offer(limbs.into_iter().flatten().min(), Event::Turn);
            let current = self.current.as_ref();
            let release = current.filter(|own| !own.released).map(|own| own.release);
            offer(release, Event::Release);
            offer(next.as_ref().map(|(begin, _)| *begin), Event::Begin);
            offer(self.rests.next(), Event::Rest);
            let Some((time, event)) = first else { break };
            match event {
                Event::Turn => self.turn(time),
                Event::Release => self.release(time, next.as_ref()),
                Event::Rest => self.change_rest(time, situation),
                Event::Begin => {
                    if let Some((begin, planned)) = next.take() {
                        self.begin(begin, planned);
                        next = self.upcoming(begin, at, situation);
                    }
                }
            }
        }
        if self.current.as_ref().is_some_and(|own| at >= own.over) {
            self.current = None;
        }
        self.clips.retain(|playing| at < playing.over);
        let spoken = [&situation.before, &situation.now, &situation.next];
        self.known.clear();
        let starts = spoken.into_iter().flatten().map(|spoken| spoken.start);
        self.known.extend(starts);
        Acted {
            gesture: self.current.as_ref().map(|own| own.planned.name.clone()),
            lean: lean_of(self.lean.at(at)),
        }
    }

    /// Puts arms and fingers into `pose`, in which head, trunk and shoulders stand already.
    pub(in crate::motion) fn apply(&self, at: MediaTime, pose: &mut Pose) {
        match &self.arms {
            None => self.posture.apply(pose),
            Some(arms) => arms.put(&[0, 1].map(|side| self.state(at, side)), pose),
        }
        for Playing { clip, begin, over } in &self.clips {
            let (inside, left) = ((at - *begin).as_secs_f64(), (*over - at).as_secs_f64());
            let weight = smooth_step(inside / CLIP_FADE_SECS) * smooth_step(left / CLIP_FADE_SECS);
            if let Some(avatar) = &self.avatar {
                clip.mix(avatar, pose, inside, weight as f32);
            }
        }
    }

    /// Both arms at `at`, for tests.
    #[cfg(test)]
    pub(super) fn checked(&self, at: MediaTime) -> crate::motion::arms::Checked {
        let states = [0, 1].map(|side| self.state(at, side));
        self.arms
            .as_ref()
            .map(|arms| arms.checked(&states))
            .unwrap_or_default()
    }

    /// One arm at `at`, wandering a little.
    fn state(&self, at: MediaTime, side: usize) -> State {
        let state = State::from_array(self.hands[side].at(at));
        let clock = at.as_secs_f64();
        let noise = |stream: i64, size: f64, slow: f64| {
            let chance = self.idle[side].child(stream);
            (size * f64::from(state.idle) * chance.noise(clock, slow * IDLE_SECS)) as f32
        };
        let [wrist, elbow, forearm, bend, finger] = IDLE;
        State {
            way: [
                state.way[0] + noise(0, wrist, 1.3),
                state.way[1] + noise(1, wrist, 1.1),
            ],
            swivel: state.swivel + noise(2, elbow, 1.5),
            twist: state.twist + noise(3, forearm, 1.2),
            flexion: state.flexion + noise(4, bend, 0.9),
            curl: std::array::from_fn(|own| {
                state.curl[own] + noise(5 + own as i64, finger, 0.8 + 0.1 * own as f64)
            }),
            ..state
        }
    }

    /// The next stroke that can still be made after `since`, and when it begins.
    fn upcoming(
        &self,
        since: MediaTime,
        at: MediaTime,
        situation: &Situation,
    ) -> Option<(MediaTime, Planned)> {
        let mut best: Option<(MediaTime, Planned)> = None;
        for order in self.orders(situation) {
            if self.done.contains(&order.id) {
                continue;
            }
            if order.reason != Reason::Asked && order.stroke < since {
                continue;
            }
            let mut planned = Planned::new(&order, &self.book, &self.rests.states());
            // What nobody knew of before is known from its own start on, not from the tick that saw it.
            let known = match order.reason {
                _ if self.known.contains(&order.id.0) => since,
                _ => since.max(order.id.0.min(at)),
            };
            let free = self.free(known);
            let from = [0, 1].map(|side| State::from_array(self.hands[side].goal()));
            let begin = planned.begin(free, &from, self.arms.as_ref());
            if let Some(begin) = begin
                && best.as_ref().is_none_or(|(least, _)| begin < *least)
            {
                best = Some((begin, planned));
            }
        }
        best
    }

    /// From when on the next gesture may begin: what is under way comes to its last key and is seen there.
    fn free(&self, since: MediaTime) -> MediaTime {
        match &self.current {
            Some(current) if !current.released => {
                let seen = secs(current.planned.hold_secs.min(0.12));
                since.max(current.planned.end() + seen)
            }
            _ => since,
        }
    }

    /// Everything that is to be made.
    fn orders<'a>(&'a self, situation: &'a Situation) -> impl Iterator<Item = Order<'a>> {
        let spoken = [&situation.before, &situation.now, &situation.next];
        let strokes = spoken.into_iter().flatten().flat_map(|spoken| {
            let numbered = spoken.score.strokes.iter().enumerate();
            numbered.map(|(place, stroke)| (id(spoken, place), stroke, spoken.start))
        });
        let planned = strokes.filter_map(|(id, stroke, start)| {
            Some(Order {
                id,
                gesture: self.library.get(stroke.gesture)?,
                place: stroke.gesture,
                stroke: start + stroke.at,
                hold: stroke.hold,
                side: stroke.side,
                size: stroke.size,
                reason: stroke.reason,
            })
        });
        let asked = self.asked.iter().filter_map(|(at, place)| {
            let gesture = self.library.get(*place)?;
            Some(Order {
                id: (*at, usize::MAX - place),
                gesture,
                place: *place,
                stroke: *at + secs(f64::from(gesture.lead_secs())),
                hold: secs(f64::from(gesture.hold_secs[0])),
                side: Side::Right,
                size: 1.0,
                reason: Reason::Asked,
            })
        });
        planned.chain(asked)
    }

    /// Takes back what is under way when it is not planned any more.
    fn break_off(&mut self, at: MediaTime, situation: &Situation) {
        let Some(current) = &self.current else { return };
        let own = current.planned.id;
        if current.released || self.orders(situation).any(|order| order.id == own) {
            return;
        }
        self.retract(at, BREAK_SECS, [true; 2]);
    }

    fn turn(&mut self, at: MediaTime) {
        for hand in &mut self.hands {
            hand.go(at);
        }
        self.lean.go(at);
    }

    fn begin(&mut self, begin: MediaTime, planned: Planned) {
        // The hand that the new gesture does not need goes to rest.
        if let Some(before) = &self.current
            && !before.released
        {
            let idle = planned.needs.map(|needs| !needs);
            let both = [0, 1].map(|side| idle[side] && before.planned.needs[side]);
            let secs = before.planned.retract_secs;
            self.retract(begin, secs, both);
        }
        for side in 0..2 {
            let stops: Vec<(f64, [f64; SIZE])> = planned
                .stops
                .iter()
                .filter_map(|stop| Some((stop.secs, numbers(&stop.hands[side]?))))
                .collect();
            if let (Some((own, _)), Some(first)) = (stops.first(), planned.stops.first()) {
                let prepare = planned.prepare_secs + own - first.secs;
                self.hands[side].play(begin, planned.stroke, prepare, &stops);
            }
        }
        let leans: Vec<(f64, [f64; LEAN])> = planned
            .stops
            .iter()
            .map(|stop| (stop.secs, stop.lean))
            .collect();
        if leans.is_empty() {
            self.lean.leave(begin, [0.0; LEAN], BREAK_SECS);
        } else {
            self.lean
                .play(begin, planned.stroke, planned.prepare_secs, &leans);
        }
        self.done.push(planned.id);
        if self.done.len() > 256 {
            self.done.remove(0);
        }
        let mut release = planned.release();
        if let Some((clip, _)) = &planned.clip {
            self.clips.push(Playing {
                clip: Arc::clone(clip),
                begin,
                over: release,
            });
            release = begin.max(release - secs(CLIP_FADE_SECS));
        }
        self.current = Some(Current {
            begin,
            release,
            released: false,
            over: release + secs(planned.retract_secs),
            planned,
        });
    }

    /// The hold is over: hands go to rest, or wait for what comes next.
    fn release(&mut self, at: MediaTime, next: Option<&(MediaTime, Planned)>) {
        let Some(current) = &mut self.current else {
            return;
        };
        let back_secs = current.planned.retract_secs;
        let waits = next
            .filter(|(begin, _)| *begin < at + WAIT)
            .map_or([false; 2], |(_, planned)| planned.needs);
        let needs = current.planned.needs;
        let go = [0, 1].map(|side| !(waits[side] && needs[side]));
        if go == [true; 2] {
            self.retract(at, back_secs, go);
            return;
        }
        if let Some((begin, _)) = next {
            // What waits is taken back when the next gesture begins, or, should that not happen, after all.
            current.release = *begin + secs(0.001);
        }
        for side in 0..2 {
            if go[side] && needs[side] {
                self.rest_hand(side, at, back_secs);
            }
        }
    }

    /// Takes these hands back to rest; with both, head and trunk too, and the gesture is over then.
    fn retract(&mut self, at: MediaTime, least_secs: f64, hands: [bool; 2]) {
        let mut longest = least_secs;
        for side in 0..2 {
            if hands[side] {
                longest = longest.max(self.rest_hand(side, at, least_secs));
            }
        }
        if hands == [true; 2] {
            self.lean.leave(at, [0.0; LEAN], longest);
            if let Some(current) = &mut self.current {
                current.released = true;
                current.over = at + secs(longest);
                let begin = current.begin;
                let playing = self.clips.iter_mut().find(|own| own.begin == begin);
                if let Some(playing) = playing {
                    playing.over = at + secs(CLIP_FADE_SECS);
                    current.over = playing.over;
                }
            }
        }
    }

    /// One hand goes to rest, in at least so many seconds; tells how many.
    fn rest_hand(&mut self, side: usize, at: MediaTime, least_secs: f64) -> f64 {
        let rest = self.rests.states()[side];
        let from = State::from_array(self.hands[side].at(at));
        let whose = [Side::Left, Side::Right][side];
        debug_assert!(index(whose) == side);
        let far = self
            .arms
            .as_ref()
            .map_or(0.0, |arms| f64::from(arms.way(whose, &from, &rest)));
        let needed = least_secs.max(1.875 * far / 3.0);
        self.hands[side].leave(at, numbers(&rest), needed);
        needed
    }

    fn change_rest(&mut self, at: MediaTime, situation: &Situation) {
        let is_idle = self.current.is_none() && !situation.speech.speaking;
        if let Some(secs) = self.rests.change(at, is_idle) {
            for side in 0..2 {
                self.rest_hand(side, at, secs);
            }
        }
    }
}

/// What happens at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Turn,
    Release,
    Begin,
    Rest,
}

/// The name of a stroke.
fn id(spoken: &Spoken, place: usize) -> (MediaTime, usize) {
    (spoken.start, place)
}

fn lean_of(values: [f64; LEAN]) -> Lean {
    let [
        pitch,
        yaw,
        roll,
        trunk_pitch,
        trunk_yaw,
        trunk_roll,
        shoulders,
    ] = values.map(|value| value as f32);
    let angles = |pitch_deg, yaw_deg, roll_deg| Angles {
        pitch_deg,
        yaw_deg,
        roll_deg,
    };
    Lean {
        head: angles(pitch, yaw, roll),
        trunk: angles(trunk_pitch, trunk_yaw, trunk_roll),
        shoulders_deg: shoulders,
    }
}
