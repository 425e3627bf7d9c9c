//! Reads one primitive of the file into a [`Mesh`].

use glam::{Vec2, Vec3};
use gltf::Semantic;

use super::accessor::Reader;
use super::container::malformed;
use super::{flat, influences, morph};
use crate::avatar::error::Result;
use crate::avatar::material::Material;
use crate::avatar::mesh::Mesh;
use crate::avatar::outfit::Worn;

/// Coordinates beyond this (10,000 km) are damage, not places: their squares would leave the range of floats.
const FURTHEST_M: f32 = 1e7;
/// What reading a primitive costs at least, in elements looked at: a file may name one a million times.
const VISITS: usize = 1000;

/// What a primitive is read with.
pub(in crate::avatar) struct Place<'a> {
    /// Buffers and accessors.
    pub(in crate::avatar) reader: &'a Reader<'a>,
    /// What it is made of: decides which picture coordinates are needed.
    pub(in crate::avatar) material: &'a Material,
    /// How many joints the skin has; without them the node moves the mesh.
    pub(in crate::avatar) joint_count: Option<usize>,
}

impl Place<'_> {
    /// Reads one primitive. `None` when it has nothing to draw (points, lines, no triangles).
    pub(in crate::avatar) fn read(
        &self,
        mesh: &gltf::Mesh<'_>,
        primitive: &gltf::Primitive<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<Option<Mesh>> {
        let reader = self.reader;
        let budget = &reader.buffers.budget;
        budget.visit(VISITS)?;
        let Some(accessor) = primitive.get(&Semantic::Positions) else {
            return Ok(None);
        };
        let place = format!("mesh {} primitive {}", mesh.index(), primitive.index());
        let mut positions = vectors(reader.floats::<3>(&accessor)?);
        let count = positions.len();
        let lost = mend(&mut positions);
        if lost > 0 {
            warnings.push(format!(
                "{place}: {lost} vertices stand nowhere (not a number): put at the origin"
            ));
        }
        let indices = self.triangles(primitive, count, &place)?;
        if indices.is_empty() {
            return Ok(None);
        }
        let normals = self.unit_vectors(primitive, &Semantic::Normals)?;
        let normals = one_per_vertex(normals, count, "normals", &place, warnings);
        let uvs = self.uvs(primitive)?;
        let uvs = one_per_vertex(uvs, count, "picture coordinates", &place, warnings);
        let colors = read_colors(primitive, reader)?;
        let colors = one_per_vertex(colors, count, "colours", &place, warnings);
        let has_normals = !normals.is_empty();
        let (joints, weights) = match self.joint_count {
            Some(joint_count) => influences::read(primitive, joint_count, count, reader)?,
            None => (Vec::new(), Vec::new()),
        };
        let name = mesh.name().unwrap_or_default().to_owned();
        budget.take(name.len())?;
        let mut read = Mesh {
            name,
            node: 0,
            skin: None,
            material: 0,
            worn: Worn::ALWAYS,
            positions,
            normals,
            uvs,
            colors,
            joints,
            weights,
            indices,
            targets: morph::read(mesh, primitive, count, reader, warnings)?,
        };
        read.drop_unused();
        if !has_normals {
            flat::shade(&mut read, budget)?;
        }
        Ok(Some(read))
    }

    /// Corners of triangles, three by three; each below `count`.
    fn triangles(
        &self,
        primitive: &gltf::Primitive<'_>,
        count: usize,
        place: &str,
    ) -> Result<Vec<u32>> {
        let budget = &self.reader.buffers.budget;
        let indices = match primitive.indices() {
            Some(accessor) => self.reader.integers::<1>(&accessor)?.into_flattened(),
            None => {
                budget.take_many::<u32>(count)?;
                (0u32..).take(count).collect()
            }
        };
        // A strip has nearly three times as many corners as indices.
        budget.take_many::<[u32; 3]>(indices.len())?;
        let corners = triangles(primitive.mode(), indices);
        if corners.iter().any(|index| *index as usize >= count) {
            let what = format!("{place}: an index points past its {count} vertices");
            return Err(malformed(self.reader.name, what));
        }
        Ok(corners)
    }

    fn unit_vectors(
        &self,
        primitive: &gltf::Primitive<'_>,
        semantic: &Semantic,
    ) -> Result<Vec<Vec3>> {
        let Some(accessor) = primitive.get(semantic) else {
            return Ok(Vec::new());
        };
        let mut vectors = vectors(self.reader.floats::<3>(&accessor)?);
        for vector in &mut vectors {
            *vector = vector.normalize_or(Vec3::Z);
        }
        Ok(vectors)
    }

    /// The picture coordinates that the material's pictures use, or the first ones there are.
    fn uvs(&self, primitive: &gltf::Primitive<'_>) -> Result<Vec<Vec2>> {
        let wanted = self
            .material
            .textures()
            .next()
            .map_or(0, |texture| texture.uv_set);
        let accessor = [wanted, 0, 1]
            .iter()
            .find_map(|set| primitive.get(&Semantic::TexCoords(*set)));
        let Some(accessor) = accessor else {
            return Ok(Vec::new());
        };
        let uvs = self.reader.floats::<2>(&accessor)?;
        let finite = |uv: Vec2| if uv.is_finite() { uv } else { Vec2::ZERO };
        Ok(uvs.into_iter().map(|uv| finite(Vec2::from(uv))).collect())
    }
}

/// The list, or an empty one with a warning when it does not have `count` entries.
fn one_per_vertex<T>(
    list: Vec<T>,
    count: usize,
    what: &str,
    place: &str,
    warnings: &mut Vec<String>,
) -> Vec<T> {
    if list.is_empty() || list.len() == count {
        return list;
    }
    warnings.push(format!("{place}: {what} are not one per vertex: left out"));
    Vec::new()
}

fn vectors(elements: Vec<[f32; 3]>) -> Vec<Vec3> {
    elements.into_iter().map(Vec3::from).collect()
}

/// Puts places that are none to the origin; how many.
fn mend(positions: &mut [Vec3]) -> usize {
    let mut lost = 0;
    for position in positions {
        // Not a number is not smaller either.
        if !(position.abs().max_element() < FURTHEST_M && position.is_finite()) {
            *position = Vec3::ZERO;
            lost += 1;
        }
    }
    lost
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
    fn places_that_are_none_go_to_the_origin() {
        let mut places = [
            Vec3::ONE,
            Vec3::new(f32::NAN, 0.0, 0.0),
            Vec3::new(0.0, -2e7, 0.0),
        ];
        assert_eq!(mend(&mut places), 2);
        assert_eq!(places, [Vec3::ONE, Vec3::ZERO, Vec3::ZERO]);
    }
}
