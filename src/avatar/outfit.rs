//! Outfits: clothes that are exchanged for each other. All of them are in the file; what is worn decides what is drawn.
//!
//! The scene lists them in `extras.outfits` (`[{"id": "blazer", "name": "Teal blazer"}, ..]`, the default first); a node
//! names in `extras.outfits` those with which it is drawn. A node that names none and is invisible by
//! `KHR_node_visibility` is not drawn at all; one that names some goes by their names. What hangs on a node is drawn with
//! it at most. `avatar.toml` can say the same of a file that does not.

use serde_json::Value;

use super::error::Result;
use super::face::mapping::{unknown, wrong};
use super::material::Material;
use super::mesh::Mesh;
use super::rig::Rig;

/// The most outfits of one avatar: each has a bit in [`Worn`].
const MAX_OUTFITS: usize = 32;
/// The most letters of an id or a name.
const MAX_LETTERS: usize = 64;

/// One of several clothings of an avatar.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Outfit {
    /// What documents and requests call it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Triangles that are drawn while it is worn, those of the body included.
    pub triangles: usize,
}

/// An outfit that is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no outfit `{id}`: {known}")]
pub struct UnknownOutfit {
    id: String,
    known: String,
}

impl Outfit {
    /// The place of the outfit `id` among `outfits`.
    ///
    /// # Errors
    /// When there is none; says which there are.
    pub fn find(outfits: &[Self], id: &str) -> std::result::Result<usize, UnknownOutfit> {
        let place = outfits.iter().position(|own| own.id == id);
        place.ok_or_else(|| {
            let ids: Vec<&str> = outfits.iter().map(|own| own.id.as_str()).collect();
            UnknownOutfit {
                id: id.to_owned(),
                known: if ids.is_empty() {
                    "the avatar's clothes cannot be exchanged".to_owned()
                } else {
                    format!("the avatar has {}", ids.join(", "))
                },
            }
        })
    }
}

/// With which outfits something is drawn: a bit for each, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worn(u32);

impl Worn {
    /// With all of them, and where there are none.
    pub const ALWAYS: Self = Self(u32::MAX);
    /// Not at all.
    pub(super) const NEVER: Self = Self(0);

    /// Whether it is drawn with the outfit of this place in the avatar's list.
    pub fn with(self, outfit: usize) -> bool {
        outfit < MAX_OUTFITS && self.0 & (1 << outfit) != 0
    }

    fn add(&mut self, outfit: usize) {
        if outfit < MAX_OUTFITS {
            self.0 |= 1 << outfit;
        }
    }
}

/// What `avatar.toml` says of one outfit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutfitRule {
    /// What documents and requests call it.
    pub id: String,
    /// What people call it; the id when absent.
    pub name: Option<String>,
    /// Nodes, meshes and materials that are not drawn with it, by name; everything else is.
    pub hide: Vec<String>,
}

/// The outfits of a file, and with which of them each node is drawn.
#[derive(Debug)]
pub(super) struct Wardrobe {
    pub(super) outfits: Vec<Outfit>,
    pub(super) by_node: Vec<Worn>,
}

impl Wardrobe {
    /// Reads what the scene and its nodes say.
    pub(super) fn read(document: &gltf::Document, rig: &Rig, warnings: &mut Vec<String>) -> Self {
        let mut outfits = Vec::new();
        let mut scenes = document.scenes();
        if let Some(scene) = document.default_scene().or_else(|| scenes.next()) {
            let listed = list(scene.extras());
            if listed.len() > MAX_OUTFITS {
                warnings.push(format!(
                    "the scene has {} outfits: only the first {MAX_OUTFITS} are used",
                    listed.len()
                ));
            }
            for entry in listed.iter().take(MAX_OUTFITS) {
                let id = entry.as_str().or_else(|| entry.get("id")?.as_str());
                let name = entry.get("name").and_then(Value::as_str);
                if let Some(id) = id {
                    place_of(&mut outfits, id, name);
                }
            }
        }
        let listed = outfits.len();
        let mut own = vec![Worn::ALWAYS; rig.nodes.len()];
        for node in document.nodes() {
            let named = list(node.extras());
            if names_outfits(node.extras()) {
                own[node.index()] = Worn::NEVER;
                for id in named.iter().filter_map(Value::as_str) {
                    own[node.index()].add(place_of(&mut outfits, id, None));
                }
            } else if is_invisible(&node) {
                own[node.index()] = Worn::NEVER;
            }
        }
        if listed > 0 && outfits.len() > listed {
            let ids: Vec<&str> = outfits[listed..].iter().map(|o| o.id.as_str()).collect();
            warnings.push(format!(
                "nodes name outfits that the scene does not list: {}",
                ids.join(", ")
            ));
        }
        for &node in &rig.order {
            if let Some(parent) = rig.nodes[node].parent {
                own[node].0 &= own[parent].0;
            }
        }
        Self {
            outfits,
            by_node: own,
        }
    }
}

/// The place of the outfit `id`, which is added where it is not known yet.
fn place_of(outfits: &mut Vec<Outfit>, id: &str, name: Option<&str>) -> usize {
    let short = |text: &str| -> String {
        let letters = text.trim().chars().filter(|letter| !letter.is_control());
        letters.take(MAX_LETTERS).collect()
    };
    let id = short(id);
    outfits
        .iter()
        .position(|own| own.id == id)
        .unwrap_or_else(|| {
            if outfits.len() < MAX_OUTFITS {
                outfits.push(Outfit {
                    name: name.map_or_else(|| id.clone(), short),
                    id,
                    triangles: 0,
                });
                outfits.len() - 1
            } else {
                MAX_OUTFITS
            }
        })
}

