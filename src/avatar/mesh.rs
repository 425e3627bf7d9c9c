//! Triangles with everything that moves them: joints, weights and morph targets.

use glam::{Vec2, Vec3};
use gltf::Semantic;

use super::accessor::Reader;
use super::container::malformed;
use super::error::{Error, Result};
use super::shapes;
use super::visemes::Viseme;
use crate::media::Shape;

/// The most vertices all meshes may have together.
const MAX_VERTICES: usize = 2_000_000;
/// The most morph deltas all meshes may have together.
const MAX_DELTAS: usize = 12_000_000;

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
    /// In the mesh's own space.
    pub positions: Vec<Vec3>,
    /// Unit length, made when the file has none.
    pub normals: Vec<Vec3>,
    /// Direction of the picture's u over the surface (xyz, unit length) and the handedness of the frame (w, 1 or -1: v runs
    /// along w * cross(normal, xyz)). Empty where the material has no normal map or the mesh no picture coordinates.
    pub tangents: Vec<[f32; 4]>,
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

/// Counts what has been read so far, so that a small file cannot ask for huge memory.
#[derive(Debug, Default)]
pub(super) struct Spent {
    vertices: usize,
    deltas: usize,
}

impl Mesh {
    /// Reads one primitive. `None` when it has nothing to draw (points, lines, no triangles).
    pub(super) fn read(
        mesh: &gltf::Mesh<'_>,
        primitive: &gltf::Primitive<'_>,
        joint_count: Option<usize>,
        reader: &Reader<'_>,
        spent: &mut Spent,
    ) -> Result<Option<Self>> {
        let Some(accessor) = primitive.get(&Semantic::Positions) else {
            return Ok(None);
        };
        let place = format!("mesh {} primitive {}", mesh.index(), primitive.index());
        let mut positions: Vec<Vec3> = vectors(reader.floats::<3>(&accessor)?);
        let count = positions.len();
        spent.vertices += count;
        if spent.vertices > MAX_VERTICES {
            return Err(too_large(reader, "vertices", MAX_VERTICES));
        }
        for position in &mut positions {
            if !position.is_finite() {
                *position = Vec3::ZERO;
            }
        }
        let indices = match primitive.indices() {
            Some(accessor) => reader
                .integers::<1>(&accessor)?
                .into_iter()
                .map(|[i]| i)
                .collect(),
            None => (0u32..).take(count).collect(),
        };
        let indices = triangles(primitive.mode(), indices);
        if indices.is_empty() {
            return Ok(None);
        }
        if indices.iter().any(|index| *index as usize >= count) {
            let what = format!("{place}: an index points past its {count} vertices");
            return Err(malformed(reader.name, what));
        }
        let Attributes {
            normals,
            uvs,
            colors,
        } = Attributes::read(primitive, &positions, &indices, &place, reader)?;
        let (joints, weights) = match joint_count {
            Some(joint_count) => read_joints(primitive, joint_count, count, reader)?,
            None => (Vec::new(), Vec::new()),
        };
        Ok(Some(Self {
            name: mesh.name().unwrap_or_default().to_owned(),
            node: 0,
            skin: None,
            material: 0,
            normals,
            tangents: Vec::new(),
            uvs,
            colors,
            joints,
            weights,
            targets: read_targets(mesh, primitive, count, reader, spent)?,
            positions,
            indices,
        }))
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

/// What a vertex has besides its place.
struct Attributes {
    normals: Vec<Vec3>,
    uvs: Vec<Vec2>,
    colors: Vec<[f32; 4]>,
}

impl Attributes {
    fn read(
        primitive: &gltf::Primitive<'_>,
        positions: &[Vec3],
        indices: &[u32],
        place: &str,
        reader: &Reader<'_>,
    ) -> Result<Self> {
        let mut normals = match primitive.get(&Semantic::Normals) {
            Some(accessor) => vectors(reader.floats::<3>(&accessor)?),
            None => Vec::new(),
        };
        if normals.is_empty() {
            normals = smooth_normals(positions, indices);
        }
        let uvs: Vec<Vec2> = match primitive.get(&Semantic::TexCoords(0)) {
            Some(accessor) => reader
                .floats::<2>(&accessor)?
                .into_iter()
                .map(Vec2::from)
                .collect(),
            None => Vec::new(),
        };
        let colors = read_colors(primitive, reader)?;
        let fits = |length: usize| length == 0 || length == positions.len();
        for (what, length) in [
            ("normals", normals.len()),
            ("picture coordinates", uvs.len()),
            ("colours", colors.len()),
        ] {
            if !fits(length) {
                let what = format!("{place}: {what} are not one per vertex");
                return Err(malformed(reader.name, what));
            }
        }
        Ok(Self {
            normals: normals
                .into_iter()
                .map(|n| n.normalize_or(Vec3::Z))
                .collect(),
            uvs: uvs
                .into_iter()
                .map(|uv| if uv.is_finite() { uv } else { Vec2::ZERO })
                .collect(),
            colors,
        })
    }
}

fn vectors(elements: Vec<[f32; 3]>) -> Vec<Vec3> {
    elements.into_iter().map(Vec3::from).collect()
}

fn too_large(reader: &Reader<'_>, what: &'static str, limit: usize) -> Error {
    Error::TooLarge {
        name: reader.name.into(),
        what,
        limit,
    }
}

/// Lists of three; strips and fans are taken apart. Triangles that use a vertex twice are left out.
fn triangles(mode: gltf::mesh::Mode, indices: Vec<u32>) -> Vec<u32> {
    use gltf::mesh::Mode;
    let list = match mode {
        Mode::Triangles => indices,
        Mode::TriangleStrip => (2..indices.len())
            .flat_map(|i| {
                let (a, b) = if i % 2 == 0 {
                    (i - 2, i - 1)
                } else {
                    (i - 1, i - 2)
                };
                [indices[a], indices[b], indices[i]]
            })
            .collect(),
        Mode::TriangleFan => (2..indices.len())
            .flat_map(|i| [indices[0], indices[i - 1], indices[i]])
            .collect(),
        _ => Vec::new(),
    };
    list.chunks_exact(3)
        .filter(|t| t[0] != t[1] && t[1] != t[2] && t[0] != t[2])
        .flatten()
        .copied()
        .collect()
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

fn read_colors(primitive: &gltf::Primitive<'_>, reader: &Reader<'_>) -> Result<Vec<[f32; 4]>> {
    let Some(accessor) = primitive.get(&Semantic::Colors(0)) else {
        return Ok(Vec::new());
    };
    let has_alpha = accessor.dimensions() == gltf::accessor::Dimensions::Vec4;
    let mut colors = reader.floats::<4>(&accessor)?;
    for color in &mut colors {
        if !has_alpha {
            color[3] = 1.0;
        }
        *color = color.map(|v| if v.is_nan() { 1.0 } else { v.clamp(0.0, 1.0) });
    }
    Ok(colors)
}

type Influences = (Vec<[u16; 4]>, Vec<[f32; 4]>);

fn read_joints(
    primitive: &gltf::Primitive<'_>,
    joint_count: usize,
    count: usize,
    reader: &Reader<'_>,
) -> Result<Influences> {
    let (Some(joints), Some(weights)) = (
        primitive.get(&Semantic::Joints(0)),
        primitive.get(&Semantic::Weights(0)),
    ) else {
        return Ok((Vec::new(), Vec::new()));
    };
    let joints = reader.integers::<4>(&joints)?;
    let mut weights = reader.floats::<4>(&weights)?;
    if joints.len() != count || weights.len() != count {
        return Err(malformed(
            reader.name,
            "joints or weights are not one per vertex",
        ));
    }
    let mut narrow = Vec::with_capacity(count);
    for (joints, weights) in joints.iter().zip(&mut weights) {
        let mut own = [0u16; 4];
        let mut sum = 0.0;
        for (slot, (joint, weight)) in joints.iter().zip(weights.iter_mut()).enumerate() {
            if !(weight.is_finite() && *weight > 0.0) {
                *weight = 0.0;
                continue;
            }
            own[slot] = u16::try_from(*joint)
                .ok()
                .filter(|joint| usize::from(*joint) < joint_count)
                .ok_or_else(|| {
                    malformed(
                        reader.name,
                        format!("a vertex uses joint {joint} of {joint_count}"),
                    )
                })?;
            sum += *weight;
        }
        if sum > 0.0 {
            *weights = weights.map(|weight| weight / sum);
        } else {
            *weights = [1.0, 0.0, 0.0, 0.0];
        }
        narrow.push(own);
    }
    Ok((narrow, weights))
}

fn read_targets(
    mesh: &gltf::Mesh<'_>,
    primitive: &gltf::Primitive<'_>,
    count: usize,
    reader: &Reader<'_>,
    spent: &mut Spent,
) -> Result<Vec<Target>> {
    let names = shapes::target_names(mesh, primitive);
    let mut targets = Vec::new();
    for (index, target) in primitive.morph_targets().enumerate() {
        for accessor in [target.positions(), target.normals()].into_iter().flatten() {
            if accessor.count() != count {
                return Err(malformed(
                    reader.name,
                    format!(
                        "morph target {index} of mesh {} does not fit it",
                        mesh.index()
                    ),
                ));
            }
        }
        let positions = target
            .positions()
            .map_or(Ok(Vec::new()), |a| reader.deltas(&a))?;
        let normals = target
            .normals()
            .map_or(Ok(Vec::new()), |a| reader.deltas(&a))?;
        let deltas = merged(&positions, &normals);
        spent.deltas += deltas.len();
        if spent.deltas > MAX_DELTAS {
            return Err(too_large(reader, "morph data", MAX_DELTAS));
        }
        let name = names
            .get(index)
            .cloned()
            .unwrap_or_else(|| index.to_string());
        targets.push(Target {
            shape: None,
            visemes: [0.0; Viseme::COUNT],
            name,
            deltas,
        });
    }
    shapes::assign(&mut targets);
    Ok(targets)
}

/// Joins two sorted lists by vertex.
fn merged(positions: &[(u32, [f32; 3])], normals: &[(u32, [f32; 3])]) -> Vec<Delta> {
    let mut deltas = Vec::with_capacity(positions.len().max(normals.len()));
    let (mut p, mut n) = (0, 0);
    loop {
        let next = match (positions.get(p), normals.get(n)) {
            (None, None) => return deltas,
            (Some((vertex, _)), None) | (None, Some((vertex, _))) => *vertex,
            (Some((a, _)), Some((b, _))) => *a.min(b),
        };
        let take = |list: &[(u32, [f32; 3])], at: &mut usize| match list.get(*at) {
            Some((vertex, value)) if *vertex == next => {
                *at += 1;
                Vec3::from(*value)
            }
            _ => Vec3::ZERO,
        };
        let position = take(positions, &mut p);
        let normal = take(normals, &mut n);
        if position.is_finite() && normal.is_finite() {
            deltas.push(Delta {
                vertex: next,
                position,
                normal,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_and_fans_become_triangles() {
        use gltf::mesh::Mode;
        assert_eq!(
            triangles(Mode::TriangleStrip, vec![0, 1, 2, 3]),
            [0, 1, 2, 2, 1, 3]
        );
        assert_eq!(
            triangles(Mode::TriangleFan, vec![0, 1, 2, 3]),
            [0, 1, 2, 0, 2, 3]
        );
        assert_eq!(
            triangles(Mode::Triangles, vec![0, 1, 2, 3, 3, 4, 5]),
            [0, 1, 2]
        );
        assert!(triangles(Mode::Lines, vec![0, 1, 2]).is_empty());
    }

    #[test]
    fn deltas_are_joined_by_vertex() {
        let joined = merged(
            &[(1, [1.0, 0.0, 0.0]), (4, [2.0, 0.0, 0.0])],
            &[(0, [0.0, 1.0, 0.0]), (4, [0.0, 3.0, 0.0])],
        );
        let vertices: Vec<u32> = joined.iter().map(|delta| delta.vertex).collect();
        assert_eq!(vertices, [0, 1, 4]);
        assert_eq!(joined[2].position, Vec3::new(2.0, 0.0, 0.0));
        assert_eq!(joined[2].normal, Vec3::new(0.0, 3.0, 0.0));
    }
}
