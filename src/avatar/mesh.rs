//! Triangles with everything that moves them: joints, weights and morph targets.

use glam::{Vec2, Vec3};

use super::face::visemes::Viseme;
use super::outfit::Worn;
use crate::media::Shape;

/// Where a vertex goes when a morph target is fully on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delta {
    /// Which vertex.
    pub vertex: u32,
    /// Added to its position.
    pub position: Vec3,
    /// Added to its normal.
    pub normal: Vec3,
}

/// One morph target.
#[derive(Clone, Debug)]
pub struct Target {
    /// As in the file, or its number.
    pub name: String,
    /// The ARKit shape it stands for.
    pub shape: Option<Shape>,
    /// What each [`Viseme`] at weight 1 adds to its weight; all zero where the mouth is moved by ARKit shapes.
    pub visemes: [f32; Viseme::COUNT],
    /// Only vertices that move, in rising order.
    pub deltas: Vec<Delta>,
}

impl Target {
    /// Where the target at weight 1 moves `vertex` to, in the mesh's own space.
    pub fn delta(&self, vertex: u32) -> Vec3 {
        self.deltas
            .binary_search_by_key(&vertex, |delta| delta.vertex)
            .map_or(Vec3::ZERO, |place| self.deltas[place].position)
    }
}

/// Triangles of one material. All per-vertex lists have the same length, or are empty where the file has nothing.
#[derive(Clone, Debug)]
pub struct Mesh {
    /// The name of the mesh in the file; may be empty.
    pub name: String,
    /// The node it hangs on.
    pub node: usize,
    /// The skin that moves it; without one the node does.
    pub skin: Option<usize>,
    /// An index into the avatar's materials.
    pub material: usize,
    /// With which outfits it is drawn.
    pub worn: Worn,
    /// In the mesh's own space.
    pub positions: Vec<Vec3>,
    /// Unit length, made when the file has none.
    pub normals: Vec<Vec3>,
    /// Picture coordinates of the set that the material's pictures use; empty when the file has none.
    pub uvs: Vec<Vec2>,
    /// Multiplies the base colour; empty when the file has none.
    pub colors: Vec<[f32; 4]>,
    /// Four joints (indices into the skin) for each vertex; empty without a skin.
    pub joints: Vec<[u16; 4]>,
    /// Their weights, which add up to 1.
    pub weights: Vec<[f32; 4]>,
    /// Three for each triangle.
    pub indices: Vec<u32>,
    /// Morph targets.
    pub targets: Vec<Target>,
}

impl Mesh {
    /// Makes a new vertex of each of these old ones, in this order; indices and targets are for the caller to follow.
    pub(super) fn gather(&mut self, vertices: &[u32]) {
        fn pick<T: Copy>(list: &mut Vec<T>, vertices: &[u32]) {
            if !list.is_empty() {
                *list = vertices
                    .iter()
                    .map(|vertex| list[*vertex as usize])
                    .collect();
            }
        }
        pick(&mut self.positions, vertices);
        pick(&mut self.normals, vertices);
        pick(&mut self.uvs, vertices);
        pick(&mut self.colors, vertices);
        pick(&mut self.joints, vertices);
        pick(&mut self.weights, vertices);
    }

    /// Drops vertices that no triangle uses, where they are many: some exporters give all parts of a mesh the same long
    /// lists. A few do no harm, and vertices keep their numbers.
    pub(super) fn drop_unused(&mut self) {
        const UNUSED: u32 = u32::MAX;
        let mut places = vec![UNUSED; self.positions.len()];
        for index in &self.indices {
            places[*index as usize] = 0;
        }
        let mut kept = Vec::new();
        for (old, place) in (0u32..).zip(&mut places) {
            if *place != UNUSED {
                *place = u32::try_from(kept.len()).unwrap_or(UNUSED);
                kept.push(old);
            }
        }
        if 4 * kept.len() >= 3 * places.len() {
            return;
        }
        self.gather(&kept);
        for index in &mut self.indices {
            *index = places[*index as usize];
        }
        for target in &mut self.targets {
            target.deltas.retain_mut(|delta| {
                delta.vertex = places[delta.vertex as usize];
                delta.vertex != UNUSED
            });
            target.deltas.shrink_to_fit();
        }
    }

    /// The only joint that moves the mesh, when there is only one.
    pub fn only_joint(&self) -> Option<u16> {
        let first = self
            .joints
            .first()
            .zip(self.weights.first())
            .and_then(|(joints, weights)| {
                joints
                    .iter()
                    .zip(weights)
                    .find(|(_, weight)| **weight > 0.0)
            })
            .map(|(joint, _)| *joint)?;
        let alone = self
            .joints
            .iter()
            .zip(&self.weights)
            .all(|(joints, weights)| {
                joints
                    .iter()
                    .zip(weights)
                    .all(|(joint, weight)| *weight <= 0.0 || *joint == first)
            });
        alone.then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unused_vertices_go_and_targets_follow() {
        let delta = |vertex: u32| Delta {
            vertex,
            position: Vec3::Y,
            normal: Vec3::ZERO,
        };
        let mut mesh = Mesh {
            name: String::new(),
            node: 0,
            skin: None,
            material: 0,
            worn: Worn::ALWAYS,
            positions: (0u8..6).map(|x| Vec3::splat(f32::from(x))).collect(),
            normals: vec![Vec3::Z; 6],
            uvs: Vec::new(),
            colors: Vec::new(),
            joints: Vec::new(),
            weights: Vec::new(),
            indices: vec![5, 1, 3],
            targets: vec![Target {
                name: String::new(),
                shape: None,
                visemes: [0.0; Viseme::COUNT],
                deltas: vec![delta(0), delta(3), delta(4), delta(5)],
            }],
        };
        mesh.drop_unused();
        assert_eq!(mesh.indices, [2, 0, 1]);
        assert_eq!(mesh.positions.iter().map(|p| p.x).sum::<f32>(), 9.0);
        assert_eq!(mesh.normals.len(), 3);
        assert_eq!(mesh.targets[0].deltas, [delta(1), delta(2)]);
        mesh.positions.push(Vec3::ZERO);
        mesh.drop_unused();
        assert_eq!(mesh.positions.len(), 4, "a few stay");
    }
}
