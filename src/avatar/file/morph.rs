//! Morph targets of a primitive.

use glam::Vec3;

use super::accessor::Reader;
use crate::avatar::error::{Error, Result};
use crate::avatar::face::shapes;
use crate::avatar::face::visemes::Viseme;
use crate::avatar::mesh::{Delta, Target};

/// The most targets of a mesh: a film's face has 800.
const MAX_TARGETS: usize = 2048;

/// Reads the targets. One that does not fit the mesh stays in its place, since others name it by its number, but moves
/// nothing. Where a target moves places but no normals, normals stay as they are.
pub(in crate::avatar) fn read(
    mesh: &gltf::Mesh<'_>,
    primitive: &gltf::Primitive<'_>,
    count: usize,
    reader: &Reader<'_>,
    warnings: &mut Vec<String>,
) -> Result<Vec<Target>> {
    let budget = &reader.buffers.budget;
    if primitive.morph_targets().len() == 0 {
        return Ok(Vec::new());
    }
    for extras in [mesh.extras(), primitive.extras()] {
        budget.visit(extras.as_ref().map_or(0, |extras| extras.get().len()))?;
    }
    let many = primitive.morph_targets().len();
    if many > MAX_TARGETS {
        return Err(Error::TooLarge {
            name: reader.name.into(),
            what: "morph targets in one mesh",
            limit: MAX_TARGETS,
        });
    }
    // Each is asked about each vertex when the mouth is looked for.
    budget.visit(count * many / 4)?;
    let names = shapes::target_names(mesh, primitive);
    let mut targets = Vec::new();
    let mut misfits = Vec::new();
    for (index, target) in primitive.morph_targets().enumerate() {
        let name = names.get(index).cloned();
        let name = name.unwrap_or_else(|| index.to_string());
        budget.take(size_of::<Target>() + name.len())?;
        let fits = |accessor: &gltf::Accessor<'_>| accessor.count() == count;
        let (positions, normals) = (target.positions(), target.normals());
        if !positions.iter().chain(&normals).all(fits) {
            misfits.push(index);
        }
        let read = |accessor: Option<gltf::Accessor<'_>>| match accessor.filter(fits) {
            Some(accessor) => reader.deltas(&accessor),
            None => Ok(Vec::new()),
        };
        let (positions, normals) = (read(positions)?, read(normals)?);
        budget.take_many::<Delta>(positions.len().max(normals.len()))?;
        targets.push(Target {
            shape: None,
            visemes: [0.0; Viseme::COUNT],
            name,
            deltas: merged(&positions, &normals),
        });
    }
    if let Some(first) = misfits.first() {
        warnings.push(format!(
            "mesh {}: {} morph targets do not fit its vertices (the first is number {first}): left out",
            mesh.index(),
            misfits.len()
        ));
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
