//! How far a rig's own lips part and meet, measured on its geometry, so that closed lips are closed at any jaw.
//!
//! A pose says with `mouthClose` = `jawOpen` that the lips are closed over the open jaw. How much of a rig's `mouthClose`
//! that takes is a matter of the rig: here it is solved from the deltas of its lips.

use std::collections::{BTreeMap, BTreeSet};

use glam::Vec3;

use super::visemes::closed_share;
use crate::avatar::{Avatar, Surface};
use crate::media::{Blendshapes, Shape};

/// The lower lip takes at least so much of the fullest movement of `jawOpen`, the upper lip at most `UPPER_SHARE`.
const LOWER_SHARE: f32 = 0.5;
const UPPER_SHARE: f32 = 0.35;
/// Lips at rest are nearer than this share of the fullest movement.
const REACH_SHARE: f32 = 0.15;
/// Two vertices are the two sides of the slit when the jaw parts them by this share of the fullest movement.
const PARTING_SHARE: f32 = 0.2;
/// Lips lie in front of what else the jaw parts (teeth) and are at most this share of the movement deep.
const DEPTH_SHARE: f32 = 0.3;
/// Lips may overlap by this share of the fullest movement (0.9 mm where it is 30 mm) for the sake of no slit.
const OVERLAP_SHARE: f32 = 0.03;
/// Pairs of vertices that are looked at, evenly chosen: a mouth has some hundred.
const MAX_PAIRS: usize = 4096;
/// With more neighbours to compare than this the lips are not measured: a damaged mesh has all vertices in one place.
const MAX_COMPARISONS: usize = 200_000_000;
/// Places across the mouth at which the slit is watched.
const COLUMNS: usize = 9;
/// Shapes that part the lips themselves: they give way to a closure, or it would have to be strongest where they are weak.
const PARTING: [Shape; 5] = [
    Shape::MouthFunnel,
    Shape::MouthLowerDownLeft,
    Shape::MouthLowerDownRight,
    Shape::MouthUpperUpLeft,
    Shape::MouthUpperUpRight,
];
/// How far other shapes may be raised to close lips that have no `mouthClose`.
const HELPERS: [(Shape, f32); 4] = [
    (Shape::MouthPressLeft, 0.5),
    (Shape::MouthPressRight, 0.5),
    (Shape::MouthRollUpper, 0.4),
    (Shape::MouthRollLower, 0.4),
];

/// The slit between the lips at one place of the mouth: metres, upright.
#[derive(Clone, Copy, Debug)]
struct Column {
    /// At rest.
    rest: f32,
    /// What each shape at weight 1 adds.
    rates: [f32; 52],
}

impl Column {
    /// The slit in `face`; negative where lips overlap.
    fn gap(&self, face: &Blendshapes) -> f32 {
        let parted = self.rates.iter().zip(face.0).map(|(rate, w)| rate * w);
        self.rest + parted.sum::<f32>()
    }
}

/// The lips of a rig with `jawOpen`.
#[derive(Clone, Debug)]
pub struct Closure {
    columns: Vec<Column>,
    overlap: f32,
}

impl Closure {
    /// Measures the lips of `avatar`, whose vertices at rest are `points`; `None` when it has no `jawOpen` that parts
    /// anything.
    pub(in crate::avatar) fn measure(avatar: &Avatar, points: &[Vec<Vec3>]) -> Option<Self> {
        let lips = Lips::find(avatar, points)?;
        let joined = lips.joined(avatar);
        let overlap = OVERLAP_SHARE * lips.fullest;
        let mut columns = Vec::new();
        for column in 0..COLUMNS {
            let own: Vec<&(Vertex, Vertex)> = lips
                .pairs
                .iter()
                .filter(|pair| lips.column(pair) == column)
                .collect();
            if own.is_empty() {
                continue;
            }
            let mean = |of: &dyn Fn(&Vertex) -> f32| {
                let sum: f32 = own.iter().map(|(u, l)| of(u) - of(l)).sum();
                sum / own.len() as f32
            };
            let joined = own.iter().any(|(up, low)| {
                up.mesh == low.mesh && joined.contains(&(up.mesh, up.index, low.index))
            });
            let rest = if joined { 0.0 } else { mean(&|v| v.place.y) };
            let rates = Shape::ALL.map(|shape| mean(&|v| v.moved(avatar, shape).y));
            // Lips that touch at rest do so within their overlap.
            let rest = if rest > overlap { rest } else { 0.0 };
            if rest.is_finite() && rates.iter().all(|rate| rate.is_finite()) {
                columns.push(Column { rest, rates });
            }
        }
        (!columns.is_empty()).then_some(Self { columns, overlap })
    }

