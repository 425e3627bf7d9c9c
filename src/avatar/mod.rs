//! Model file -> rig: glTF 2.0 and VRM files become triangles, a skeleton, morph targets and materials.
//!
//! A file is checked once, here; what comes out is safe to draw. Nothing here knows how it is drawn.

mod bones;
mod clip;
mod constraint;
mod error;
mod face;
mod file;
mod landmarks;
mod material;
mod mesh;
mod outfit;
mod rig;
mod spring;
mod toon;
mod vrm;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use glam::Mat4;

pub use clip::Clip;
pub use error::{Error, Result};
pub use face::closure::Closure;
pub use face::expression::{Expression, Override};
pub use face::look_at::{LookAt, Range, Ranges};
pub use face::mapping::{Mapping, TargetWeights};
pub use face::mouth::{FaceWeights, Mouth, MouthBy};
pub use face::visemes::{Viseme, visemes};
pub use landmarks::Landmarks;
pub use material::{Alpha, Factors, Material, Surface, TextureUse, Wrap};
pub use mesh::{Delta, Mesh, Target};
pub use outfit::{Outfit, OutfitRule, UnknownOutfit, Worn};
pub use rig::{Node, Rig, Skin};
pub use spring::Springs;
pub use toon::{Outline, Toon};

use crate::media::{Bitmap, Pose, Shape};
use face::Face;
use outfit::Wardrobe;

/// A slit between closed lips of this share of the model's height (1 mm of a person) is warned of.
const VISIBLE_SLIT_SHARE: f32 = 6e-4;

/// More that was left out is only counted.
const MAX_WARNINGS: usize = 24;
/// The most meshes that are drawn: each costs a call for every picture.
const MAX_MESHES: usize = 2048;

/// What is in an avatar file, for people and for checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Facts {
    /// `glb` or `gltf`.
    pub format: String,
    /// The VRM version the file states.
    pub vrm_version: Option<String>,
    /// Triangles of all meshes.
    pub triangles: usize,
    /// The most triangles that are drawn at once: with the outfit that has most.
    pub triangles_drawn: usize,
    /// Outfits that can be worn, the default first; empty where the clothes cannot be exchanged.
    pub outfits: Vec<Outfit>,
    /// Vertices of all meshes.
    pub vertices: usize,
    /// Joints of all skins.
    pub joints: usize,
    /// Different morph target names.
    pub morph_targets: usize,
    /// How many of the 52 ARKit shapes have a target that moves something, under whatever name.
    pub arkit_shapes: usize,
    /// The names of the file's expressions.
    pub expressions: Vec<String>,
    /// What moves the mouth.
    pub mouth: MouthFacts,
    /// Whose the file is and what may be done with it, in one line, where it says so.
    pub license: Option<String>,
    /// What was replaced or left out, in words.
    pub warnings: Vec<String>,
}

/// Whether and how the mouth of an avatar moves.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct MouthFacts {
    /// Whether anything moves it.
    pub works: bool,
    /// What does: see [`MouthBy::word`].
    pub by: &'static str,
}

/// A host's body, ready to be posed and drawn.
#[derive(Clone)]
pub struct Avatar {
    /// The file's name, or what the bytes were called.
    pub name: String,
    /// Triangles, one entry for each material of each mesh.
    pub meshes: Vec<Mesh>,
    /// Materials; a mesh names one by its index.
    pub materials: Vec<Material>,
    /// Pictures of the materials; `None` where one is not used or cannot be.
    pub images: Vec<Option<Arc<Bitmap>>>,
    /// The skeleton.
    pub rig: Rig,
    expressions: Vec<Expression>,
    mouth: Mouth,
    face: Face,
    /// With each outfit; at least one.
    landmarks: Vec<Landmarks>,
    springs: Option<Arc<spring::Setup>>,
    clips: Vec<Arc<Clip>>,
    facts: Facts,
}

