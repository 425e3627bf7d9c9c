//! Movements of one humanoid on another (VRMC_vrm_animation 1.0, "How to transform human pose").
//!
//! A bone's turn is counted against the T-pose, in the world; both skeletons are brought into a T-pose first
//! ([`Rig::t_pose`]), so their rest poses need not agree.

use std::collections::BTreeMap;
use std::sync::Arc;

use glam::{Mat4, Quat, Vec3};
use serde_json::Value;

use super::parts;
use super::read::{Channel, Property};
use super::track::Track;
use crate::avatar::rig::Rig;
use crate::media::{Angles, Pose};

/// The skeleton that a file's animations were made on.
pub(super) struct Source {
    rig: Rig,
    bones: BTreeMap<usize, String>,
    expressions: BTreeMap<usize, Arc<str>>,
    look_at: Option<usize>,
}

/// What moves a humanoid.
#[derive(Clone, Debug)]
pub(super) struct Tracks {
    bones: BTreeMap<String, BoneTrack>,
    hips: Option<HipsTrack>,
    expressions: Vec<(Arc<str>, Track)>,
    look_at: Option<Track>,
}

/// The turns of one bone; `before * turn * after` is a turn in the world against the T-pose.
#[derive(Clone, Debug)]
struct BoneTrack {
    track: Track,
    before: Quat,
    after: Quat,
}

/// Where the hips go.
#[derive(Clone, Debug)]
struct HipsTrack {
    track: Track,
    model_from_parent: Mat4,
    rest: Vec3,
}

impl Source {
    pub(super) fn read(document: &gltf::Document, rig: Rig) -> Self {
        let extension = document.extension_value("VRMC_vrm_animation");
        let told = |pointer: &str| {
            let found = extension.and_then(|extension| extension.pointer(pointer));
            let entries = found.and_then(Value::as_object).into_iter().flatten();
            let nodes: Vec<(usize, &str)> = entries
                .filter_map(|(name, entry)| {
                    let node = usize::try_from(entry.get("node")?.as_u64()?).ok()?;
                    (node < rig.nodes.len()).then_some((node, name.as_str()))
                })
                .collect();
            nodes
        };
        let owned = |(node, name): (usize, &str)| (node, name.to_owned());
        let bones = if extension.is_some() {
            told("/humanoid/humanBones")
                .into_iter()
                .map(owned)
                .collect()
        } else {
            let known = rig.humanoid.iter();
            known.map(|(name, node)| (*node, name.clone())).collect()
        };
        let expressions = ["/expressions/preset", "/expressions/custom"]
            .into_iter()
            .flat_map(told)
            .map(|(node, name)| (node, name.into()))
            .collect();
        let look_at = extension
            .and_then(|extension| extension.pointer("/lookAt/node")?.as_u64())
            .and_then(|node| usize::try_from(node).ok());
        let mut source = Self {
            rig,
            bones,
            expressions,
            look_at,
        };
        if extension.is_some() {
            // The extension says which node is which bone; names say nothing in such a file.
            let told = source.bones.iter();
            source.rig.humanoid = told.map(|(node, name)| (name.clone(), *node)).collect();
            source.rig.t_pose = source.rig.t_posed();
        }
        source
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bones.is_empty() && self.expressions.is_empty() && self.look_at.is_none()
    }

    /// What `channels` move, or `None` when that is nothing of a humanoid.
    pub(super) fn tracks(&self, channels: Vec<Channel>) -> Option<Tracks> {
        let mut tracks = Tracks {
            bones: BTreeMap::new(),
            hips: None,
            expressions: Vec::new(),
            look_at: None,
        };
        for Channel {
            node,
            property,
            track,
        } in channels
        {
            let bone = self.bones.get(&node);
            match (property, bone) {
                (Property::Rotation, Some(bone)) => {
                    let [world, local] = self.rig.t_pose[node];
                    let turns = BoneTrack {
                        track,
                        before: world * local.inverse(),
                        after: world.inverse(),
                    };
                    tracks.bones.insert(bone.clone(), turns);
                }
                (Property::Translation, Some(bone)) if bone == "hips" => {
                    let parent = self.rig.nodes[node].parent;
                    tracks.hips = Some(HipsTrack {
                        track,
                        model_from_parent: parent
                            .map_or(self.rig.model_from_file, |parent| self.rig.rest[parent]),
                        rest: self.rig.rest[node].w_axis.truncate(),
                    });
                }
                (Property::Translation, None) => {
                    if let Some(name) = self.expressions.get(&node) {
                        tracks.expressions.push((Arc::clone(name), track));
                    }
                }
                (Property::Rotation, None) if self.look_at == Some(node) => {
                    tracks.look_at = Some(track);
                }
                _ => {}
            }
        }
        let moves = !(tracks.bones.is_empty() && tracks.expressions.is_empty())
            || tracks.hips.is_some()
            || tracks.look_at.is_some();
        moves.then_some(tracks)
    }
}