    /// Lips that could not be measured: `mouthClose`, if there is one, is taken to close what `jawOpen` opens.
    pub(in crate::avatar) fn assumed(has_close: bool) -> Self {
        let mut rates = [0.0; 52];
        rates[Shape::JawOpen as usize] = 1.0;
        if has_close {
            rates[Shape::MouthClose as usize] = -1.0;
        }
        let columns = vec![Column { rest: 0.0, rates }];
        Self {
            columns,
            overlap: 0.0,
        }
    }

    /// The distance between the lips, metres: at the place where they are furthest apart, and at the place where they are
    /// nearest (negative where they overlap).
    pub fn gap_m(&self, face: &Blendshapes) -> (f32, f32) {
        let gaps = || self.columns.iter().map(|column| column.gap(face));
        (
            gaps().fold(f32::NEG_INFINITY, f32::max),
            gaps().fold(f32::INFINITY, f32::min),
        )
    }

    /// What is left of the slit when the lips are closed over a jaw that is open by 0.3, metres.
    pub fn leak_m(&self) -> f32 {
        let mut face = Blendshapes::default();
        face[Shape::JawOpen] = 0.3;
        face[Shape::MouthClose] = 0.3;
        self.apply(&mut face);
        self.gap_m(&face).0.max(0.0)
    }

    /// The `mouthClose` that this rig needs to close its lips over a jaw that is open by `jaw_open` (0..=1); `None` when
    /// it has no such shape, or too weak a one.
    pub fn mouth_close(&self, jaw_open: f32) -> Option<f32> {
        let mut face = Blendshapes::default();
        face[Shape::JawOpen] = jaw_open;
        let weight = self.needed(&face, Shape::MouthClose)?;
        (weight <= 1.0).then_some(weight)
    }

    /// Replaces the meaning of `mouthClose` (a share of `jawOpen`) by the weights with which this rig's lips are closed by
    /// that share. Shapes that part the lips give way; what `mouthClose` cannot do is done by pressed and rolled lips if it
    /// is missing, and by the jaw.
    pub(in crate::avatar) fn apply(&self, face: &mut Blendshapes) {
        let share = closed_share(face);
        if share == 0.0 {
            return;
        }
        let parting = PARTING.map(|shape| std::mem::take(&mut face[shape]));
        self.close(face, share);
        for (shape, weight) in PARTING.into_iter().zip(parting) {
            face[shape] = weight * (1.0 - share);
        }
    }

    /// Closes what the jaw opened by `share`.
    fn close(&self, face: &mut Blendshapes, share: f32) {
        face[Shape::MouthClose] = 0.0;
        // The share of the slit that is still to be closed.
        let mut left = share;
        let has_close = self.needed(face, Shape::MouthClose).is_some();
        let closers: &[(Shape, f32)] = if has_close {
            &[(Shape::MouthClose, 1.0)]
        } else {
            &HELPERS
        };
        for &(shape, most) in closers {
            let Some(needed) = self.needed(face, shape) else {
                continue;
            };
            if needed == 0.0 {
                return;
            }
            let weight = (needed * left).min((most - face[shape]).max(0.0));
            face[shape] += weight;
            let closed = weight / needed;
            if closed >= left {
                return;
            }
            left = (left - closed) / (1.0 - closed);
        }
        if let Some(needed) = self.needed(face, Shape::JawOpen) {
            face[Shape::JawOpen] = (face[Shape::JawOpen] - needed * left).max(0.0);
        }
    }

