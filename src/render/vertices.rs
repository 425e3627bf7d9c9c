//! Vertices of a host as they lie in the device's buffers, and in which order triangles are drawn.

use std::sync::Arc;

use bytemuck::{Pod, Zeroable};
use glam::Vec3;

use super::bake::Shade;
use super::deform::MovingVertex;
use super::light::encoded;
use crate::avatar::{Material, Mesh, Surface, Wrap};
use crate::media::Bitmap;

/// Bytes of one vertex that moves.
pub(super) const MOVING_VERTEX_BYTES: u64 = size_of::<MovingVertex>() as u64;
/// Bytes of the part of a vertex that never changes.
pub(super) const FIXED_VERTEX_BYTES: u64 = size_of::<FixedVertex>() as u64;

/// The part of a vertex that never changes.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub(super) struct FixedVertex {
    uv: [f32; 2],
    color: [u8; 4],
    shade: [u8; 4],
    tangent: [i8; 4],
}

/// Sorts the separate pieces of a mesh (strands of hair, buttons) so that those in front at rest come first: what they
/// hide is then not drawn at all. Inside a piece the order of the file stays: sorting single triangles costs a CPU
/// rasteriser more than it saves.
pub(super) fn front_first(indices: &mut [u32], points: &[Vec3]) {
    let mut piece: Vec<usize> = (0..points.len()).collect();
    fn root(piece: &mut [usize], mut of: usize) -> usize {
        while piece[of] != of {
            piece[of] = piece[piece[of]];
            of = piece[of];
        }
        of
    }
    for triangle in indices.chunks_exact(3) {
        let first = root(&mut piece, triangle[0] as usize);
        for &other in &triangle[1..] {
            let other = root(&mut piece, other as usize);
            piece[other] = first;
        }
    }
    let mut sums = vec![(0.0f32, 0.0f32); points.len()];
    for (vertex, point) in points.iter().enumerate() {
        let sum = &mut sums[root(&mut piece, vertex)];
        *sum = (sum.0 + point.z, sum.1 + 1.0);
    }
    let mut triangles: Vec<(f32, usize, [u32; 3])> = indices
        .chunks_exact(3)
        .map(|t| {
            let piece = root(&mut piece, t[0] as usize);
            let (sum, count) = sums[piece];
            (-sum / count.max(1.0), piece, [t[0], t[1], t[2]])
        })
        .collect();
    triangles.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for (into, (_, _, triangle)) in indices.chunks_exact_mut(3).zip(triangles) {
        into.copy_from_slice(&triangle);
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped before the cast"
)]
pub(super) fn fixed_vertices(
    mesh: &Mesh,
    material: &Material,
    shades: &[Shade],
    images: &[Option<Arc<Bitmap>>],
    points: &[Vec3],
) -> Vec<FixedVertex> {
    let unorm = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
    let snorm = |value: f32| (value.clamp(-1.0, 1.0) * 127.0).round() as i8;
    // Vertices that several joints move lie in model space when they are drawn, others in the mesh's own.
    let skinned = mesh.skin.is_some() && mesh.only_joint().is_none();
    let tangents = if material.surface == Surface::Hair {
        strand_directions(mesh, if skinned { points } else { &mesh.positions })
    } else {
        vec![Vec3::Y; mesh.positions.len()]
    };
    let (ahead, round) = if material.surface == Surface::Eye {
        eye_shape(&mesh.indices, points)
    } else {
        (vec![0.0; mesh.positions.len()], 0.0)
    };
    // Pictures of cartoon materials lie where their shader is told.
    let [u_axis, v_axis, offset] = material
        .base
        .filter(|_| material.toon.is_none())
        .map_or([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], |base| base.transform);
    let widths = outline_widths(mesh, material, images);
    (0..mesh.positions.len())
        .map(|vertex| {
            let uv = mesh.uvs.get(vertex).copied().unwrap_or_default();
            let color = mesh.colors.get(vertex).copied().unwrap_or([1.0; 4]);
            let tangent = tangents[vertex];
            FixedVertex {
                uv: [
                    uv.x * u_axis[0] + uv.y * v_axis[0] + offset[0],
                    uv.x * u_axis[1] + uv.y * v_axis[1] + offset[1],
                ],
                color: [
                    unorm(encoded(color[0])),
                    unorm(encoded(color[1])),
                    unorm(encoded(color[2])),
                    unorm(color[3]),
                ],
                shade: [
                    unorm(shades[vertex].sky),
                    unorm(shades[vertex].key),
                    unorm(0.5 + 0.5 * ahead[vertex]),
                    // Cartoon shaders read the outline's width here, those of light how round an eye is.
                    if material.toon.is_some() {
                        widths.get(vertex).copied().unwrap_or(255)
                    } else {
                        unorm(round)
                    },
                ],
                tangent: [snorm(tangent.x), snorm(tangent.y), snorm(tangent.z), 0],
            }
        })
        .collect()
}

