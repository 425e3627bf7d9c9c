//! Fewer triangles where the difference is smaller than a pixel: most of what a CPU rasteriser does is done for each
//! triangle. Only indices change; vertices, joints and targets stay as they are.
//!
//! Triangles are merged by quadric error (Garland and Heckbert 1998, with attributes as Hoppe 1999) as in meshoptimizer.
//! What moves or shades a vertex counts as an attribute, so a strand of hair keeps the vertices at which it bends and a
//! face those at which it folds.

use glam::Vec3;

use super::bake::Shade;
use crate::avatar::{Mesh, Target};

/// Meshes with fewer triangles are left alone.
const FEW: usize = 200;
/// The most attributes that meshoptimizer looks at, and how many of them are taken before targets.
const MOST: usize = 32;
const OWN: usize = 11;
/// Targets that are looked at wholly: those that move most.
const TARGETS: usize = (MOST - OWN) / 3;
/// What else may change about a place by so much as one tolerance of length: a normal (about eleven degrees), a picture
/// coordinate, shade and colour, the share of a joint.
const NORMAL: f32 = 0.2;
const UV: f32 = 0.005;
const TONE: f32 = 0.08;
const JOINT: f32 = 0.04;

/// How far a surface may move, as a share of the model's height, in pictures of `height` pixels: one pixel where the
/// picture holds a sixth of the model (a face), half a pixel at the waist.
pub(super) fn tolerance(height: u32) -> f32 {
    1.0 / 6.0 / height.max(1) as f32
}

/// The indices of `mesh` with triangles merged where nothing moves by more than `tolerance`, metres. `points` are its
/// vertices at rest, metres.
pub(super) fn simplified(
    mesh: &Mesh,
    points: &[Vec3],
    shades: &[Shade],
    tolerance: f32,
) -> Vec<u32> {
    let indices = &mesh.indices;
    let (extent, metres) = (extent(&mesh.positions), extent(points));
    let finite = |all: &[Vec3]| all.iter().all(|v| v.is_finite());
    let sound = extent > 0.0 && metres > 0.0 && finite(&mesh.positions) && finite(&mesh.normals);
    if indices.len() < 3 * FEW || !sound {
        return indices.clone();
    }
    // In the mesh's own unit, and as a share of its size.
    let length = tolerance * extent / metres;
    let share = length / extent;
    let mut targets: Vec<&Target> = mesh.targets.iter().collect();
    let moved =
        |target: &Target| -> f32 { target.deltas.iter().map(|d| d.position.length()).sum() };
    targets.sort_by(|a, b| moved(b).total_cmp(&moved(a)));
    let (looked_at, others) = targets.split_at(targets.len().min(TARGETS));
    let mut locked = vec![false; mesh.positions.len()];
    for delta in others.iter().flat_map(|target| &target.deltas) {
        // What further targets move visibly stays.
        locked[delta.vertex as usize] |= delta.position.length() > 4.0 * length;
    }
    let count = OWN + 3 * looked_at.len();
    let attributes = attributes(mesh, shades, looked_at, count);
    if attributes.iter().any(|value| !value.is_finite()) {
        return indices.clone();
    }
    let mut weights = vec![share / NORMAL; 3];
    weights.extend([share / UV; 2]);
    weights.extend([share / TONE; 3]);
    weights.extend([share / JOINT; 3]);
    weights.resize(count, 1.0 / extent);
    let positions: Vec<[f32; 3]> = mesh.positions.iter().map(Vec3::to_array).collect();
    meshopt::simplify_with_attributes_and_locks_decoder(
        indices,
        &positions,
        &attributes,
        &weights,
        count * size_of::<f32>(),
        &locked,
        0,
        length,
        meshopt::SimplifyOptions::LockBorder | meshopt::SimplifyOptions::ErrorAbsolute,
        None,
    )
}

