//! One arm of one avatar: its measures, what turns its bones, and which state reaches a key.

use glam::{EulerRot, Mat3, Quat, Vec3};

use super::hand::Hand;
use super::state::State;
use super::volume::Now;
use crate::motion::gesture::ArmKey;

/// The forearm turns so far against a T-pose with the palm down: palm down (-) and palm up (+), degrees. From the elbow's
/// hinge, which a T-pose has 22 degrees behind it, that is 78 and 97.
const TWIST_DEG: [f32; 2] = [-100.0, 75.0];
/// The wrist bends so far to the back and to the palm, and to the thumb and to the little finger, degrees (American
/// Academy of Orthopaedic Surgeons, rounded).
const FLEXION_DEG: [f32; 2] = [-70.0, 70.0];
const DEVIATION_DEG: [f32; 2] = [-20.0, 35.0];
/// The elbow bends so far, degrees.
const ELBOW_DEG: f32 = 145.0;
/// Keys never stretch an arm further than this share of its length.
const MAX_REACH: f32 = 0.985;
/// The elbow swivels so far inwards and outwards, degrees.
const SWIVEL_DEG: [f32; 2] = [-25.0, 110.0];
/// How far a shoulder rises with an arm that is lifted straight up, degrees.
const RHYTHM_DEG: f32 = 14.0;
/// The most steps of pushing an arm out of the body.
const PUSHES: usize = 9;
/// In a T-pose with the palm down the palm is so far from the elbow's hinge, round the forearm: see `posture`, degrees.
const NEUTRAL_DEG: f32 = -21.8;
/// The lower arm bone takes this share of the forearm's twist and the hand the rest, where no bone between them does.
const TWIST_SHARE: f32 = 0.5;

/// What turns four bones against the rest pose, each with all that is above it, in the chest's frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turned {
    pub shoulder: Quat,
    pub upper: Quat,
    pub lower: Quat,
    pub hand: Quat,
    /// Where the joints are.
    pub elbow: Vec3,
    pub wrist: Vec3,
}

/// One arm. Everything is that of a left arm; a right one is mirrored before and after.
#[derive(Clone, Debug)]
pub(super) struct Arm {
    /// Where the bones are at rest.
    pub root: Vec3,
    pub joint: Vec3,
    pub wrist: Vec3,
    /// The middle of the shoulders, half their distance, and the length of the arm: what keys are counted in.
    pub middle: Vec3,
    pub half_width: f32,
    /// From the wrist to the skin in the middle of the palm.
    pub palm: Vec3,
    pub lengths: [f32; 2],
    /// At rest: along the bone and the elbow's hinge.
    upper_frame: Quat,
    lower_frame: Quat,
    /// At rest: along the forearm and out of the palm.
    wrist_frame: Quat,
    /// At rest: along the fingers and out of the palm.
    hand_frame: Quat,
    /// The forearm at rest against the T-pose, radians.
    twist_at_rest: f32,
    /// The lower arm's share of the forearm's twist.
    twist_share: f32,
    /// The arm that hangs.
    pub rest: State,
    pub hand: Hand,
}

/// What [`Arm::new`] has to know.
pub(super) struct Measured {
    pub root: Vec3,
    pub joint: Vec3,
    pub elbow: Vec3,
    pub wrist: Vec3,
    pub middle: Vec3,
    pub half_width: f32,
    /// Where palm and fingers point at rest, where fingers tell it.
    pub fingers: Option<[Vec3; 2]>,
    /// From the wrist to the skin in the middle of the palm.
    pub palm: Option<Vec3>,
    /// What makes the arm hang: shoulder lift (radians), upper and lower arm.
    pub lift: f32,
    pub hang: Quat,
    pub bend: Quat,
    /// Whether a twist bone of the forearm follows the hand by itself.
    pub rolls: bool,
    pub hand: Hand,
}

