//! Which joints move a vertex, and how much.

use gltf::Semantic;

use super::accessor::Reader;
use super::container::malformed;
use crate::avatar::error::Result;

/// Four joints for each vertex, and their weights, which add up to 1.
pub(in crate::avatar) type Influences = (Vec<[u16; 4]>, Vec<[f32; 4]>);

/// Reads the four strongest of the (up to eight) joints of each vertex; empty when the primitive has none.
pub(in crate::avatar) fn read(
    primitive: &gltf::Primitive<'_>,
    joint_count: usize,
    count: usize,
    reader: &Reader<'_>,
) -> Result<Influences> {
    type Set = (Vec<[u32; 4]>, Vec<[f32; 4]>);
    let set = |set: u32| -> Result<Option<Set>> {
        let (Some(joints), Some(weights)) = (
            primitive.get(&Semantic::Joints(set)),
            primitive.get(&Semantic::Weights(set)),
        ) else {
            return Ok(None);
        };
        let joints = reader.integers::<4>(&joints)?;
        let weights = reader.floats::<4>(&weights)?;
        if joints.len() != count || weights.len() != count {
            let what = "joints or weights are not one per vertex";
            return Err(malformed(reader.name, what));
        }
        Ok(Some((joints, weights)))
    };
    let Some((joints, mut weights)) = set(0)? else {
        return Ok((Vec::new(), Vec::new()));
    };
    let further = set(1)?;
    let mut narrow = Vec::with_capacity(count);
    for (vertex, (joints, weights)) in joints.iter().zip(&mut weights).enumerate() {
        let mut all = [(0.0f32, 0u32); 8];
        let more = further
            .as_ref()
            .map(|(joints, weights)| (&joints[vertex], &weights[vertex]));
        let own = std::iter::once((joints, &*weights)).chain(more);
        let own = own.flat_map(|(joints, weights)| joints.iter().zip(weights));
        for (slot, (joint, weight)) in all.iter_mut().zip(own) {
            if weight.is_finite() && *weight > 0.0 {
                *slot = (*weight, *joint);
            }
        }
        let (strongest, shares) = strongest(all);
        if let Some(joint) = strongest
            .iter()
            .find(|joint| **joint as usize >= joint_count)
        {
            let what = format!("a vertex uses joint {joint} of {joint_count}");
            return Err(malformed(reader.name, what));
        }
        // Below the count of joints, which a document bounds far below 65536.
        narrow.push(strongest.map(|joint| u16::try_from(joint).unwrap_or(0)));
        *weights = shares;
    }
    Ok((narrow, weights))
}

/// The four with the largest weights, which then add up to 1. Without any the first joint has all.
fn strongest(mut all: [(f32, u32); 8]) -> ([u32; 4], [f32; 4]) {
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let [a, b, c, d, ..] = all;
    let own = [a, b, c, d];
    let sum: f32 = own.iter().map(|(weight, _)| weight).sum();
    if sum > 0.0 && sum.is_finite() {
        (
            own.map(|(_, joint)| joint),
            own.map(|(weight, _)| weight / sum),
        )
    } else {
        ([0; 4], [1.0, 0.0, 0.0, 0.0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_strongest_stay() {
        let all = [
            (0.1, 1),
            (0.0, 0),
            (0.3, 2),
            (0.05, 3),
            (0.2, 4),
            (0.15, 5),
            (0.0, 0),
            (0.2, 6),
        ];
        let (joints, weights) = strongest(all);
        assert_eq!(joints, [2, 4, 6, 5]);
        assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((weights[0] - 0.3 / 0.85).abs() < 1e-6);
        assert_eq!(strongest([(0.0, 9); 8]), ([0; 4], [1.0, 0.0, 0.0, 0.0]));
    }
}
