//! Which ARKit shapes an avatar shows, in whichever way.

use crate::avatar::{Avatar, Mesh};
use crate::media::{HostId, Pose, Shape};

/// Whether `shape` fully on changes anything on `avatar`: a target that moves vertices, a bone, a material.
pub(super) fn moves(avatar: &Avatar, shape: Shape) -> bool {
    let rest = Pose::rest(HostId::new("rest"));
    let mut pose = rest.clone();
    pose.blendshapes[shape] = 1.0;
    // Lips close over an open jaw only.
    let mut base = rest;
    if shape == Shape::MouthClose {
        pose.blendshapes[Shape::JawOpen] = 1.0;
        base.blendshapes[Shape::JawOpen] = 1.0;
    }
    differ(avatar, &pose, &base)
}

/// Whether two poses of `avatar` look different: by a target that moves vertices, a bone, a material.
pub(super) fn differ(avatar: &Avatar, pose: &Pose, base: &Pose) -> bool {
    let (moved, unmoved) = (avatar.face_weights(pose), avatar.face_weights(base));
    let by_target = |(index, mesh): (usize, &Mesh)| {
        let weights = moved.of(index, &mesh.targets);
        let pairs = weights.iter().zip(unmoved.of(index, &mesh.targets));
        let mut changed = pairs.zip(&mesh.targets);
        changed.any(|((to, from), target)| *to != from && !target.deltas.is_empty())
    };
    moved.materials != unmoved.materials
        || avatar.meshes.iter().enumerate().any(by_target)
        || avatar.posed(pose) != avatar.posed(base)
}
