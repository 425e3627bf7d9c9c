//! Animation clips: those of an avatar's own file, and VRM animations (`.vrma`) or other humanoid animations that are
//! carried over to any avatar with a humanoid skeleton.

mod humanoid;
mod read;
mod track;

use std::collections::BTreeMap;
use std::path::Path;

use glam::{Mat4, Quat, Vec3};

use self::read::Property;
use self::track::Track;
use super::Avatar;
use super::error::{Error, Result};
use super::file::accessor::Reader;
use super::file::container::{Container, malformed};
use super::rig::{Rig, rotation_of};
use crate::media::{Bone, MediaTime, MorphWeight, Pose};

/// No clip lasts longer, seconds.
const MAX_SECS: f32 = 86_400.0;
/// Bones that only hang when no clip moves them.
const ARMS: [Bone; 8] = [
    Bone::LeftShoulder,
    Bone::LeftUpperArm,
    Bone::LeftLowerArm,
    Bone::LeftHand,
    Bone::RightShoulder,
    Bone::RightUpperArm,
    Bone::RightLowerArm,
    Bone::RightHand,
];

/// Something an avatar can do: a wave, a dance, a walk.
#[derive(Clone, Debug)]
pub struct Clip {
    name: String,
    duration: MediaTime,
    moves: Moves,
}

#[derive(Clone, Debug)]
enum Moves {
    /// Nodes and morph targets by index: only for the avatar of the same file.
    Nodes(Vec<NodeTracks>),
    /// Bones, expressions and gaze: for any humanoid.
    Humanoid(Box<humanoid::Tracks>),
}

/// What moves one node.
#[derive(Clone, Debug, Default)]
struct NodeTracks {
    node: usize,
    translation: Option<Track>,
    rotation: Option<Track>,
    scale: Option<Track>,
    weights: Option<Track>,
}

impl Clip {
    /// Reads the clips of a VRM animation (`.vrma`), or of a glTF file whose skeleton is known by its names, for any
    /// humanoid avatar.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, has no animation or no humanoid skeleton.
    pub fn load(path: &Path) -> Result<Vec<Self>> {
        let bytes = std::fs::read(path).map_err(|source| Error::Read {
            path: path.into(),
            source,
        })?;
        Self::from_bytes(&bytes, &path.display().to_string())
    }

    /// Reads the clips in the bytes of a self-contained file, as [`Clip::load`]; `name` is used in messages.
    ///
    /// # Errors
    /// As [`Clip::load`].
    pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Vec<Self>> {
        let file = Container::parse(bytes, name, None)?;
        let reader = Reader {
            name,
            buffers: &file.buffers,
        };
        let mut warnings = Vec::new();
        let rig = Rig::read(&file.document, &reader, &mut warnings)?;
        let source = humanoid::Source::read(&file.document, rig);
        if source.is_empty() {
            return Err(malformed(
                name,
                "no humanoid skeleton in it: a VRM animation (VRMC_vrm_animation) or bones with usual names are needed",
            ));
        }
        let animations = read::animations(&file.document, &reader, &mut warnings);
        for warning in warnings {
            tracing::warn!("{name}: {warning}");
        }
        let clips: Vec<Self> = animations
            .into_iter()
            .filter_map(|animation| {
                let duration = length(animation.channels.iter().map(|channel| &channel.track));
                let tracks = source.tracks(animation.channels)?;
                Some(Self {
                    name: animation.name,
                    duration,
                    moves: Moves::Humanoid(Box::new(tracks)),
                })
            })
            .collect();
        if clips.is_empty() {
            return Err(malformed(
                name,
                "it moves no bone, no expression and no gaze",
            ));
        }
        Ok(clips)
    }

    /// The clips of an avatar's own file.
    pub(super) fn of_file(
        document: &gltf::Document,
        reader: &Reader<'_>,
        warnings: &mut Vec<String>,
    ) -> Vec<Self> {
        let animations = read::animations(document, reader, warnings);
        animations
            .into_iter()
            .map(|animation| {
                let mut nodes: BTreeMap<usize, NodeTracks> = BTreeMap::new();
                let duration = length(animation.channels.iter().map(|channel| &channel.track));
                for channel in animation.channels {
                    let node = nodes.entry(channel.node).or_default();
                    node.node = channel.node;
                    let track = Some(channel.track);
                    match channel.property {
                        Property::Translation => node.translation = track,
                        Property::Rotation => node.rotation = track,
                        Property::Scale => node.scale = track,
                        Property::MorphTargetWeights => node.weights = track,
                    }
                }
                Self {
                    name: animation.name,
                    duration,
                    moves: Moves::Nodes(nodes.into_values().collect()),
                }
            })
            .collect()
    }

    /// As in the file; `animation 0` where it has none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// From its beginning to its last key.
    pub fn duration(&self) -> MediaTime {
        self.duration
    }