impl fmt::Debug for Avatar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Avatar({}, {} triangles)",
            self.name, self.facts.triangles
        )
    }
}

impl Avatar {
    /// Reads a `.glb`, `.vrm` or `.gltf` file.
    ///
    /// # Errors
    /// When the file cannot be read, is not glTF 2.0, is damaged, too large, holds no triangles or requires extensions
    /// that are not known.
    pub fn load(path: &Path) -> Result<Self> {
        Self::load_mapped(path, &Mapping::default())
    }

    /// Reads a file of which the user says more than it says itself.
    ///
    /// # Errors
    /// As [`Avatar::load`], and when `mapping` names what is not in the file.
    pub fn load_mapped(path: &Path, mapping: &Mapping) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| Error::Read {
            path: path.into(),
            source,
        })?;
        Self::parse(&bytes, &path.display().to_string(), path.parent(), mapping)
    }

    /// Reads the bytes of a GLB, VRM or self-contained glTF file; `name` is used in messages.
    ///
    /// # Errors
    /// As [`Avatar::load`].
    pub fn from_glb(bytes: &[u8], name: &str) -> Result<Self> {
        Self::from_glb_mapped(bytes, name, &Mapping::default())
    }

    /// Reads the bytes of a file of which the user says more than it says itself.
    ///
    /// # Errors
    /// As [`Avatar::load_mapped`].
    pub fn from_glb_mapped(bytes: &[u8], name: &str, mapping: &Mapping) -> Result<Self> {
        Self::parse(bytes, name, None, mapping)
    }

    fn parse(bytes: &[u8], name: &str, folder: Option<&Path>, mapping: &Mapping) -> Result<Self> {
        let mut file = file::container::Container::parse(bytes, name, folder)?;
        let mut warnings = std::mem::take(&mut file.warnings);
        let document = &file.document;
        let reader = file::accessor::Reader {
            name,
            buffers: &file.buffers,
        };
        let mut rig = Rig::read(document, &reader, &mut warnings)?;
        mapping.name_bones(&mut rig, name)?;
        let mut materials: Vec<Material> =
            document.materials().map(|m| Material::read(&m)).collect();
        vrm::dress(document, &mut materials, &mut warnings);
        mapping.name_surfaces(&mut materials, name)?;
        materials.push(Material::default());
        material::settle_clear_layers(&mut materials);
        for material in &mut materials {
            material.keep_one_uv_set(&mut warnings);
        }
        let mut wardrobe = Wardrobe::read(document, &rig, &mut warnings);
        let (mut meshes, sources) = read_meshes(
            document,
            &reader,
            &materials,
            &wardrobe.by_node,
            &mut warnings,
        )?;
        if meshes.is_empty() {
            return Err(Error::Empty { name: name.into() });
        }
        let outfits = &mut wardrobe.outfits;
        outfit::follow(
            &mapping.outfits,
            outfits,
            &mut meshes,
            &materials,
            &rig,
            name,
        )?;
        let shown = meshes.iter().map(|mesh| &materials[mesh.material]);
        let uses = file::image::Use::of(document.images().count(), shown);
        let images = file::image::read_images(document, &reader, folder, &uses, &mut warnings);
        cut_short(&mut warnings);
        let parts = vrm::Parts {
            meshes: &meshes,
            sources: &sources,
            materials: &materials,
        };
        let mut expressions = vrm::expressions(document, &parts);
        let told = mapping.tell(&mut meshes, &mut expressions, name)?;
        let mut avatar = Self {
            name: name.into(),
            meshes,
            materials,
            images,
            rig,
            expressions,
            mouth: Mouth::default(),
            face: Face::default(),
            landmarks: Vec::new(),
            springs: None,
            clips: Vec::new(),
            facts: Facts {
                outfits: wardrobe.outfits,
                ..Facts::default()
            },
        };
        let points = avatar.rest_points();
        avatar.face = Face::find(&mut avatar, &points, told);
        if avatar.mouth.by != MouthBy::Bone {
            avatar.rig.jaw = None;
        }
        avatar.landmarks = Landmarks::of_outfits(&avatar, &points, vrm::eyes_from_head(document));
        let height = avatar.landmarks().crown_m - avatar.landmarks().floor_m;
        let springs = spring::Setup::read(document, &avatar.rig, height, &mut warnings);
        avatar.springs = springs.map(Arc::new);
        let clips = Clip::of_file(document, &reader, &mut warnings);
        avatar.clips = clips.into_iter().map(Arc::new).collect();
        avatar.facts = avatar.count(document, file.format, warnings);
        Ok(avatar)
    }

    /// Where the face is and how tall the host stands in the default outfit, for the camera.
    pub fn landmarks(&self) -> Landmarks {
        self.landmarks_in(0)
    }

    /// The same in the outfit of this place in the list.
    pub fn landmarks_in(&self, outfit: usize) -> Landmarks {
        self.landmarks.get(outfit).copied().unwrap_or_default()
    }

    /// Outfits that can be worn, the default first; empty where the clothes cannot be exchanged.
    pub fn outfits(&self) -> &[Outfit] {
        &self.facts.outfits
    }

    /// The place in the list of the outfit with this id; the default for `None` and for what is not there.
    pub fn outfit(&self, id: Option<&str>) -> usize {
        let same = |id: &str| self.outfits().iter().position(|own| own.id == id);
        id.and_then(same).unwrap_or(0)
    }

    /// What is in the file and what was left out.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Where each node stands in `pose`, in model space (metres, +Y up, +Z where the host looks).
    pub fn posed(&self, pose: &Pose) -> Vec<Mat4> {
        self.rig.posed(pose)
    }

    /// The expressions of the file.
    pub fn expressions(&self) -> &[Expression] {
        &self.expressions
    }

    /// What the file's own animations do.
    pub fn clips(&self) -> &[Arc<Clip>] {
        &self.clips
    }

    /// How the mouth is moved.
    pub fn mouth(&self) -> &Mouth {
        &self.mouth
    }

    /// The face in `pose`: lips close as this avatar's own lips do, lids and boneless eyes follow the gaze, expressions
    /// add up, and clips move their targets.
    pub fn face_weights(&self, pose: &Pose) -> FaceWeights {
        self.face.weights(self, pose)
    }

    fn count(&self, document: &gltf::Document, format: &str, mut warnings: Vec<String>) -> Facts {
        let targets = || self.meshes.iter().flat_map(|mesh| &mesh.targets);
        let mut names: Vec<&str> = targets().map(|target| target.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let moving =
            |shape: Shape| targets().any(|t| t.shape == Some(shape) && !t.deltas.is_empty());
        let arkit_shapes = Shape::ALL
            .into_iter()
            .filter(|shape| moving(*shape))
            .count();
        if self.mouth.by == MouthBy::Nothing {
            warnings.push(
                "nothing moves the mouth (no jawOpen, no vowels, no visemes, no jaw bone): the lips will not move".into(),
            );
        }
        let height = self.landmarks().crown_m - self.landmarks().floor_m;
        let leak = self.mouth.closure.as_ref().map_or(0.0, Closure::leak_m);
        if leak > VISIBLE_SLIT_SHARE * height {
            warnings.push(format!(
                "closed lips stay {:.1} mm apart: mouthClose does not match jawOpen along the mouth",
                1000.0 * leak
            ));
        }
        if !self.face.blinks(moving) {
            warnings.push(
                "nothing closes the eyes (no eyeBlinkLeft, no expression blink): the host will not blink".into(),
            );
        }
        if self.rig.bone(crate::media::Bone::Head).is_none() {
            warnings.push("no head bone was found: the head will not turn".into());
        }
        if !(0.2..4.0).contains(&height) {
            warnings.push(format!(
                "the model is {height:.2} m tall: glTF counts in metres, export it in metres"
            ));
        }
        vrm::warn_of_bones(document, &mut warnings);
        let license = vrm::license(document, &mut warnings);
        let mut outfits = self.outfits().to_vec();
        let triangles_drawn = outfit::count(&mut outfits, &self.meshes);
        Facts {
            expressions: self
                .expressions
                .iter()
                .map(|own| own.name.clone())
                .collect(),
            mouth: MouthFacts {
                works: self.mouth.by != MouthBy::Nothing,
                by: self.mouth.by.word(),
            },
            license,
            outfits,
            triangles_drawn,
            format: format.into(),
            vrm_version: vrm::version(document),
            triangles: self.meshes.iter().map(|mesh| mesh.indices.len() / 3).sum(),
            vertices: self.meshes.iter().map(|mesh| mesh.positions.len()).sum(),
            joints: self.rig.skins.iter().map(|skin| skin.joints.len()).sum(),
            morph_targets: names.len(),
            arkit_shapes,
            warnings,
        }
    }
}

