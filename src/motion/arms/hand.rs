//! The fingers of one hand: their hinges, measured at rest, and what curls and spreads them.

use glam::{Mat4, Quat, Vec3};

use super::state::State;
use crate::avatar::Rig;

/// A segment that stands so far off the one before it at rest is bent already, degrees.
const BENT_DEG: f32 = 10.0;
/// Index to little finger: their names and how far their inner joints curl in a relaxed hand, degrees.
const FINGERS: [(&str, f32); 4] = [
    ("Index", 12.0),
    ("Middle", 17.0),
    ("Ring", 21.0),
    ("Little", 24.0),
];
const PARTS: [&str; 3] = ["Proximal", "Intermediate", "Distal"];
/// How far the two outer joints curl in a relaxed hand, degrees.
const RELAXED_DEG: [f32; 2] = [22.0, 12.0];
/// The joints in a fist, from the inner to the outer, degrees.
const FIST_DEG: [f32; 3] = [82.0, 98.0, 62.0];
/// The curl of a relaxed hand from thumb to little finger, its spread and its thumb: what these numbers mean is chosen so
/// that nothing moves there.
const RELAXED: ([f32; 5], f32, f32) = ([0.15, 0.17, 0.2, 0.22, 0.24], 0.3, 0.35);
/// Fingers spread wide point so far to the thumb's side, from index to little finger, degrees.
const WIDE_DEG: [f32; 4] = [13.0, 2.0, -9.0, -20.0];
/// The two outer joints of a curled thumb, degrees.
const THUMB_DEG: [f32; 2] = [38.0, 62.0];

/// One joint of a finger.
#[derive(Clone, Copy, Debug)]
struct Joint {
    node: usize,
    /// Its turn about the hinge with the finger straight, relaxed and curled, radians.
    turns: [f32; 3],
    /// Its turn to the thumb's side with the fingers side by side and wide, radians.
    aside: [f32; 2],
}

/// The joints of a thumb, from the inner to the outer.
#[derive(Clone, Copy, Debug)]
struct Thumb {
    nodes: [Option<usize>; 3],
    /// Where it points at rest.
    way: Vec3,
}

/// The fingers of one hand. Directions are those of a left hand; the right one is mirrored.
#[derive(Clone, Debug, Default)]
pub(in crate::motion) struct Hand {
    mirrored: bool,
    palm: Vec3,
    fingers: Vec3,
    joints: [Vec<Joint>; 4],
    thumb: Option<Thumb>,
    /// The middle of the knuckles.
    pub(super) knuckles: Option<Vec3>,
    /// From the knuckles to the tip of the middle finger.
    pub(super) finger_m: f32,
}

/// Where a bone is at rest, as of a left side.
pub(super) fn place(rig: &Rig, side: &str, bone: &str) -> Option<Vec3> {
    let node = rig.humanoid.get(&format!("{side}{bone}"))?;
    let place = rig.rest[*node].w_axis.truncate();
    let place = if side == "right" {
        mirror(place)
    } else {
        place
    };
    place.is_finite().then_some(place)
}

/// The other side's.
pub(super) fn mirror(place: Vec3) -> Vec3 {
    Vec3::new(-place.x, place.y, place.z)
}

/// The other side's.
pub(super) fn mirror_turn(turn: Quat) -> Quat {
    Quat::from_xyzw(turn.x, -turn.y, -turn.z, turn.w)
}