    /// By how much `shape` has to change (down for one that opens) until no place is open, without overlapping lips
    /// elsewhere by more than the tolerance; `None` when it does not move the lips.
    fn needed(&self, face: &Blendshapes, shape: Shape) -> Option<f32> {
        let rate = |column: &Column| column.rates[shape as usize].abs();
        let mean_rate = self.columns.iter().map(rate).sum::<f32>() / self.columns.len() as f32;
        let opens = shape == Shape::JawOpen;
        let works = self
            .columns
            .iter()
            .all(|column| (column.rates[shape as usize] > 0.0) == opens);
        if !works || mean_rate < self.overlap {
            return None;
        }
        let to = |target: f32| {
            self.columns
                .iter()
                .map(move |column| (column.gap(face) - target) / rate(column))
        };
        let all_closed = to(0.0).fold(f32::NEG_INFINITY, f32::max);
        let none_overlaps = to(-self.overlap).fold(f32::INFINITY, f32::min);
        Some(all_closed.min(none_overlaps).max(0.0))
    }
}

/// A vertex of a lip, in model space.
#[derive(Clone, Copy, Debug)]
struct Vertex {
    mesh: usize,
    index: u32,
    place: Vec3,
}

impl Vertex {
    /// Where `shape` at weight 1 moves it to, metres.
    fn moved(&self, avatar: &Avatar, shape: Shape) -> Vec3 {
        let mesh = &avatar.meshes[self.mesh];
        let own = mesh.targets.iter().filter(|t| t.shape == Some(shape));
        let moved: Vec3 = own.map(|target| target.delta(self.index)).sum();
        if moved == Vec3::ZERO {
            return moved;
        }
        avatar
            .rest_matrix(mesh, self.index as usize)
            .transform_vector3(moved)
    }
}

/// Vertices of the upper and lower lip that meet at rest and are parted by `jawOpen`.
struct Lips {
    pairs: Vec<(Vertex, Vertex)>,
    /// The fullest movement of `jawOpen`, metres.
    fullest: f32,
    middle: f32,
    half_width: f32,
}

impl Lips {
    fn find(avatar: &Avatar, points: &[Vec<Vec3>]) -> Option<Self> {
        let (upper, lower, fullest) = Self::sides(avatar, points)?;
        let reach = REACH_SHARE * fullest;
        let (above, below) = (Grid::new(&upper, reach), Grid::new(&lower, reach));
        let neighbours = |low: &Vertex| {
            above
                .near(low)
                .chain(below.near(low))
                .map(Vec::len)
                .sum::<usize>()
        };
        if lower.iter().map(neighbours).sum::<usize>() > MAX_COMPARISONS {
            return None;
        }
        let mut pairs = Vec::new();
        for low in &lower {
            let Some(up) = above.nearest(low) else {
                continue;
            };
            // Only the two edges of the slit are each other's nearest.
            let mutual = below
                .nearest(up)
                .is_some_and(|back| back.place == low.place);
            let parted = up.moved(avatar, Shape::JawOpen).y - low.moved(avatar, Shape::JawOpen).y;
            if mutual && parted > PARTING_SHARE * fullest {
                pairs.push((*up, *low));
            }
        }
        let front = pairs.iter().map(|(u, _)| u.place.z).reduce(f32::max)?;
        pairs.retain(|(u, _)| u.place.z > front - DEPTH_SHARE * fullest);
        // Towards the corners, where both lips move, vertices that do not face each other may be left over as pairs.
        let distance = |(u, l): &(Vertex, Vertex)| u.place.distance(l.place);
        let mut distances: Vec<f32> = pairs.iter().map(distance).collect();
        distances.sort_by(f32::total_cmp);
        let usual = distances[distances.len() / 2];
        pairs.retain(|pair| distance(pair) <= 2.0 * usual + OVERLAP_SHARE * fullest);
        let step = pairs.len().div_ceil(MAX_PAIRS);
        let pairs: Vec<(Vertex, Vertex)> = pairs.into_iter().step_by(step.max(1)).collect();
        let xs = || pairs.iter().map(|(u, _)| u.place.x);
        let (least, most) = (xs().reduce(f32::min)?, xs().reduce(f32::max)?);
        Some(Self {
            middle: f32::midpoint(least, most),
            half_width: (0.5 * (most - least)).max(f32::MIN_POSITIVE),
            pairs,
            fullest,
        })
    }

