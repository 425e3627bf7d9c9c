//! What a host looks at, and how eyes and head get there.

use crate::media::{Activity, Angles, Focus, MediaTime};
use crate::motion::Situation;
use crate::motion::chance::{Chance, smooth_step};
use crate::motion::glide::Glide;

/// Looks are decided on a grid of this step.
const GRID: MediaTime = MediaTime::from_millis(20);
/// Longer gaps than this are not caught up.
const GAP: MediaTime = MediaTime::from_millis(1000);
/// A saccade takes so long, and so much longer per degree (main sequence, Carpenter 1988), seconds.
const SACCADE_SECS: f64 = 0.021;
const SACCADE_SECS_PER_DEG: f64 = 0.0022;
/// A shift of the gaze beyond this takes the head along, degrees; the head does this share of it.
const HEAD_FROM_DEG: f64 = 7.0;
const HEAD_SHARE: f64 = 0.45;
/// The head begins after the eyes and takes its time, with so much more per degree, seconds.
const HEAD_AFTER: MediaTime = MediaTime::from_millis(40);
const HEAD_SECS: f64 = 0.38;
const HEAD_SECS_PER_DEG: f64 = 0.012;
/// A gaze never goes further than this from straight ahead, yaw and pitch in degrees.
const FURTHEST_DEG: [f64; 2] = [42.0, 26.0];
/// A shift beyond this may bring a blink, with this chance.
const BLINK_FROM_DEG: f64 = 12.0;
const BLINK_SHARE: f64 = 0.4;
/// A card is looked at so long when it appears; then the camera and the card take turns, seconds.
const CARD_FIRST_SECS: f64 = 1.4;
const CARD_TURN_SECS: (f64, f64) = (2.6, 0.8);
/// Who listens looks at who speaks so long, then so long at the camera, seconds.
const LISTEN_TURN_SECS: (f64, f64) = (3.4, 0.9);
/// Reading: a line takes so long and is so wide; it is read in steps. Seconds and degrees.
const LINE_SECS: f64 = 1.1;
const LINE_DEG: f64 = 7.0;
const LINE_STEPS: f64 = 5.0;
const LINE_DOWN_DEG: f64 = 0.9;

/// Where the gaze is and where it goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attention {
    chance: Chance,
    /// The last point of the grid that was decided.
    seen: Option<MediaTime>,
    /// What is looked at, and since when.
    focus: Option<(u64, MediaTime)>,
    /// Yaw and pitch of eyes and head together, degrees.
    gaze: Glide<2>,
    /// The head's part.
    head: Glide<2>,
    /// When a shift last brought a blink.
    blink: Option<MediaTime>,
}

/// The gaze at one instant.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    /// Eyes and head together: yaw and pitch against the chest, degrees.
    pub gaze: [f64; 2],
    /// The head's part of it.
    pub head: [f64; 2],
    /// How long ago a shift of the gaze brought a blink, seconds.
    pub since_blink: Option<f64>,
}

