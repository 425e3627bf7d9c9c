//! What a user says of a file that does not say it itself: which targets are which shapes, which nodes are which bones.

use std::collections::BTreeMap;

use super::expression::{Expression, Override, PRESETS};
use super::mouth::{Drive as VisemeDrive, MouthBy};
use super::shapes::plain;
use super::synonyms::Drive;
use super::visemes::Viseme;
use crate::avatar::error::{Error, Result};
use crate::avatar::material::{Material, Surface};
use crate::avatar::mesh::Mesh;
use crate::avatar::outfit::OutfitRule;
use crate::avatar::rig::Rig;
use crate::media::{ARKIT_NAMES, Shape};

/// Weights of targets by name.
pub type TargetWeights = BTreeMap<String, f32>;

/// Takes the place of what is found in a file; empty tables leave it as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    /// What moves the mouth.
    pub mouth: Option<MouthBy>,
    /// The targets of an ARKit shape.
    pub shapes: BTreeMap<String, TargetWeights>,
    /// The targets of a viseme: `aa`, `ih`, `ou`, `ee`, `oh`, `pp`, `ff`.
    pub visemes: BTreeMap<String, TargetWeights>,
    /// The targets of an expression, which need not exist yet.
    pub expressions: BTreeMap<String, TargetWeights>,
    /// The node of a bone, by VRM name: `head`, `leftEye`, `jaw`.
    pub bones: BTreeMap<String, String>,
    /// What a material is made of, by its name: `skin`, `eye`, `hair`, `lash`, `mouth`, `cloth`, `unlit`.
    pub surfaces: BTreeMap<String, String>,
    /// The outfits, the default first.
    pub outfits: Vec<OutfitRule>,
}

/// What is told of the face of one avatar.
#[derive(Debug, Default)]
pub(in crate::avatar) struct Told {
    pub(in crate::avatar) drives: Vec<Drive>,
    pub(in crate::avatar) visemes: Vec<VisemeDrive>,
    pub(in crate::avatar) mouth: Option<MouthBy>,
}

/// How many near names an error lists.
const NEAR: usize = 5;

impl Mapping {
    /// Names bones of `rig`.
    pub(in crate::avatar) fn name_bones(&self, rig: &mut Rig, name: &str) -> Result<()> {
        for (bone, node) in &self.bones {
            let wrong = |words| wrong(name, "bones", bone, words);
            let names = || rig.nodes.iter().map(|node| node.name.as_str());
            let Some(found) = names().position(|own| own == node) else {
                return Err(wrong(unknown("node", node, names())));
            };
            if !rig.name_bone(bone, found) {
                let known = "hips, spine, chest, neck, head, leftEye, rightEye, jaw, leftUpperArm";
                return Err(wrong(format!(
                    "there is no bone of that name: {known}, ..."
                )));
            }
        }
        Ok(())
    }

    /// Says what `materials` are made of.
    pub(in crate::avatar) fn name_surfaces(
        &self,
        materials: &mut [Material],
        name: &str,
    ) -> Result<()> {
        for (material, surface) in &self.surfaces {
            let wrong = |words| wrong(name, "surfaces", material, words);
            let Some(surface) = Surface::from_word(surface) else {
                return Err(wrong(format!(
                    "`{surface}` is no surface: skin, eye, hair, lash, mouth, cloth or unlit"
                )));
            };
            let mut found = false;
            for own in materials.iter_mut().filter(|own| own.name == *material) {
                own.surface = surface;
                found = true;
            }
            if !found {
                let names = materials.iter().map(|own| own.name.as_str());
                return Err(wrong(unknown("material", material, names)));
            }
        }
        Ok(())
    }

