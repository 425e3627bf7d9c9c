//! How one host holds face and body at one instant.

use std::fmt;
use std::sync::Arc;

use glam::{Mat4, Quat};

use super::Blendshapes;

/// The name of a host inside a room or film, for example `lina`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(Arc<str>);

impl HostId {
    /// A host by name.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A rotation by angles in degrees, applied in the order yaw, pitch, roll.
///
/// Seen from the host: positive pitch looks up, positive yaw turns to the host's left (towards +X), positive roll tilts
/// the head to the host's left shoulder.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Angles {
    /// Up (+) or down (-), degrees.
    pub pitch_deg: f32,
    /// To the host's left (+) or right (-), degrees.
    pub yaw_deg: f32,
    /// Towards the host's left shoulder (+) or right shoulder (-), degrees.
    pub roll_deg: f32,
}

impl Angles {
    /// The rotation in the avatar's model space: +X to the host's left, +Y up, +Z where the host looks.
    pub fn to_quat(self) -> Quat {
        Quat::from_euler(
            glam::EulerRot::YXZ,
            self.yaw_deg.to_radians(),
            -self.pitch_deg.to_radians(),
            -self.roll_deg.to_radians(),
        )
    }
}

/// Bones that motion may turn, named as in the VRM humanoid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the VRM 1.0 humanoid bones")]
pub enum Bone {
    Hips,
    Spine,
    Chest,
    UpperChest,
    Neck,
    Head,
    LeftShoulder,
    LeftUpperArm,
    LeftLowerArm,
    LeftHand,
    RightShoulder,
    RightUpperArm,
    RightLowerArm,
    RightHand,
}

/// What a host feels, for the part of the face that is not busy speaking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Emotion {
    #[default]
    Neutral,
    Joy,
    Warmth,
    Surprise,
    Concern,
    Excitement,
    Apology,
}

/// One host at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Pose {
    /// Whose pose.
    pub host: HostId,
    /// The face, mouth included.
    pub blendshapes: Blendshapes,
    /// The head against the chest; a renderer shares it between neck and head.
    pub head: Angles,
    /// Both eyes against the head.
    pub eyes: Angles,
    /// Further bones: rotation against the rest pose, in the model space of [`Angles::to_quat`].
    pub bones: Vec<(Bone, Quat)>,
    /// What the face shows.
    pub emotion: Emotion,
    /// The gesture being made, from the first movement of its preparation to the end of its retraction.
    pub gesture: Option<Arc<str>>,
    /// Expressions of the avatar's own by name (VRM `happy`, a maker's `wink`), each 0..=1; what the avatar does not have
    /// is left out.
    pub expressions: Vec<(Arc<str>, f32)>,
    /// What is worn: the id of one of the avatar's outfits. `None`, and what the avatar does not have, is its default.
    pub outfit: Option<Arc<str>>,
    /// Nodes that do not stand as they do at rest, in rising order of their index in the avatar's file, each with the
    /// matrix from the node to its parent: what swings (hair, skirts) and what a clip moves. Bones, head and eyes turn on
    /// top of it.
    pub nodes: Arc<[(u32, Mat4)]>,
    /// Morph targets that a clip moves.
    pub morphs: Arc<[MorphWeight]>,
}

/// The weight of one morph target, set by an animation clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MorphWeight {
    /// The node that carries the mesh, by its index in the avatar's file.
    pub node: u32,
    /// Which of the mesh's targets.
    pub target: u32,
    /// Usually 0..=1; added to what the face asks for.
    pub weight: f32,
}

impl Emotion {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Neutral,
        Self::Joy,
        Self::Warmth,
        Self::Surprise,
        Self::Concern,
        Self::Excitement,
        Self::Apology,
    ];

    /// As written in documents, tags and requests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Joy => "joy",
            Self::Warmth => "warmth",
            Self::Surprise => "surprise",
            Self::Concern => "concern",
            Self::Excitement => "excitement",
            Self::Apology => "apology",
        }
    }

    /// The emotion with this [`Emotion::name`].
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.name() == name)
    }
}

impl Pose {
    /// The rest pose of `host`.
    pub fn rest(host: HostId) -> Self {
        Self {
            host,
            blendshapes: Blendshapes::default(),
            head: Angles::default(),
            eyes: Angles::default(),
            bones: Vec::new(),
            emotion: Emotion::Neutral,
            gesture: None,
            expressions: Vec::new(),
            outfit: None,
            nodes: Arc::default(),
            morphs: Arc::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::Vec3;

    #[test]
    fn angles_turn_the_way_their_names_say() {
        let look = |pitch_deg, yaw_deg| {
            Angles {
                pitch_deg,
                yaw_deg,
                roll_deg: 0.0,
            }
            .to_quat()
                * Vec3::Z
        };
        assert!(look(20.0, 0.0).y > 0.3, "positive pitch looks up");
        assert!(
            look(0.0, 20.0).x > 0.3,
            "positive yaw looks to the host's left"
        );
        let crown = Angles {
            roll_deg: 20.0,
            ..Angles::default()
        }
        .to_quat()
            * Vec3::Y;
        assert!(
            crown.x > 0.3,
            "positive roll tilts to the host's left shoulder"
        );
    }
}