impl Attention {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            chance: Chance::new(seed, "attention"),
            seen: None,
            focus: None,
            gaze: Glide::new([0.0; 2]),
            head: Glide::new([0.0; 2]),
            blink: None,
        }
    }

    /// The gaze at `at`; to be asked for rising times.
    pub(super) fn at(&mut self, at: MediaTime, situation: &Situation) -> Look {
        let due = MediaTime(at.0.div_euclid(GRID.0) * GRID.0);
        let first = match self.seen {
            Some(seen) if seen <= due && due - seen <= GAP => seen + GRID,
            _ => {
                // A beginning, or a jump in time: the gaze is where it belongs.
                let goal = self.goal(due, situation);
                self.gaze = Glide::new(goal);
                self.head = Glide::new(head_part(goal, situation));
                due
            }
        };
        let mut point = first;
        while point <= due {
            self.decide(point, situation);
            point += GRID;
        }
        self.seen = Some(due);
        let since = self.blink.map(|blink| (at - blink).as_secs_f64());
        Look {
            gaze: self.gaze.at(at),
            head: self.head.at(at),
            since_blink: since.filter(|since| (0.0..1.0).contains(since)),
        }
    }

    fn decide(&mut self, at: MediaTime, situation: &Situation) {
        let goal = self.goal(at, situation);
        let from = self.gaze.goal();
        let shift = (goal[0] - from[0]).hypot(goal[1] - from[1]);
        if shift < 0.05 {
            return;
        }
        let secs = SACCADE_SECS + SACCADE_SECS_PER_DEG * shift;
        self.gaze.set(at, goal, secs);
        let head = head_part(goal, situation);
        let own = self.head.goal();
        let turn = (head[0] - own[0]).hypot(head[1] - own[1]);
        if turn > 0.5 {
            let secs = HEAD_SECS + HEAD_SECS_PER_DEG * turn;
            self.head.set(at + HEAD_AFTER, head, secs);
        }
        let drawn = self.chance.uniform(at.0 / GRID.0);
        if shift > BLINK_FROM_DEG && drawn < BLINK_SHARE {
            self.blink = Some(at);
        }
    }

    /// Where the gaze belongs at `at`, yaw and pitch in degrees.
    fn goal(&mut self, at: MediaTime, situation: &Situation) -> [f64; 2] {
        let focus = focus_at(at, situation);
        let key = key_of(focus.as_ref(), situation.activity);
        let since = match self.focus {
            Some((own, since)) if own == key && since <= at => since,
            _ => {
                self.focus = Some((key, at));
                at
            }
        };
        let secs = (at - since).as_secs_f64();
        let places = &situation.places;
        let camera = pair(places.camera);
        let [yaw, pitch] = match focus {
            Some(Focus::Camera) => camera,
            Some(Focus::Card) => self.card(secs, camera, pair(places.card)),
            Some(Focus::Comments) => self.reading(secs, pair(places.comments)),
            Some(Focus::Host(host)) => {
                let found = places.hosts.iter().find(|(own, _)| *own == host);
                let other = found.map_or(camera, |(_, angles)| pair(*angles));
                self.turns(secs, other, camera, LISTEN_TURN_SECS)
            }
            // Left of the picture is to the host's right.
            Some(Focus::Left) => [-18.0, -2.0],
            Some(Focus::Right) => [18.0, -2.0],
            Some(Focus::Up) => [camera[0], camera[1] + 14.0],
            Some(Focus::Down) => [camera[0], camera[1] - 20.0],
            None => match situation.activity {
                Activity::Thinking => self.searching(secs, camera),
                Activity::Reading => self.reading(secs, pair(places.comments)),
                Activity::Away => [camera[0] + 9.0, camera[1] - 22.0],
                _ => camera,
            },
        };
        [
            yaw.clamp(-FURTHEST_DEG[0], FURTHEST_DEG[0]),
            pitch.clamp(-FURTHEST_DEG[1], FURTHEST_DEG[1]),
        ]
    }

    /// A card that has just appeared, then the camera and the card by turns.
    fn card(&self, secs: f64, camera: [f64; 2], card: [f64; 2]) -> [f64; 2] {
        if secs < CARD_FIRST_SECS {
            return card;
        }
        self.turns(secs - CARD_FIRST_SECS, camera, card, CARD_TURN_SECS)
    }

    /// The first of two places, then the second, again and again, each about as long as `lasts` says.
    fn turns(&self, secs: f64, one: [f64; 2], other: [f64; 2], lasts: (f64, f64)) -> [f64; 2] {
        let whole = lasts.0 + lasts.1;
        let turn = (secs / whole).floor();
        let change = lasts.0 * self.chance.child(1).between(turn as i64, 0.7, 1.0);
        if secs - turn * whole < change {
            one
        } else {
            other
        }
    }

    /// Line by line, word by word.
    fn reading(&self, secs: f64, comments: [f64; 2]) -> [f64; 2] {
        let line = (secs / LINE_SECS).floor();
        let way = ((secs / LINE_SECS - line) * LINE_STEPS).floor() / (LINE_STEPS - 1.0);
        let width = LINE_DEG * self.chance.child(2).between(line as i64, 0.6, 1.0);
        // Lines go to the right of who reads, which is to negative yaw.
        [
            comments[0] + LINE_DEG / 2.0 - width * way.min(1.0),
            comments[1] - LINE_DOWN_DEG * line.rem_euclid(3.0),
        ]
    }

    /// Up and aside, somewhere else every second or so.
    fn searching(&self, secs: f64, camera: [f64; 2]) -> [f64; 2] {
        let place = (secs / 1.3).floor() as i64;
        let chance = self.chance.child(3);
        let side = if chance.uniform(place) < 0.5 {
            -1.0
        } else {
            1.0
        };
        [
            camera[0] + side * chance.child(1).between(place, 8.0, 15.0),
            camera[1] + chance.child(2).between(place, 4.0, 10.0),
        ]
    }
}

/// What is wished for, or what the score of what is said asks for.
fn focus_at(at: MediaTime, situation: &Situation) -> Option<Focus> {
    if situation.focus.is_some() {
        return situation.focus.clone();
    }
    let now = situation.now.as_ref()?;
    let looks = now.score.looks.iter().rev();
    let mut begun = looks.skip_while(|(from, _)| now.start + *from > at);
    begun.next().and_then(|(_, focus)| focus.clone())
}

/// Tells one look from another.
fn key_of(focus: Option<&Focus>, activity: Activity) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    focus.hash(&mut hasher);
    if focus.is_none() {
        activity.hash(&mut hasher);
    }
    hasher.finish()
}

/// The head's part of a gaze: none near the camera.
fn head_part(gaze: [f64; 2], situation: &Situation) -> [f64; 2] {
    let camera = pair(situation.places.camera);
    let off = [gaze[0] - camera[0], gaze[1] - camera[1]];
    let far = off[0].hypot(off[1]);
    let share = HEAD_SHARE * smooth_step((far - HEAD_FROM_DEG + 2.0) / 4.0);
    // The face is turned to the lens half way, too.
    [
        0.5 * camera[0] + share * off[0],
        0.5 * camera[1] + share * off[1],
    ]
}

fn pair(angles: Angles) -> [f64; 2] {
    [f64::from(angles.yaw_deg), f64::from(angles.pitch_deg)]
}