/// `count` numbers for each vertex: normal, picture coordinates, shade and colour, joints, and where targets move it.
fn attributes(mesh: &Mesh, shades: &[Shade], targets: &[&Target], count: usize) -> Vec<f32> {
    let mut all = vec![0.0; mesh.positions.len() * count];
    for (vertex, own) in all.chunks_exact_mut(count).enumerate() {
        own[..3].copy_from_slice(&mesh.normals[vertex].to_array());
        if let Some(uv) = mesh.uvs.get(vertex) {
            own[3..5].copy_from_slice(&uv.to_array());
        }
        own[5] = shades[vertex].sky;
        own[6] = shades[vertex].key;
        if let Some([r, g, b, a]) = mesh.colors.get(vertex) {
            own[7] = (r + 2.0 * g + b) / 4.0 + a;
        }
        let joints = mesh.joints.get(vertex).zip(mesh.weights.get(vertex));
        for (joint, weight) in joints.into_iter().flat_map(|(j, w)| j.iter().zip(w)) {
            for (axis, place) in own[8..OWN].iter_mut().enumerate() {
                *place += weight * scattered(u32::from(*joint), axis);
            }
        }
    }
    for (index, target) in targets.iter().enumerate() {
        for delta in &target.deltas {
            let at = delta.vertex as usize * count + OWN + 3 * index;
            all[at..at + 3].copy_from_slice(&delta.position.to_array());
        }
    }
    all
}

/// A joint as a point between -1 and 1, far from that of other joints: three numbers then tell most mixtures apart.
fn scattered(joint: u32, axis: usize) -> f32 {
    // Multiples of the plastic number's powers modulo 1 spread evenly (Roberts 2018).
    const STEP: [f64; 3] = [0.819_172_5, 0.671_043_6, 0.549_700_5];
    let turn = (f64::from(joint) + 0.5) * STEP[axis];
    (2.0 * turn.fract() - 1.0) as f32
}

/// The longest side of the box around `points`.
fn extent(points: &[Vec3]) -> f32 {
    let low = points.iter().copied().fold(Vec3::INFINITY, Vec3::min);
    let high = points.iter().copied().fold(Vec3::NEG_INFINITY, Vec3::max);
    (high - low).max_element()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::avatar::Delta;
    use glam::Vec2;

    /// A flat strip of two columns and `rows` rows, one centimetre apart, all moved by joint 0.
    fn strip(rows: u32) -> Mesh {
        let mut mesh = Mesh {
            name: String::new(),
            node: 0,
            skin: Some(0),
            material: 0,
            positions: Vec::new(),
            normals: Vec::new(),
            uvs: Vec::new(),
            colors: Vec::new(),
            joints: Vec::new(),
            weights: Vec::new(),
            indices: Vec::new(),
            targets: Vec::new(),
        };
        for row in 0..rows {
            for column in 0..3 {
                mesh.positions
                    .push(Vec3::new(column as f32 * 0.01, row as f32 * 0.01, 0.0));
                mesh.normals.push(Vec3::Z);
                mesh.uvs
                    .push(Vec2::new(column as f32 / 2.0, row as f32 / rows as f32));
                mesh.joints.push([0; 4]);
                mesh.weights.push([1.0, 0.0, 0.0, 0.0]);
            }
            for column in 0..2 {
                if row + 1 < rows {
                    let a = row * 3 + column;
                    mesh.indices.extend([a, a + 1, a + 3, a + 1, a + 4, a + 3]);
                }
            }
        }
        mesh
    }

    fn rows_left(mesh: &Mesh) -> usize {
        let shades = vec![Shade { sky: 1.0, key: 1.0 }; mesh.positions.len()];
        let mut middle: Vec<u32> = simplified(mesh, &mesh.positions, &shades, 3e-4)
            .into_iter()
            .filter(|index| index % 3 == 1)
            .collect();
        middle.sort_unstable();
        middle.dedup();
        middle.len()
    }

    #[test]
    fn a_flat_strip_loses_what_nobody_sees() {
        assert!(rows_left(&strip(100)) < 10, "{}", rows_left(&strip(100)));
        assert_eq!(rows_left(&strip(20)), 20, "small meshes stay");
    }

    #[test]
    fn where_joints_bend_it_vertices_stay() {
        let mut mesh = strip(100);
        for (vertex, joints) in mesh.joints.iter_mut().enumerate() {
            // Another joint every five rows.
            joints[0] = (vertex / 15) as u16;
        }
        assert!(rows_left(&mesh) >= 20, "{}", rows_left(&mesh));
    }

    #[test]
    fn where_any_target_folds_it_vertices_stay() {
        let mut mesh = strip(100);
        for target in 0..52u32 {
            let vertex = 3 * (target + 10) + 1;
            let delta = Delta {
                vertex,
                position: Vec3::Z * 0.005,
                normal: Vec3::ZERO,
            };
            mesh.targets.push(Target {
                name: target.to_string(),
                shape: None,
                visemes: Default::default(),
                deltas: vec![delta],
            });
        }
        assert!(rows_left(&mesh) >= 52, "{}", rows_left(&mesh));
    }
}