    /// What the jaw leaves in place, what it takes along, and its fullest movement.
    fn sides(avatar: &Avatar, points: &[Vec<Vec3>]) -> Option<(Vec<Vertex>, Vec<Vertex>, f32)> {
        let mut all: Vec<(Vertex, f32)> = Vec::new();
        for (index, mesh) in avatar.meshes.iter().enumerate() {
            let surface = avatar.materials[mesh.material].surface;
            let has_jaw = mesh.targets.iter().any(|t| t.shape == Some(Shape::JawOpen));
            if !has_jaw || matches!(surface, Surface::Mouth | Surface::Eye | Surface::Lash) {
                continue;
            }
            for (vertex, place) in (0u32..).zip(&points[index]) {
                let vertex = Vertex {
                    mesh: index,
                    index: vertex,
                    place: *place,
                };
                all.push((vertex, vertex.moved(avatar, Shape::JawOpen).length()));
            }
        }
        let fullest = all.iter().map(|(_, moved)| *moved).fold(0.0, f32::max);
        if fullest <= 0.0 {
            return None;
        }
        let pick = |keep: &dyn Fn(f32) -> bool| {
            let kept = all.iter().filter(|(_, moved)| keep(moved / fullest));
            kept.map(|(vertex, _)| *vertex).collect::<Vec<_>>()
        };
        Some((
            pick(&|share| share < UPPER_SHARE),
            pick(&|share| share > LOWER_SHARE),
            fullest,
        ))
    }

    /// The pairs that a triangle joins: skin that the jaw stretches, not a slit.
    fn joined(&self, avatar: &Avatar) -> BTreeSet<(usize, u32, u32)> {
        let same_mesh = self.pairs.iter().filter(|(up, low)| up.mesh == low.mesh);
        let pairs: BTreeSet<(usize, u32, u32)> = same_mesh
            .map(|(up, low)| (up.mesh, up.index, low.index))
            .collect();
        let meshes: BTreeSet<usize> = pairs.iter().map(|(mesh, ..)| *mesh).collect();
        let mut joined = BTreeSet::new();
        for mesh in meshes {
            for triangle in avatar.meshes[mesh].indices.chunks_exact(3) {
                let [a, b, c] = [triangle[0], triangle[1], triangle[2]];
                for (up, low) in [(a, b), (b, c), (c, a), (b, a), (c, b), (a, c)] {
                    if pairs.contains(&(mesh, up, low)) {
                        joined.insert((mesh, up, low));
                    }
                }
            }
        }
        joined
    }

    fn column(&self, (upper, _): &(Vertex, Vertex)) -> usize {
        let across = (upper.place.x - self.middle) / self.half_width; // -1..=1
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, small"
        )]
        let column = (f32::midpoint(across, 1.0).max(0.0) * COLUMNS as f32) as usize;
        column.min(COLUMNS - 1)
    }
}

/// Vertices by the cell of space they are in, for neighbours within one cell's size.
struct Grid {
    cells: BTreeMap<[i32; 3], Vec<Vertex>>,
    size: f32,
}