impl Arm {
    /// Measures an arm; `None` where it has no length.
    pub(super) fn new(measured: Measured) -> Option<Self> {
        let Measured {
            root,
            joint,
            elbow,
            wrist,
            ..
        } = measured;
        let along = [
            (elbow - joint).try_normalize()?,
            (wrist - elbow).try_normalize()?,
        ];
        let lengths = [joint.distance(elbow), elbow.distance(wrist)];
        let shoulder = Quat::from_rotation_z(measured.lift);
        let upper = shoulder * measured.hang;
        let lower = upper * measured.bend;
        let placed = root + shoulder * (joint - root);
        let bent = placed + upper * (elbow - joint);
        let end = bent + lower * (wrist - elbow);
        let line = (end - placed).try_normalize()?;
        let mut rest = State {
            way: State::way_to(line),
            reach: placed.distance(end) / (lengths[0] + lengths[1]),
            lift: measured.lift,
            idle: 1.0,
            ..State::default()
        };
        let aside = (bent - placed) - line * (bent - placed).dot(line);
        let [_, under, out] = rest.directions();
        // An arm that is all straight bends to the front.
        let aside = if aside.length() > 0.004 * lengths[0] {
            aside
        } else {
            line * line.z - Vec3::Z
        };
        let aside = aside.try_normalize()?;
        rest.swivel = aside.dot(out).atan2(aside.dot(under));
        let hinge = aside.cross(line);
        let upper_hinge = upper.inverse() * hinge;
        let lower_hinge = lower.inverse() * hinge;
        let down = Quat::from_axis_angle(along[1], NEUTRAL_DEG.to_radians()) * lower_hinge;
        let [palm_way, fingers] = measured.fingers.unwrap_or([down, along[1]]);
        let palm_down = (palm_way - along[1] * palm_way.dot(along[1])).try_normalize()?;
        let turned = signed_angle(lower_hinge, palm_down, along[1]);
        rest = measured.hand.at_rest(rest);
        Some(Self {
            root,
            joint,
            wrist,
            middle: measured.middle,
            half_width: measured.half_width,
            palm: measured
                .palm
                .unwrap_or(fingers * 0.22 * lengths[1] + palm_way * 0.05 * lengths[1]),
            lengths,
            upper_frame: frame(along[0], upper_hinge),
            lower_frame: frame(along[1], lower_hinge),
            wrist_frame: frame(along[1], palm_down),
            hand_frame: frame(fingers, palm_way),
            twist_share: if measured.rolls { 0.0 } else { TWIST_SHARE },
            twist_at_rest: NEUTRAL_DEG.to_radians() - turned,
            rest,
            hand: measured.hand,
        })
    }

    /// From shoulder joint to wrist.
    pub(super) fn length(&self) -> f32 {
        self.lengths[0] + self.lengths[1]
    }

    /// The nearest and the farthest that the wrist can be, as shares of the arm's length.
    fn reaches(&self) -> [f32; 2] {
        let [upper, lower] = self.lengths;
        let cosine = (180.0 - ELBOW_DEG).to_radians().cos();
        let near = (upper * upper + lower * lower - 2.0 * upper * lower * cosine).sqrt();
        [near / self.length(), 1.0]
    }

    /// The wrist's limits against rest, radians: twist, flexion, deviation.
    pub(super) fn limits(&self) -> [[f32; 2]; 3] {
        let twist = TWIST_DEG.map(|limit| limit.to_radians() - self.twist_at_rest);
        // Whatever the rest pose is, it is allowed.
        [
            [twist[0].min(0.0), twist[1].max(0.0)],
            FLEXION_DEG.map(f32::to_radians),
            DEVIATION_DEG.map(f32::to_radians),
        ]
    }

    /// The state with its wrist inside the limits: on its way between two keys it may swing a little beyond them.
    pub(super) fn within(&self, state: &State) -> State {
        let [twist, flexion, deviation] = self.limits();
        let kept = |value: f32, [least, most]: [f32; 2]| value.clamp(least, most);
        State {
            twist: kept(state.twist, twist),
            flexion: kept(state.flexion, flexion),
            deviation: kept(state.deviation, deviation),
            ..*state
        }
    }

    /// The bones in `state`; `lifted` is what turns the shoulder besides, and `body` is what to stay out of.
    pub(super) fn solve(&self, state: &State, lifted: Quat, body: Option<Now<'_>>) -> Turned {
        self.solve_moved(state, lifted, body, Vec3::ZERO)
    }

    /// The same with the wrist moved by `shift`.
    pub(super) fn solve_moved(
        &self,
        state: &State,
        lifted: Quat,
        body: Option<Now<'_>>,
        shift: Vec3,
    ) -> Turned {
        let shoulder = lifted * Quat::from_rotation_z(state.lift);
        let joint = self.root + shoulder * (self.joint - self.root);
        let [line, under, out] = state.directions();
        let [near, far] = self.reaches();
        let mut wrist = joint + line * (state.reach.clamp(near, far) * self.length()) + shift;
        let (sin, cos) = state.swivel.sin_cos();
        let mut side = under * cos + out * sin;
        let mut turned = self.bend(state, shoulder, joint, wrist, side);
        if let Some(body) = body {
            for _ in 0..PUSHES {
                let push = body.push(self, state, &turned);
                if push == (Vec3::ZERO, 0.0) {
                    break;
                }
                wrist += push.0;
                side = Quat::from_axis_angle(line, push.1) * side;
                turned = self.bend(state, shoulder, joint, wrist, side);
            }
        }
        turned
    }