    /// Tells the targets of `meshes` and adds to `expressions`.
    pub(in crate::avatar) fn tell(
        &self,
        meshes: &mut [Mesh],
        expressions: &mut Vec<Expression>,
        name: &str,
    ) -> Result<Told> {
        let mut told = Told {
            mouth: self.mouth,
            ..Told::default()
        };
        for (key, weights) in &self.shapes {
            let Some(shape) = Shape::from_name(key) else {
                let words = unknown("ARKit shape", key, ARKIT_NAMES.into_iter());
                return Err(wrong(name, "shapes", key, words));
            };
            let found = find(meshes, weights, "shapes", key, name)?;
            let targets = meshes.iter_mut().flat_map(|mesh| &mut mesh.targets);
            for target in targets.filter(|target| target.shape == Some(shape)) {
                target.shape = None;
            }
            for (mesh, target, share) in found {
                let own = &mut meshes[mesh].targets[target];
                if share == 1.0 && own.shape.is_none_or(|own| !self.tells(own)) {
                    own.shape = Some(shape);
                } else {
                    told.drives.push(Drive {
                        mesh,
                        target,
                        shape,
                        share,
                    });
                }
            }
        }
        for (key, weights) in &self.visemes {
            let viseme = Viseme::ALL.into_iter().find(|viseme| viseme.word() == key);
            let Some(viseme) = viseme else {
                let words = "there is no such viseme: aa, ih, ou, ee, oh, pp or ff".to_owned();
                return Err(wrong(name, "visemes", key, words));
            };
            for (mesh, target, share) in find(meshes, weights, "visemes", key, name)? {
                told.visemes.push((mesh, target, viseme, share));
            }
        }
        for (key, weights) in &self.expressions {
            let targets = find(meshes, weights, "expressions", key, name)?;
            match expressions.iter_mut().find(|own| own.name == *key) {
                Some(own) => own.targets = targets,
                None => expressions.push(Expression {
                    name: key.clone(),
                    is_custom: !PRESETS.contains(&key.as_str()),
                    is_binary: false,
                    targets,
                    materials: Vec::new(),
                    overrides: [Override::None; 3],
                }),
            }
        }
        Ok(told)
    }

    fn tells(&self, shape: Shape) -> bool {
        self.shapes.contains_key(shape.name())
    }
}

/// The targets that `weights` names, on every mesh that has them.
fn find(
    meshes: &[Mesh],
    weights: &TargetWeights,
    section: &str,
    key: &str,
    name: &str,
) -> Result<Vec<(usize, usize, f32)>> {
    let mut found = Vec::new();
    for (target, weight) in weights {
        if !(0.0..=1.0).contains(weight) {
            let words = format!("`{target}` = {weight}: weights go from 0 to 1");
            return Err(wrong(name, section, key, words));
        }
        let before = found.len();
        for (mesh, own) in meshes.iter().enumerate() {
            let named = own.targets.iter().enumerate();
            let named = named.filter(|(_, own)| own.name == *target);
            found.extend(named.map(|(place, _)| (mesh, place, *weight)));
        }
        if found.len() == before {
            let targets = meshes.iter().flat_map(|mesh| &mesh.targets);
            let names = targets.map(|target| target.name.as_str());
            let words = unknown("morph target", target, names);
            return Err(wrong(name, section, key, words));
        }
    }
    Ok(found)
}

/// What is wrong with `section.key`.
pub(in crate::avatar) fn wrong(name: &str, section: &str, key: &str, words: String) -> Error {
    Error::Mapping {
        name: name.to_owned(),
        section: section.to_owned(),
        key: key.to_owned(),
        words,
    }
}

/// Says that the file has no such thing, and what it has that is called much the same.
pub(in crate::avatar) fn unknown<'a>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> String {
    let near = near(name, known);
    if near.is_empty() {
        format!("there is no {what} `{name}`, nor anything with a name like it")
    } else {
        format!("there is no {what} `{name}`; near: {}", near.join(", "))
    }
}

/// The names most like `name`, by the pairs of letters they share (Dice's coefficient).
fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let pairs = |name: &str| -> Vec<(char, char)> {
        let letters: Vec<char> = plain(name).chars().take(64).collect();
        letters.windows(2).map(|pair| (pair[0], pair[1])).collect()
    };
    let own = pairs(name);
    let mut rated: Vec<(usize, String)> = known
        .map(|other| {
            let theirs = pairs(other);
            let shared = own.iter().filter(|pair| theirs.contains(pair)).count();
            let likeness = 2000 * shared / (own.len() + theirs.len()).max(1);
            (likeness, other.chars().take(64).collect())
        })
        .filter(|(likeness, _)| *likeness >= 300)
        .collect();
    rated.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    rated.dedup();
    rated.into_iter().take(NEAR).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_the_likeliest() {
        let known = ["MTH_A", "MTH_I", "Body", "mth_angry", "Blink"];
        let found = near("MTH_AA", known.into_iter());
        assert_eq!(found[0], "MTH_A");
        assert!(!found.contains(&"Body".to_owned()), "{found:?}");
        assert!(near("", known.into_iter()).is_empty());
    }
}
