//! Normals for meshes that come without any: flat ones, as the glTF specification says (section 3.7.2.1).

use glam::Vec3;

use super::budget::Budget;
use crate::avatar::error::Result;
use crate::avatar::mesh::{Delta, Mesh};

/// Meshes with more corners are not taken apart: each becomes a vertex of its own. They get smooth normals.
const MAX_CORNERS: usize = 600_000;
/// Nor are those whose morph targets would then have more deltas.
const MAX_DELTAS: usize = 1_500_000;

/// Gives each triangle its own normal, which morph targets turn along.
pub(in crate::avatar) fn shade(mesh: &mut Mesh, budget: &Budget<'_>) -> Result<()> {
    budget.take_many::<Vec3>(mesh.positions.len())?;
    if !take_apart(mesh, budget)? {
        mesh.normals = smooth_normals(&mesh.positions, &mesh.indices);
    }
    Ok(())
}

/// Whether the mesh could be taken apart within reason.
fn take_apart(mesh: &mut Mesh, budget: &Budget<'_>) -> Result<bool> {
    let corners = mesh.indices.len();
    if corners > MAX_CORNERS {
        return Ok(false);
    }
    let copies = Copies::new(&mesh.indices, mesh.positions.len());
    let moved_vertices = mesh.targets.iter().flat_map(|target| &target.deltas);
    let deltas: usize = moved_vertices
        .map(|delta| 3 * copies.of(delta.vertex).len())
        .sum();
    let bytes = corners * 96 + deltas * size_of::<Delta>();
    if deltas > MAX_DELTAS || bytes > budget.left() / 2 {
        return Ok(false);
    }
    budget.take(bytes)?;
    let indices = std::mem::replace(&mut mesh.indices, (0u32..).take(corners).collect());
    mesh.gather(&indices);
    mesh.normals = mesh
        .positions
        .chunks_exact(3)
        .flat_map(|corners| [face_normal(corners); 3])
        .collect();
    let (positions, normals) = (&mesh.positions, &mesh.normals);
    for target in &mut mesh.targets {
        target.deltas = moved(&target.deltas, &copies, positions, normals);
    }
    Ok(true)
}

fn face_normal(corners: &[Vec3]) -> Vec3 {
    let [a, b, c] = [corners[0], corners[1], corners[2]];
    (b - a).cross(c - a).normalize_or(Vec3::Z)
}

/// The deltas of the corners that `old` of the vertices become; whole triangles, since one corner turns all of it.
fn moved(old: &[Delta], copies: &Copies, positions: &[Vec3], normals: &[Vec3]) -> Vec<Delta> {
    let mut corners: Vec<(u32, Vec3)> = old
        .iter()
        .flat_map(|delta| {
            copies
                .of(delta.vertex)
                .iter()
                .map(|corner| (*corner, delta.position))
        })
        .collect();
    corners.sort_unstable_by_key(|(corner, _)| *corner);
    let mut deltas = Vec::with_capacity(corners.len());
    for triangle in corners.chunk_by(|a, b| a.0 / 3 == b.0 / 3) {
        let first = triangle[0].0 / 3 * 3;
        let mut shifts = [Vec3::ZERO; 3];
        for (corner, shift) in triangle {
            shifts[(corner % 3) as usize] = *shift;
        }
        let base = first as usize;
        let places = [0, 1, 2].map(|i| positions[base + i] + shifts[i]);
        let turn = face_normal(&places) - normals[base];
        for (vertex, position) in (first..).zip(shifts) {
            if position != Vec3::ZERO || turn != Vec3::ZERO {
                deltas.push(Delta {
                    vertex,
                    position,
                    normal: turn,
                });
            }
        }
    }
    deltas
}

/// The corners at which each vertex is used.
struct Copies {
    starts: Vec<u32>,
    corners: Vec<u32>,
}

impl Copies {
    fn new(indices: &[u32], vertices: usize) -> Self {
        let mut starts = vec![0u32; vertices + 1];
        for index in indices {
            starts[*index as usize + 1] += 1;
        }
        for vertex in 0..vertices {
            starts[vertex + 1] += starts[vertex];
        }
        let mut next = starts.clone();
        let mut corners = vec![0; indices.len()];
        for (corner, index) in (0u32..).zip(indices) {
            let place = &mut next[*index as usize];
            corners[*place as usize] = corner;
            *place += 1;
        }
        Self { starts, corners }
    }

    fn of(&self, vertex: u32) -> &[u32] {
        let at = |vertex: usize| self.starts[vertex] as usize;
        &self.corners[at(vertex as usize)..at(vertex as usize + 1)]
    }
}

/// Area-weighted vertex normals, shared by vertices at the same place.
fn smooth_normals(positions: &[Vec3], indices: &[u32]) -> Vec<Vec3> {
    let mut by_place: std::collections::BTreeMap<[u32; 3], Vec3> =
        std::collections::BTreeMap::new();
    let key = |index: u32| positions[index as usize].to_array().map(f32::to_bits);
    for triangle in indices.chunks_exact(3) {
        let [a, b, c] = [triangle[0], triangle[1], triangle[2]].map(|i| positions[i as usize]);
        let face = (b - a).cross(c - a);
        if face.is_finite() {
            for &index in triangle {
                *by_place.entry(key(index)).or_default() += face;
            }
        }
    }
    (0u32..)
        .take(positions.len())
        .map(|index| {
            by_place
                .get(&key(index))
                .copied()
                .unwrap_or_default()
                .normalize_or(Vec3::Z)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::avatar::face::visemes::Viseme;
    use crate::avatar::mesh::Target;
    use crate::avatar::outfit::Worn;

    #[test]
    fn each_triangle_has_its_own_normal_and_targets_turn_it() {
        let lift = Delta {
            vertex: 1,
            position: Vec3::Z,
            normal: Vec3::ZERO,
        };
        let mut mesh = Mesh {
            name: String::new(),
            node: 0,
            skin: None,
            material: 0,
            worn: Worn::ALWAYS,
            positions: vec![Vec3::ZERO, Vec3::X, Vec3::Y, Vec3::Z],
            normals: Vec::new(),
            uvs: Vec::new(),
            colors: Vec::new(),
            joints: Vec::new(),
            weights: Vec::new(),
            indices: vec![0, 1, 2, 0, 2, 3],
            targets: vec![Target {
                name: String::new(),
                shape: None,
                visemes: [0.0; Viseme::COUNT],
                deltas: vec![lift],
            }],
        };
        shade(&mut mesh, &Budget::new("x")).unwrap();
        assert_eq!(mesh.indices, [0, 1, 2, 3, 4, 5]);
        assert_eq!(mesh.normals[0], Vec3::Z);
        assert_eq!(mesh.normals[5], Vec3::X);
        let deltas = &mesh.targets[0].deltas;
        let vertices: Vec<u32> = deltas.iter().map(|delta| delta.vertex).collect();
        assert_eq!(vertices, [0, 1, 2]);
        assert_eq!(deltas[1].position, Vec3::Z);
        let turned = mesh.normals[0] + deltas[0].normal;
        assert!(
            (turned - Vec3::new(-1.0, 0.0, 1.0).normalize_or(Vec3::Z)).length() < 1e-6,
            "{turned}"
        );
    }
}