    /// Two-bone inverse kinematics (law of cosines): the elbow bends so that it lies towards `side`.
    fn bend(&self, state: &State, shoulder: Quat, joint: Vec3, wrist: Vec3, side: Vec3) -> Turned {
        let line = (wrist - joint).normalize_or(Vec3::NEG_Y);
        let [near, far] = self.reaches();
        let far_m = joint
            .distance(wrist)
            .clamp(near * self.length(), far * self.length());
        let side = (side - line * side.dot(line)).normalize_or(Vec3::NEG_Z);
        let [upper, lower] = self.lengths;
        let cosine = (upper * upper + far_m * far_m - lower * lower) / (2.0 * upper * far_m);
        let cosine = cosine.clamp(-1.0, 1.0);
        let sine = (1.0 - cosine * cosine).sqrt();
        let along = line * cosine + side * sine;
        let elbow = joint + along * upper;
        let wrist = joint + line * far_m;
        let hinge = side.cross(line);
        let base = frame((wrist - elbow).normalize_or(line), hinge) * self.lower_frame.inverse();
        let twist =
            Quat::from_axis_angle(self.lower_frame * Vec3::X, -state.twist * self.twist_share);
        let bent = Quat::from_euler(EulerRot::XZY, -state.twist, state.flexion, -state.deviation);
        Turned {
            shoulder,
            upper: frame(along, hinge) * self.upper_frame.inverse(),
            lower: base * twist,
            hand: base * (self.wrist_frame * bent * self.wrist_frame.inverse()),
            elbow,
            wrist,
        }
    }

    /// The state that reaches `key`, whose arm is turned about its shoulder by `aim`: as exactly as limits allow. Where
    /// the wrist cannot turn as asked, the elbow gives way a little, as people's do.
    pub(super) fn compile(&self, key: &ArmKey, aim: Quat, body: Option<Now<'_>>) -> State {
        let length = self.length();
        let at = Vec3::new(
            key.at.x * self.half_width,
            key.at.y * length,
            key.at.z * length,
        );
        let place = self.joint + aim * (self.middle + at - self.joint);
        let fingers = aim * key.fingers.normalize_or(Vec3::Z);
        let palm = aim * key.palm.normalize_or(Vec3::NEG_Y);
        let hand = frame(fingers, palm) * self.hand_frame.inverse();
        let way = (place - self.joint).normalize_or(Vec3::Z);
        let rise = ((way.y.asin().to_degrees() + 30.0) / 110.0).clamp(0.0, 1.0);
        let lift = self.rest.lift + (RHYTHM_DEG * rise * rise * (3.0 - 2.0 * rise)).to_radians();
        let asked = key.elbow_deg.to_radians();
        let mut best: Option<(f32, State)> = None;
        for step in -4i16..=10 {
            let more = f32::from(step) * 6f32.to_radians();
            let [inner, outer] = SWIVEL_DEG.map(f32::to_radians);
            let swivel = (asked + more).clamp(inner, outer);
            let state = self.reach(place, hand, lift, swivel);
            let turned = self.solve(&state, Quat::IDENTITY, body);
            let off = turned.hand.angle_between(hand);
            let far = (turned.wrist + turned.hand * self.palm).distance(place) / length;
            let cost = 4.0 * off * off + 60.0 * far * far + 0.25 * more * more;
            if best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, state));
            }
        }
        let state = best.map_or(self.rest, |(_, state)| state);
        State {
            curl: key.hand.curl.map(|curl| curl.clamp(0.0, 1.0)),
            spread: key.hand.spread.clamp(0.0, 1.0),
            thumb: key.hand.thumb.clamp(0.0, 1.0),
            idle: 1.0,
            ..state
        }
    }

    /// The palm at `place`, the hand turned by `hand`, the elbow at `swivel`.
    fn reach(&self, place: Vec3, hand: Quat, lift: f32, swivel: f32) -> State {
        let limits = self.limits();
        let [near, _] = self.reaches();
        let shoulder = Quat::from_rotation_z(lift);
        let joint = self.root + shoulder * (self.joint - self.root);
        let mut state = State {
            lift,
            swivel,
            ..State::default()
        };
        let mut hand_now = hand;
        for _ in 0..10 {
            let wrist = place - hand_now * self.palm;
            state.way = State::way_to((wrist - joint).normalize_or(Vec3::Z));
            state.reach = (joint.distance(wrist) / self.length()).clamp(near, MAX_REACH);
            // The base of the wrist without any turn of its own.
            let straight = State {
                twist: 0.0,
                flexion: 0.0,
                deviation: 0.0,
                ..state
            };
            let base = self.solve(&straight, Quat::IDENTITY, None).hand;
            let bent = self.wrist_frame.inverse() * (base.inverse() * hand) * self.wrist_frame;
            let (twist, flexion, deviation) = bent.to_euler(EulerRot::XZY);
            let wanted = [-twist, flexion, -deviation];
            let [twist, flexion, deviation] =
                std::array::from_fn(|part| wanted[part].clamp(limits[part][0], limits[part][1]));
            state = State {
                twist,
                flexion,
                deviation,
                ..state
            };
            hand_now = self.solve(&state, Quat::IDENTITY, None).hand;
        }
        state
    }
}

/// The rotation that brings X to `along` and Y as near to `across` as can be.
pub(super) fn frame(along: Vec3, across: Vec3) -> Quat {
    let along = along.normalize_or(Vec3::X);
    let across = (across - along * across.dot(along)).normalize_or(along.any_orthonormal_vector());
    Quat::from_mat3(&Mat3::from_cols(along, across, along.cross(across)))
}

/// From one direction to another round `axis`, radians.
pub(super) fn signed_angle(from: Vec3, to: Vec3, axis: Vec3) -> f32 {
    from.cross(to).dot(axis).atan2(from.dot(to))
}