impl Grid {
    fn new(vertices: &[Vertex], size: f32) -> Self {
        let mut cells: BTreeMap<[i32; 3], Vec<Vertex>> = BTreeMap::new();
        for vertex in vertices {
            let cell = Self::cell(vertex.place, size);
            cells.entry(cell).or_default().push(*vertex);
        }
        Self { cells, size }
    }

    #[allow(
        clippy::cast_possible_truncation,
        reason = "clamped: beyond are only damaged files"
    )]
    fn cell(place: Vec3, size: f32) -> [i32; 3] {
        (place / size)
            .to_array()
            .map(|v| v.floor().clamp(-1e6, 1e6) as i32)
    }

    /// The cells round `other`.
    fn near(&self, other: &Vertex) -> impl Iterator<Item = &Vec<Vertex>> {
        let [x, y, z] = Self::cell(other.place, self.size);
        let cells = (0..27).map(move |i| [x + i % 3 - 1, y + i / 3 % 3 - 1, z + i / 9 - 1]);
        cells.filter_map(|cell| self.cells.get(&cell))
    }

    /// The vertex nearest to `other`, if one is nearer than a cell's size.
    fn nearest(&self, other: &Vertex) -> Option<&Vertex> {
        let near = self.near(other).flatten();
        near.map(|vertex| (vertex.place.distance(other.place), vertex))
            .filter(|(distance, _)| *distance < self.size)
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, vertex)| vertex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rig of columns with the slit at rest, what `jawOpen` adds and what `mouthClose` takes away, metres.
    fn rig(columns: &[(f32, f32, f32)]) -> Closure {
        let columns = columns.iter().map(|(rest, jaw, close)| {
            let mut rates = [0.0; 52];
            rates[Shape::JawOpen as usize] = *jaw;
            rates[Shape::MouthClose as usize] = -close;
            Column { rest: *rest, rates }
        });
        Closure {
            columns: columns.collect(),
            overlap: 0.0009,
        }
    }

    fn shut(closure: &Closure, jaw: f32) -> (f32, f32) {
        let mut face = Blendshapes::default();
        face[Shape::JawOpen] = jaw;
        face[Shape::MouthClose] = jaw;
        closure.apply(&mut face);
        closure.gap_m(&face)
    }

    #[test]
    fn lips_that_are_parted_at_rest_are_closed_too() {
        let (widest, narrowest) = shut(&rig(&[(0.003, 0.03, 0.03); 3]), 0.1);
        assert!(widest.abs() < 1e-5 && narrowest.abs() < 1e-5, "{widest}");
    }

    #[test]
    fn uneven_lips_overlap_a_little_rather_than_leave_a_slit_and_never_much() {
        let even = rig(&[(0.0, 0.03, 0.03), (0.0, 0.03, 0.028), (0.0, 0.03, 0.03)]);
        let (widest, narrowest) = shut(&even, 0.2);
        assert!(
            widest < 1e-5 && narrowest > -0.00091,
            "{widest} {narrowest}"
        );
        let uneven = rig(&[(0.0, 0.03, 0.03), (0.0, 0.03, 0.01), (0.0, 0.03, 0.03)]);
        let (widest, narrowest) = shut(&uneven, 0.5);
        assert!(narrowest > -0.00091, "{narrowest}");
        assert!(
            widest > 0.005 && (uneven.leak_m() - 0.6 * widest).abs() < 1e-3,
            "{widest}"
        );
    }

    #[test]
    fn the_weight_that_closes_is_told() {
        assert_eq!(rig(&[(0.0, 0.03, 0.06); 3]).mouth_close(0.5), Some(0.25));
        assert_eq!(rig(&[(0.0, 0.03, 0.01); 3]).mouth_close(0.5), None);
        assert_eq!(rig(&[(0.0, 0.03, 0.0); 3]).mouth_close(0.5), None);
    }
}