/// Counts the warnings that are too many.
fn cut_short(warnings: &mut Vec<String>) {
    if warnings.len() > MAX_WARNINGS {
        let more = warnings.len() - MAX_WARNINGS;
        warnings.truncate(MAX_WARNINGS);
        warnings.push(format!("and {more} more of this kind"));
    }
}

/// The meshes that are shown, and the index in the file of each. The last material is the one of meshes without any.
fn read_meshes(
    document: &gltf::Document,
    reader: &file::accessor::Reader<'_>,
    materials: &[Material],
    worn: &[Worn],
    warnings: &mut Vec<String>,
) -> Result<(Vec<Mesh>, Vec<usize>)> {
    let mut shown = vec![false; document.nodes().count()];
    let scene = document
        .default_scene()
        .or_else(|| document.scenes().next());
    match scene {
        None => shown.fill(true),
        Some(scene) => {
            let mut open: Vec<gltf::Node<'_>> = scene.nodes().collect();
            while let Some(node) = open.pop() {
                if !std::mem::replace(&mut shown[node.index()], true) {
                    open.extend(node.children());
                }
            }
        }
    }
    for (shown, worn) in shown.iter_mut().zip(worn) {
        *shown &= *worn != Worn::NEVER;
    }
    // A show is seen by others: what only the wearer of an avatar sees is left out, unless nothing else is there.
    let hidden = vrm::hidden_nodes(document);
    let carries = |node: &gltf::Node<'_>| shown[node.index()] && node.mesh().is_some();
    if document
        .nodes()
        .any(|node| carries(&node) && !hidden[node.index()])
    {
        for (shown, hidden) in shown.iter_mut().zip(hidden) {
            *shown &= !hidden;
        }
    }
    let (mut meshes, mut sources) = (Vec::new(), Vec::new());
    for node in document.nodes().filter(|node| shown[node.index()]) {
        let Some(source) = node.mesh() else { continue };
        let skin = node.skin();
        let joints = skin.as_ref().map(|skin| skin.joints().count());
        let joint_count = joints.filter(|count| *count > 0);
        for primitive in source.primitives() {
            let material = primitive.material().index().unwrap_or(materials.len() - 1);
            let place = file::primitive::Place {
                reader,
                material: &materials[material],
                joint_count,
            };
            if let Some(mut mesh) = place.read(&source, &primitive, warnings)? {
                if meshes.len() == MAX_MESHES {
                    return Err(Error::TooLarge {
                        name: reader.name.into(),
                        what: "separate meshes",
                        limit: MAX_MESHES,
                    });
                }
                mesh.node = node.index();
                mesh.worn = worn[node.index()];
                mesh.skin = skin
                    .as_ref()
                    .filter(|_| !mesh.joints.is_empty())
                    .map(gltf::Skin::index);
                mesh.material = material;
                meshes.push(mesh);
                sources.push(source.index());
            }
        }
    }
    Ok((meshes, sources))
}