impl Hand {
    /// Measures the fingers of `side` (`left` or `right`); `None` where the hand has none. A hand that is relaxed at rest
    /// already (`curls` is false) is left as it is.
    pub(in crate::motion) fn of(rig: &Rig, side: &str, curls: bool) -> Option<Self> {
        let at = |finger: &str, part: &str| place(rig, side, &format!("{finger}{part}"));
        let present: Vec<usize> = (0..4)
            .filter(|own| at(FINGERS[*own].0, "Proximal").is_some())
            .collect();
        let (first, last) = (FINGERS[*present.first()?].0, FINGERS[*present.last()?].0);
        let (from, to) = (at(last, "Proximal")?, at(first, "Proximal")?);
        let way = (at(first, "Intermediate")? - to).try_normalize()?;
        // With fingers to +X and the index in front, the left palm looks down.
        let palm = way.cross(to - from).try_normalize()?;
        let mut hand = Self {
            mirrored: side == "right",
            palm,
            fingers: way,
            ..Self::default()
        };
        for own in 0..4 {
            hand.joints[own] = hand.finger(rig, side, own, curls);
        }
        let knuckles: Vec<Vec3> = present
            .iter()
            .filter_map(|own| at(FINGERS[*own].0, "Proximal"))
            .collect();
        hand.knuckles = Some(knuckles.iter().sum::<Vec3>() / knuckles.len() as f32);
        let middle = FINGERS[present[present.len() / 2]].0;
        let tip = at(middle, "Distal").or_else(|| at(middle, "Intermediate"));
        // The last segment is nearly as long as the one before it.
        hand.finger_m = tip
            .zip(at(middle, "Proximal"))
            .map_or(0.0, |(tip, base)| 1.35 * tip.distance(base));
        hand.thumb = hand.find_thumb(rig, side);
        Some(hand)
    }

    /// Where palm and fingers point at rest.
    pub(super) fn directions(&self) -> [Vec3; 2] {
        [self.palm, self.fingers]
    }

    /// `state` with fingers that are relaxed.
    pub(in crate::motion) fn at_rest(&self, state: State) -> State {
        let (curl, spread, thumb) = RELAXED;
        State {
            curl,
            spread,
            thumb,
            ..state
        }
    }

    /// The matrices of all finger joints in `state`, added to `nodes`; joints at rest are left out.
    pub(in crate::motion) fn put(&self, rig: &Rig, state: &State, nodes: &mut Vec<(u32, Mat4)>) {
        let hinge = self.fingers.cross(self.palm);
        let relaxed = RELAXED;
        for (own, joints) in self.joints.iter().enumerate() {
            let curl = state.curl[own + 1];
            for joint in joints {
                let bend = through(joint.turns, relaxed.0[own + 1], curl);
                let [close, wide] = joint.aside;
                // Curled fingers do not part.
                let aside = through([close, 0.0, wide], relaxed.1, state.spread)
                    * (1.0 - curl).clamp(0.0, 1.0);
                let turn = Quat::from_axis_angle(hinge, bend);
                let turn = Quat::from_axis_angle(self.palm, aside) * turn;
                self.turn(rig, joint.node, turn, nodes);
            }
        }
        if let Some(thumb) = self.thumb {
            self.put_thumb(rig, &thumb, state, nodes);
        }
    }

    fn put_thumb(&self, rig: &Rig, thumb: &Thumb, state: &State, nodes: &mut Vec<(u32, Mat4)>) {
        let (curls, _, across) = RELAXED;
        let radial = self.palm.cross(self.fingers);
        let apart = (12.0 + 55.0 * state.spread).to_radians();
        let beside = self.fingers * apart.cos() + radial * apart.sin();
        let over = (self.fingers * 0.55 - radial * 0.5 + self.palm * 0.67).normalize_or(self.palm);
        let (from, to, share) = if state.thumb < across {
            (thumb.way, beside, 1.0 - state.thumb / across)
        } else {
            (thumb.way, over, (state.thumb - across) / (1.0 - across))
        };
        let arc = Quat::from_rotation_arc(from, to);
        let whole = Quat::IDENTITY.slerp(arc, share.clamp(0.0, 1.0));
        let way = whole * thumb.way;
        // Bending brings the tip over the palm.
        let towards = (self.palm * 0.6 - radial * 0.8).normalize_or(self.palm);
        let hinge = thumb.way.cross(whole.inverse() * towards);
        let hinge = hinge.normalize_or(way.any_orthonormal_vector());
        let bent = |most: f32| through([-0.06, 0.0, most.to_radians()], curls[0], state.curl[0]);
        let inner = Quat::IDENTITY.slerp(whole, 0.65);
        // The rest of the way at the next joint, in the frame that the first has turned.
        let next = inner.inverse() * whole;
        let turns = [
            inner,
            next * Quat::from_axis_angle(hinge, bent(THUMB_DEG[0])),
            Quat::from_axis_angle(hinge, bent(THUMB_DEG[1])),
        ];
        for (node, turn) in thumb.nodes.into_iter().zip(turns) {
            if let Some(node) = node {
                self.turn(rig, node, turn, nodes);
            }
        }
    }