impl Tracks {
    /// Writes the bones of `rig` into `moved`, and expressions and gaze into `pose`: `share` of the way to those of the
    /// clip.
    pub(super) fn apply(
        &self,
        rig: &Rig,
        secs: f32,
        share: f32,
        pose: &mut Pose,
        moved: &mut Vec<(u32, Mat4)>,
    ) {
        for (name, &node) in &rig.humanoid {
            let turn = self.turn(rig, name, secs);
            let hips = self.hips.as_ref().filter(|_| name == "hips");
            if turn.is_none() && hips.is_none() {
                continue;
            }
            let (scale, mut rotation, mut place) = parts(&rig.nodes[node].parent_from_node);
            if let Some(turn) = turn {
                let [world, local] = rig.t_pose[node];
                rotation = local * world.inverse() * turn * world;
            }
            if let Some(hips) = hips {
                place = hips.place(rig, node, secs);
            }
            if let Ok(index) = u32::try_from(node) {
                let local = Mat4::from_scale_rotation_translation(scale, rotation, place);
                moved.push((index, local));
            }
        }
        for (name, track) in &self.expressions {
            let weight = track.number(secs, 0).clamp(0.0, 1.0);
            let own = pose.expressions.iter().find(|(own, _)| own == name);
            let before = own.map_or(0.0, |(_, weight)| *weight);
            pose.expressions.retain(|(own, _)| own != name);
            let weight = before + (weight - before) * share;
            pose.expressions.push((Arc::clone(name), weight));
        }
        if let Some(track) = &self.look_at {
            let ahead = track.rotation(secs) * Vec3::Z;
            let part = |from: f32, to: f32| from + (to - from) * share;
            let pitch_deg = ahead.y.clamp(-1.0, 1.0).asin().to_degrees();
            let yaw_deg = ahead.x.atan2(ahead.z).to_degrees();
            pose.eyes = Angles {
                pitch_deg: part(pose.eyes.pitch_deg, pitch_deg),
                yaw_deg: part(pose.eyes.yaw_deg, yaw_deg),
                roll_deg: part(pose.eyes.roll_deg, 0.0),
            };
        }
    }

    /// The turn of a bone in the world against the T-pose. What its missing parents would turn is added, so that a rig
    /// without an upper chest bends as far as one that has it.
    fn turn(&self, rig: &Rig, name: &str, secs: f32) -> Option<Quat> {
        let own = |name: &str| {
            let bone = self.bones.get(name)?;
            Some(bone.before * bone.track.rotation(secs) * bone.after)
        };
        let mut turn = own(name);
        let mut above = parent_of(name);
        while let Some(parent) = above.filter(|parent| !rig.humanoid.contains_key(parent)) {
            if let Some(missing) = own(&parent) {
                turn = Some(missing * turn.unwrap_or(Quat::IDENTITY));
            }
            above = parent_of(&parent);
        }
        turn
    }
}

impl HipsTrack {
    /// Where the hips of `rig` are in their parent: as far from rest as the source's, in proportion to the hips' height.
    fn place(&self, rig: &Rig, node: usize, secs: f32) -> Vec3 {
        let rest = rig.rest[node].w_axis.truncate();
        let share = if self.rest.y > 1e-3 && rest.y > 1e-3 {
            rest.y / self.rest.y
        } else {
            1.0
        };
        let at = self
            .model_from_parent
            .transform_point3(self.track.vector(secs));
        let model = rest + (at - self.rest) * share;
        let parent = rig.nodes[node].parent;
        let model_from_parent = parent.map_or(rig.model_from_file, |parent| rig.rest[parent]);
        model_from_parent.inverse().transform_point3(model)
    }
}

/// What a bone of the humanoid hangs on when all bones are there (VRM 1.0, "List of humanoid bones").
fn parent_of(bone: &str) -> Option<String> {
    let middle = match bone {
        "spine" => Some("hips"),
        "chest" => Some("spine"),
        "upperChest" => Some("chest"),
        "neck" => Some("upperChest"),
        "head" => Some("neck"),
        "jaw" | "leftEye" | "rightEye" => Some("head"),
        "leftShoulder" | "rightShoulder" => Some("upperChest"),
        "leftUpperLeg" | "rightUpperLeg" => Some("hips"),
        _ => None,
    };
    if let Some(parent) = middle {
        return Some(parent.to_owned());
    }
    let (side, part) = if let Some(part) = bone.strip_prefix("left") {
        ("left", part)
    } else {
        ("right", bone.strip_prefix("right")?)
    };
    let parent = match part {
        "UpperArm" => "Shoulder".to_owned(),
        "LowerArm" => "UpperArm".to_owned(),
        "Hand" => "LowerArm".to_owned(),
        "LowerLeg" => "UpperLeg".to_owned(),
        "Foot" => "LowerLeg".to_owned(),
        "Toes" => "Foot".to_owned(),
        "ThumbMetacarpal" => "Hand".to_owned(),
        "ThumbProximal" => "ThumbMetacarpal".to_owned(),
        "ThumbDistal" => "ThumbProximal".to_owned(),
        _ => {
            if part.ends_with("Proximal") {
                "Hand".to_owned()
            } else if let Some(finger) = part.strip_suffix("Intermediate") {
                format!("{finger}Proximal")
            } else {
                format!("{}Intermediate", part.strip_suffix("Distal")?)
            }
        }
    };
    Some(format!("{side}{parent}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bone_hangs_on_the_hips() {
        for bone in [
            "rightLittleDistal",
            "leftThumbDistal",
            "leftToes",
            "head",
            "leftEye",
            "rightHand",
        ] {
            let chain = std::iter::successors(Some(bone.to_owned()), |bone| parent_of(bone));
            assert_eq!(chain.last().as_deref(), Some("hips"), "{bone}");
        }
        assert_eq!(parent_of("hips"), None);
        assert_eq!(parent_of("tail"), None);
    }
}