fn parsed(extras: &gltf::json::Extras) -> Option<Value> {
    let extras = extras.as_ref().filter(|e| e.get().contains("outfits"))?;
    serde_json::from_str(extras.get()).ok()
}

/// Whether the extras have a list of outfits.
fn names_outfits(extras: &gltf::json::Extras) -> bool {
    parsed(extras).is_some_and(|extras| extras.get("outfits").is_some_and(Value::is_array))
}

/// The list of outfits in the extras; empty where there is none.
fn list(extras: &gltf::json::Extras) -> Vec<Value> {
    let mut extras = parsed(extras);
    match extras.as_mut().and_then(|extras| extras.get_mut("outfits")) {
        Some(Value::Array(list)) => std::mem::take(list),
        _ => Vec::new(),
    }
}

fn is_invisible(node: &gltf::Node<'_>) -> bool {
    let visibility = node.extension_value("KHR_node_visibility");
    visibility.and_then(|own| own.get("visible")?.as_bool()) == Some(false)
}

/// Dresses `meshes` as `rules` say instead of the file; nothing changes where there are none.
pub(super) fn follow(
    rules: &[OutfitRule],
    outfits: &mut Vec<Outfit>,
    meshes: &mut [Mesh],
    materials: &[Material],
    rig: &Rig,
    name: &str,
) -> Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    let wrong = |key: &str, words: String| Err(wrong(name, "outfits", key, words));
    outfits.clear();
    let mut worn = vec![Worn::NEVER; meshes.len()];
    for (place, rule) in rules.iter().enumerate() {
        if place >= MAX_OUTFITS {
            let words = format!("is one too many: {MAX_OUTFITS} outfits are possible");
            return wrong(&rule.id, words);
        }
        let mut hidden = vec![false; meshes.len()];
        for part in &rule.hide {
            let found = parts_called(part, meshes, materials, rig);
            if !found.contains(&true) {
                let nodes = meshes.iter().map(|mesh| rig.nodes[mesh.node].name.as_str());
                let own = meshes.iter().map(|mesh| mesh.name.as_str());
                let made_of = meshes.iter().map(|m| materials[m.material].name.as_str());
                let known = nodes.chain(own).chain(made_of);
                return wrong(&rule.id, unknown("node, mesh or material", part, known));
            }
            for (hidden, found) in hidden.iter_mut().zip(found) {
                *hidden |= found;
            }
        }
        if hidden.iter().all(|hidden| *hidden) {
            return wrong(&rule.id, "hides everything: nothing would be drawn".into());
        }
        for (worn, hidden) in worn.iter_mut().zip(hidden) {
            if !hidden {
                worn.add(place);
            }
        }
        outfits.push(Outfit {
            id: rule.id.clone(),
            name: rule.name.clone().unwrap_or_else(|| rule.id.clone()),
            triangles: 0,
        });
    }
    for (mesh, worn) in meshes.iter_mut().zip(worn) {
        mesh.worn = worn;
    }
    Ok(())
}

/// Which meshes are meant by a name: that of the mesh, of its material, of its node or of a node above it.
fn parts_called(name: &str, meshes: &[Mesh], materials: &[Material], rig: &Rig) -> Vec<bool> {
    let mut below = vec![false; rig.nodes.len()];
    for &node in &rig.order {
        let own = &rig.nodes[node];
        below[node] = own.name == name || own.parent.is_some_and(|parent| below[parent]);
    }
    let is = |mesh: &Mesh| {
        below[mesh.node] || mesh.name == name || materials[mesh.material].name == name
    };
    meshes.iter().map(is).collect()
}

/// Counts the triangles that are drawn with each of `outfits`; the most that are drawn at once.
pub(super) fn count(outfits: &mut [Outfit], meshes: &[Mesh]) -> usize {
    let with = |outfit: usize| -> usize {
        let worn = meshes.iter().filter(|mesh| mesh.worn.with(outfit));
        worn.map(|mesh| mesh.indices.len() / 3).sum()
    };
    for (place, outfit) in outfits.iter_mut().enumerate() {
        outfit.triangles = with(place);
    }
    let most = outfits.iter().map(|outfit| outfit.triangles).max();
    most.unwrap_or_else(|| with(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_always_worn_is_worn_with_every_outfit() {
        for outfit in 0..MAX_OUTFITS {
            assert!(Worn::ALWAYS.with(outfit) && !Worn::NEVER.with(outfit));
        }
        let mut worn = Worn::NEVER;
        worn.add(3);
        worn.add(MAX_OUTFITS);
        assert!(worn.with(3) && !worn.with(2) && !worn.with(MAX_OUTFITS));
    }

    #[test]
    fn outfits_beyond_the_most_have_no_place() {
        let mut outfits = Vec::new();
        for number in 0..MAX_OUTFITS {
            assert_eq!(place_of(&mut outfits, &number.to_string(), None), number);
        }
        assert_eq!(place_of(&mut outfits, "one more", None), MAX_OUTFITS);
        assert_eq!(place_of(&mut outfits, " 3\n", None), 3);
        assert_eq!(outfits.len(), MAX_OUTFITS);
    }
}