/// What the outline's width is multiplied by at each vertex, 255 for one; empty where no picture says.
fn outline_widths(mesh: &Mesh, material: &Material, images: &[Option<Arc<Bitmap>>]) -> Vec<u8> {
    let texture = material.toon.as_ref().and_then(|t| t.outline_width_texture);
    let Some(texture) = texture else {
        return Vec::new();
    };
    let Some(Some(bitmap)) = images.get(texture.image) else {
        return Vec::new();
    };
    let [u_axis, v_axis, offset] = texture.transform.map(glam::Vec2::from);
    let width = |uv: &glam::Vec2| {
        let uv = u_axis * uv.x + v_axis * uv.y + offset;
        green_at(bitmap, uv.to_array(), texture.wrap)
    };
    mesh.uvs.iter().map(width).collect()
}

/// The green channel at `uv`, with the nearest texels blended.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "wrapped to the picture's sides before the casts"
)]
fn green_at(bitmap: &Bitmap, uv: [f32; 2], wrap: [Wrap; 2]) -> u8 {
    let sides = [bitmap.size.width, bitmap.size.height];
    let texel = |side: usize, step: f32| {
        let count = sides[side] as f32;
        let at = uv[side] * count - 0.5;
        let (at, share) = (at.floor() + step, at - at.floor());
        let at = match wrap[side] {
            Wrap::Repeat => at.rem_euclid(count),
            Wrap::Mirror => {
                let at = at.rem_euclid(2.0 * count);
                at.min(2.0 * count - 1.0 - at)
            }
            Wrap::Clamp => at,
        };
        // `max` and `min` also turn what is no number into a texel.
        let at = at.max(0.0).min(count - 1.0) as usize;
        (at, if step > 0.0 { share } else { 1.0 - share })
    };
    let mut sum = 0.0;
    for (y, y_share) in [texel(1, 0.0), texel(1, 1.0)] {
        for (x, x_share) in [texel(0, 0.0), texel(0, 1.0)] {
            let green = bitmap.rgba[(y * sides[0] as usize + x) * 4 + 1];
            sum += f32::from(green) * x_share * y_share;
        }
    }
    // What is no number becomes 0 in the cast.
    sum.round().clamp(0.0, 255.0) as u8
}

/// How far each vertex of an eye looks ahead at rest (-1..=1), and how round the eye is: 0 for one painted on a flat
/// piece, whose normals all point the same way, 1 for a ball or a cap of one.
fn eye_shape(indices: &[u32], points: &[Vec3]) -> (Vec<f32>, f32) {
    let normals = rest_normals(indices, points);
    let mean = normals.iter().sum::<Vec3>() / normals.len().max(1) as f32;
    let round = ((1.0 - mean.length() - 0.02) / 0.06).clamp(0.0, 1.0);
    (normals.iter().map(|normal| normal.z).collect(), round)
}

/// Area-weighted normals of the rest pose in model space.
pub(super) fn rest_normals(indices: &[u32], points: &[Vec3]) -> Vec<Vec3> {
    let mut normals = vec![Vec3::ZERO; points.len()];
    for triangle in indices.chunks_exact(3) {
        let [a, b, c] = [triangle[0], triangle[1], triangle[2]].map(|i| points[i as usize]);
        let face = (b - a).cross(c - a);
        for &index in triangle {
            normals[index as usize] += face;
        }
    }
    for normal in &mut normals {
        *normal = normal.normalize_or(Vec3::Z);
    }
    normals
}

/// The direction in which the picture's v runs over the surface: along the strands of painted hair.
fn strand_directions(mesh: &Mesh, positions: &[Vec3]) -> Vec<Vec3> {
    let mut sums = vec![Vec3::ZERO; positions.len()];
    if !mesh.uvs.is_empty() {
        for triangle in mesh.indices.chunks_exact(3) {
            let index = [triangle[0], triangle[1], triangle[2]].map(|i| i as usize);
            let [a, b, c] = index.map(|i| positions[i]);
            let [ua, ub, uc] = index.map(|i| mesh.uvs[i]);
            let (d1, d2) = (ub - ua, uc - ua);
            let determinant = d1.perp_dot(d2);
            if determinant.abs() < 1e-12 {
                continue;
            }
            let along = ((c - a) * d1.x - (b - a) * d2.x) / determinant;
            for i in index {
                sums[i] += along.normalize_or(Vec3::Y);
            }
        }
    }
    sums.into_iter()
        .map(|sum| sum.normalize_or(Vec3::Y))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_eyes_are_not_round() {
        let eye = |depth: f32| {
            // A cone that looks ahead, or a disc.
            let rim = (0u8..16).map(|i| {
                let (y, x) = (f32::from(i) / 16.0 * std::f32::consts::TAU).sin_cos();
                Vec3::new(x, y, -depth)
            });
            let points: Vec<Vec3> = std::iter::once(Vec3::ZERO).chain(rim).collect();
            let indices: Vec<u32> = (0..16).flat_map(|i| [0, 1 + i, 1 + (i + 1) % 16]).collect();
            eye_shape(&indices, &points)
        };
        assert_eq!(eye(0.0).1, 0.0);
        let (ahead, round) = eye(0.8);
        assert_eq!(round, 1.0);
        assert!(ahead[0] > 0.99 && ahead[1] < 0.8, "{ahead:?}");
    }
}
