//! Tangents for normal maps: those of the file, or made as every baking tool makes them (MikkTSpace).

use bevy_mikktspace::{Geometry, TangentSpace, generate_tangents};
use glam::Vec3;

use super::mesh::Mesh;

/// The tangents of a mesh with normals and picture coordinates: its own, put right, or new ones.
pub(super) fn of(mesh: &Mesh) -> Vec<[f32; 4]> {
    if !mesh.tangents.is_empty() {
        let whole = |(tangent, normal): (&[f32; 4], &Vec3)| {
            let [x, y, z, w] = *tangent;
            finish(Vec3::new(x, y, z), *normal, w < 0.0)
        };
        return mesh.tangents.iter().zip(&mesh.normals).map(whole).collect();
    }
    let mut surface = Surface {
        mesh,
        sums: vec![[Vec3::ZERO; 2]; mesh.positions.len()],
    };
    // The error is an empty type.
    if generate_tangents(&mut surface).is_err() {
        return Vec::new();
    }
    let finished = surface
        .sums
        .iter()
        .zip(&mesh.normals)
        .map(|([right, left], normal)| {
            let mirrored = left.length_squared() > right.length_squared();
            finish(if mirrored { *left } else { *right }, *normal, mirrored)
        });
    finished.collect()
}

fn finish(tangent: Vec3, normal: Vec3, mirrored: bool) -> [f32; 4] {
    let across = tangent - normal * normal.dot(tangent);
    let [x, y, z] = across
        .normalize_or(normal.any_orthogonal_vector())
        .to_array();
    [x, y, z, if mirrored { -1.0 } else { 1.0 }]
}

/// Sums the tangents of the faces at each vertex, for either handedness; the longer sum wins, so that a vertex on the seam
/// of a mirrored picture takes one side instead of nothing.
struct Surface<'a> {
    mesh: &'a Mesh,
    sums: Vec<[Vec3; 2]>,
}

impl Surface<'_> {
    fn index(&self, face: usize, corner: usize) -> usize {
        self.mesh.indices[3 * face + corner] as usize
    }
}

impl Geometry for Surface<'_> {
    fn num_faces(&self) -> usize {
        self.mesh.indices.len() / 3
    }

    fn num_vertices_of_face(&self, _: usize) -> usize {
        3
    }

    fn position(&self, face: usize, corner: usize) -> [f32; 3] {
        self.mesh.positions[self.index(face, corner)].to_array()
    }

    fn normal(&self, face: usize, corner: usize) -> [f32; 3] {
        self.mesh.normals[self.index(face, corner)].to_array()
    }

    fn tex_coord(&self, face: usize, corner: usize) -> [f32; 2] {
        self.mesh.uvs[self.index(face, corner)].to_array()
    }

    fn set_tangent(&mut self, space: Option<TangentSpace>, face: usize, corner: usize) {
        let Some(space) = space else { return };
        let index = self.index(face, corner);
        // The library's frame has v up, glTF's picture coordinates have it down: the handedness turns round.
        let mirrored = space.is_orientation_preserving();
        let tangent = Vec3::from(space.tangent());
        if tangent.is_finite() {
            self.sums[index][usize::from(mirrored)] += tangent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::Vec2;

    #[test]
    fn u_runs_along_the_tangent_and_green_up() {
        // A wall that faces us with its picture upright: u to the right, v down.
        let mut mesh = Mesh {
            name: String::new(),
            node: 0,
            skin: None,
            material: 0,
            positions: vec![Vec3::ZERO, Vec3::X, Vec3::Y],
            normals: vec![Vec3::Z; 3],
            tangents: Vec::new(),
            uvs: vec![
                Vec2::new(0.0, 1.0),
                Vec2::new(1.0, 1.0),
                Vec2::new(0.0, 0.0),
            ],
            colors: Vec::new(),
            joints: Vec::new(),
            weights: Vec::new(),
            indices: vec![0, 1, 2],
            targets: Vec::new(),
        };
        for [x, y, z, w] in of(&mesh) {
            let tangent = Vec3::new(x, y, z);
            assert!((tangent - Vec3::X).length() < 1e-6, "{tangent}");
            assert!(
                (Vec3::Z.cross(tangent) * w - Vec3::Y).length() < 1e-6,
                "{w}"
            );
        }
        mesh.tangents = vec![[0.0, 2.0, 5.0, -1.0]; 3];
        assert_eq!(of(&mesh)[0], [0.0, 1.0, 0.0, -1.0]);
    }
}
