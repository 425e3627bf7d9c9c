//! Hulls of outlines: the surface with normals averaged where the maker split it, so that hard edges and seams of
//! pictures do not tear the outline open.

use std::collections::BTreeMap;

use glam::Vec3;

use super::deform::MovingVertex;
use crate::avatar::Mesh;

/// The hull of a mesh that has split vertices.
#[derive(Debug)]
pub(super) struct Hull {
    /// Vertices that stand at one place in every pose, with the weight of each.
    places: Vec<Vec<(u32, f32)>>,
    vertices: Vec<MovingVertex>,
}

impl Hull {
    /// The hull of `mesh`; `None` when its own normals will do.
    pub(super) fn new(mesh: &Mesh) -> Option<Self> {
        let moves = motions(mesh);
        let mut by_place: BTreeMap<_, Vec<u32>> = BTreeMap::new();
        for (vertex, position) in (0u32..).zip(&mesh.positions) {
            let at = vertex as usize;
            // Adding zero makes -0 and 0 the same place.
            let place = (*position + Vec3::ZERO).to_array().map(f32::to_bits);
            let joints = mesh.joints.get(at).copied();
            let weights = mesh.weights.get(at).map(|w| w.map(f32::to_bits));
            by_place
                .entry((place, joints, weights, &moves[at]))
                .or_default()
                .push(vertex);
        }
        let angles = corner_angles(mesh);
        let split = |vertices: &Vec<u32>| {
            let first = mesh.normals[vertices[0] as usize];
            let differs = |v: &u32| mesh.normals[*v as usize].distance_squared(first) > 1e-6;
            vertices.iter().any(differs)
        };
        let places: Vec<Vec<(u32, f32)>> = by_place
            .into_values()
            .filter(split)
            .map(|vertices| {
                let weigh = |v: u32| (v, angles[v as usize]);
                vertices.into_iter().map(weigh).collect()
            })
            .collect();
        (!places.is_empty()).then_some(Self {
            places,
            vertices: Vec::new(),
        })
    }

    /// The hull's vertices where those of the surface are `moved`.
    pub(super) fn update(&mut self, moved: &[MovingVertex]) -> &[MovingVertex] {
        self.vertices.clear();
        self.vertices.extend_from_slice(moved);
        for place in &self.places {
            let sum: Vec3 = place
                .iter()
                .map(|&(vertex, weight)| normal_of(&moved[vertex as usize]) * weight)
                .sum();
            // Two sides of a leaf cancel out: each keeps its own.
            if sum.length_squared() < 1e-6 {
                continue;
            }
            for &(vertex, _) in place {
                let at = &mut self.vertices[vertex as usize];
                *at = MovingVertex::new(Vec3::from_array(at.position), sum);
            }
        }
        &self.vertices
    }
}

fn normal_of(vertex: &MovingVertex) -> Vec3 {
    let [x, y, z, _] = vertex.normal.map(|part| f32::from(part) / 32767.0);
    Vec3::new(x, y, z)
}

/// How morph targets move each vertex: target and bits of the shift. Lips that touch at rest are told apart by this.
fn motions(mesh: &Mesh) -> Vec<Vec<(usize, [u32; 3])>> {
    let mut motions = vec![Vec::new(); mesh.positions.len()];
    for (index, target) in mesh.targets.iter().enumerate() {
        for delta in &target.deltas {
            let shift = (delta.position + Vec3::ZERO).to_array().map(f32::to_bits);
            if delta.position != Vec3::ZERO {
                motions[delta.vertex as usize].push((index, shift));
            }
        }
    }
    motions
}

/// How much of the surface round a vertex belongs to it, in radians: a corner shared by many thin triangles does not
/// outweigh one of a large one.
fn corner_angles(mesh: &Mesh) -> Vec<f32> {
    let mut angles = vec![1e-4; mesh.positions.len()];
    for triangle in mesh.indices.chunks_exact(3) {
        let corners = [triangle[0], triangle[1], triangle[2]].map(|i| i as usize);
        for turn in 0..3 {
            let [a, b, c] = [0, 1, 2].map(|i| mesh.positions[corners[(i + turn) % 3]]);
            let (to_b, to_c) = ((b - a).normalize_or_zero(), (c - a).normalize_or_zero());
            if to_b != Vec3::ZERO && to_c != Vec3::ZERO {
                angles[corners[turn]] += to_b.dot(to_c).clamp(-1.0, 1.0).acos();
            }
        }
    }
    angles
}