    /// Puts `avatar` into the place that it has `secs` after the beginning of the clip; before the first and after the
    /// last key it stays. A clip of an avatar's own file must be given that avatar.
    ///
    /// What the clip moves replaces what `pose` had for the same nodes, arms that hang included; the head, the gaze of an
    /// avatar without a `lookAt` track and breathing go on top. Springs come after clips.
    pub fn apply(&self, avatar: &Avatar, pose: &mut Pose, secs: f64) {
        self.mix(avatar, pose, secs, 1.0);
    }

    /// As [`Clip::apply`], but goes only `weight` (0..=1) of the way from what `pose` holds to the clip.
    pub fn mix(&self, avatar: &Avatar, pose: &mut Pose, secs: f64, weight: f32) {
        if weight.is_nan() || weight <= 0.0 {
            return;
        }
        let weight = weight.min(1.0);
        #[allow(clippy::cast_possible_truncation, reason = "at most a day")]
        let secs = secs.clamp(0.0, f64::from(MAX_SECS)) as f32;
        let rig = &avatar.rig;
        let mut moved: Vec<(u32, Mat4)> = Vec::new();
        match &self.moves {
            Moves::Nodes(nodes) => {
                let mut morphs: Vec<MorphWeight> = Vec::new();
                for tracks in nodes.iter().filter(|tracks| tracks.node < rig.nodes.len()) {
                    let Ok(node) = u32::try_from(tracks.node) else {
                        continue;
                    };
                    moved.extend(tracks.local(rig, secs).map(|local| (node, local)));
                    if let Some(weights) = &tracks.weights {
                        let targets = (0u32..).zip(0..weights.width);
                        morphs.extend(targets.map(|(target, part)| MorphWeight {
                            node,
                            target,
                            weight: weight * weights.number(secs, part),
                        }));
                    }
                }
                if !morphs.is_empty() {
                    pose.morphs = morphs.into();
                }
            }
            Moves::Humanoid(tracks) => tracks.apply(rig, secs, weight, pose, &mut moved),
        }
        moved.retain(|(_, local)| local.is_finite());
        if weight < 1.0 {
            for (node, local) in &mut moved {
                *local = between(&before(rig, pose, *node), local, weight);
            }
        }
        let is_moved = |node: usize| moved.iter().any(|(own, _)| *own as usize == node);
        pose.bones
            .retain(|(bone, _)| !(ARMS.contains(bone) && rig.bone(*bone).is_some_and(is_moved)));
        // The first of two stays, and sorting is stable.
        moved.extend(pose.nodes.iter().copied());
        moved.sort_by_key(|(node, _)| *node);
        moved.dedup_by_key(|(node, _)| *node);
        pose.nodes = moved.into();
    }
}

/// Where `node` stands in its parent in `pose`, with the turns of an arm, which a clip replaces.
fn before(rig: &Rig, pose: &Pose, node: u32) -> Mat4 {
    let index = node as usize;
    let moved = pose.nodes.iter().find(|(own, _)| *own == node);
    let local = moved.map_or(rig.nodes[index].parent_from_node, |(_, local)| *local);
    let is_arm = |bone: Bone| ARMS.contains(&bone) && rig.bone(bone) == Some(index);
    let turn = pose.bones.iter().find(|(bone, _)| is_arm(*bone));
    turn.map_or(local, |(_, turn)| rig.turned(index, local, *turn))
}

/// `weight` of the way from one matrix to another.
fn between(from: &Mat4, to: &Mat4, weight: f32) -> Mat4 {
    let (from_scale, from_turn, from_place) = parts(from);
    let (scale, turn, place) = parts(to);
    Mat4::from_scale_rotation_translation(
        from_scale.lerp(scale, weight),
        from_turn.slerp(turn, weight),
        from_place.lerp(place, weight),
    )
}

impl NodeTracks {
    /// The node's matrix to its parent at `secs`; `None` when only its morph targets are moved.
    fn local(&self, rig: &Rig, secs: f32) -> Option<Mat4> {
        if self.translation.is_none() && self.rotation.is_none() && self.scale.is_none() {
            return None;
        }
        let rest = &rig.nodes[self.node].parent_from_node;
        let (scale, rotation, place) = parts(rest);
        Some(Mat4::from_scale_rotation_translation(
            self.scale
                .as_ref()
                .map_or(scale, |track| track.vector(secs)),
            self.rotation
                .as_ref()
                .map_or(rotation, |track| track.rotation(secs)),
            self.translation
                .as_ref()
                .map_or(place, |track| track.vector(secs)),
        ))
    }
}

/// Scale, rotation and translation of a matrix.
fn parts(matrix: &Mat4) -> (Vec3, Quat, Vec3) {
    let (scale, _, place) = matrix.to_scale_rotation_translation();
    (scale, rotation_of(matrix), place)
}

fn length<'a>(tracks: impl Iterator<Item = &'a Track>) -> MediaTime {
    let end = tracks.map(Track::end).fold(0.0, f32::max).min(MAX_SECS);
    MediaTime::from_secs_f64(f64::from(end))
}