    fn turn(&self, rig: &Rig, node: usize, turn: Quat, nodes: &mut Vec<(u32, Mat4)>) {
        let turn = if self.mirrored {
            mirror_turn(turn)
        } else {
            turn
        };
        let local = rig.turned(node, rig.nodes[node].parent_from_node, turn);
        if let Ok(index) = u32::try_from(node)
            && local.is_finite()
            && turn.w.abs() < 1.0 - 1e-9
        {
            nodes.push((index, local));
        }
    }

    fn finger(&self, rig: &Rig, side: &str, own: usize, curls: bool) -> Vec<Joint> {
        let (finger, inner_deg) = FINGERS[own];
        let places = PARTS.map(|part| place(rig, side, &format!("{finger}{part}")));
        let ways = [0, 1].map(|part| Some((places[part + 1]? - places[part]?).normalize_or_zero()));
        let bent_deg = match ways {
            [Some(inner), Some(outer)] => inner.angle_between(outer).to_degrees(),
            _ => 0.0,
        };
        let is_bent = bent_deg > BENT_DEG || !curls;
        // Seen from above the palm, how far it points to the thumb's side.
        let radial = self.palm.cross(self.fingers);
        let aside = ways[0].map_or(0.0, |way| way.dot(radial).atan2(way.dot(self.fingers)));
        let relaxed = [inner_deg, RELAXED_DEG[0], RELAXED_DEG[1]];
        let mut joints = Vec::new();
        for (part, name) in PARTS.iter().enumerate() {
            let Some(&node) = rig.humanoid.get(&format!("{side}{finger}{name}")) else {
                continue;
            };
            let (straight, relaxed, fist) = match (is_bent, part) {
                (false, _) => (0.0, relaxed[part], FIST_DEG[part]),
                (true, 0) => (-8.0, 0.0, FIST_DEG[0] - 8.0),
                (true, 1) => (-bent_deg, 0.0, (FIST_DEG[1] - bent_deg).max(20.0)),
                (true, _) => (
                    -0.6 * bent_deg,
                    0.0,
                    (FIST_DEG[2] - 0.6 * bent_deg).max(20.0),
                ),
            };
            let wide = WIDE_DEG[own].to_radians() - aside;
            joints.push(Joint {
                node,
                turns: [straight, relaxed, fist].map(f32::to_radians),
                aside: if part == 0 { [-aside, wide] } else { [0.0; 2] },
            });
        }
        joints
    }

    fn find_thumb(&self, rig: &Rig, side: &str) -> Option<Thumb> {
        let parts = ["Metacarpal", "Proximal", "Distal"].map(|part| format!("Thumb{part}"));
        let places = parts.clone().map(|part| place(rig, side, &part));
        let nodes = parts.map(|part| rig.humanoid.get(&format!("{side}{part}")).copied());
        let end = places[2].or(places[1])?;
        let start = places[0].or(places[1])?;
        let way = (end - start).try_normalize()?;
        Some(Thumb { nodes, way })
    }
}

/// Three values at 0, `middle` and 1, and what lies between them.
fn through(values: [f32; 3], middle: f32, at: f32) -> f32 {
    let [start, turn, end] = values;
    if at < middle {
        start + (turn - start) * at / middle
    } else {
        turn + (end - turn) * (at - middle) / (1.0 - middle)
    }
}
