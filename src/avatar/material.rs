//! Materials of an avatar: what a surface is made of, and how light falls on it.
//!
//! Colours are linear light as in the file; pictures are kept as they are stored (sRGB for colours, linear for data).

use super::toon::Toon;

/// How a material treats its alpha.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Alpha {
    /// Alpha is ignored.
    Opaque,
    /// Drawn where alpha is at least this, left out elsewhere.
    Mask(f32),
    /// Blended over what is behind.
    Blend,
}

/// What a material is made of; decides how light falls on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Surface {
    /// Skin: soft light with a red edge of shadow.
    Skin,
    /// Eyeball: glossy.
    Eye,
    /// Hair: a highlight along the strands.
    Hair,
    /// Lashes and brows: dark and matt.
    Lash,
    /// Teeth, tongue, gums and the inside of the mouth: in the shade of the lips.
    Mouth,
    /// Everything else: cloth, plastic, wood.
    Cloth,
    /// Shown as painted.
    Unlit,
    /// A clear layer over something else, such as a cornea or tears: only what it mirrors is seen.
    Clear,
}

/// A picture as one use of a material sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextureUse {
    /// An index into the avatar's images.
    pub image: usize,
    /// Which set of picture coordinates of the mesh: 0 is `TEXCOORD_0`.
    pub uv_set: u32,
    /// How picture coordinates are moved: columns of a 2x3 matrix (`KHR_texture_transform`).
    pub transform: [[f32; 2]; 3],
    /// What lies beyond the picture's edges, along u and v.
    pub wrap: [Wrap; 2],
    /// Shown with hard texels (pixel art) instead of blended ones.
    pub nearest: bool,
}

/// What lies beyond the edges of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrap {
    /// The picture again.
    #[default]
    Repeat,
    /// The picture mirrored.
    Mirror,
    /// Its edge.
    Clamp,
}

/// The part of a material that expressions and time may change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factors {
    /// Multiplies the base colour: linear light, straight alpha.
    pub base_color: [f32; 4],
    /// Light of its own, linear; `KHR_materials_emissive_strength` is in it.
    pub emissive: [f32; 3],
    /// Multiplies the shade colour of a [`Toon`] material, linear.
    pub shade: [f32; 3],
    /// Multiplies the mirrored sphere of a [`Toon`] material, linear.
    pub matcap: [f32; 3],
    /// The light round the edge of a [`Toon`] material, linear.
    pub rim: [f32; 3],
    /// The outline of a [`Toon`] material, linear.
    pub outline: [f32; 3],
    /// Stretches the picture coordinates of all pictures, after their own transform.
    pub uv_scale: [f32; 2],
    /// Shifts them, after that.
    pub uv_offset: [f32; 2],
}

impl Default for Factors {
    fn default() -> Self {
        Self {
            base_color: [1.0; 4],
            emissive: [0.0; 3],
            shade: [0.0; 3],
            matcap: [1.0; 3],
            rim: [0.0; 3],
            outline: [0.0; 3],
            uv_scale: [1.0; 2],
            uv_offset: [0.0; 2],
        }
    }
}

impl Factors {
    /// Adds `weight` times what makes `full` of `rest`.
    pub(super) fn add(&mut self, rest: &Self, full: &Self, weight: f32) {
        fn part<const N: usize>(to: &mut [f32; N], rest: &[f32; N], full: &[f32; N], weight: f32) {
            for ((to, rest), full) in to.iter_mut().zip(rest).zip(full) {
                *to += (full - rest) * weight;
            }
        }
        part(
            &mut self.base_color,
            &rest.base_color,
            &full.base_color,
            weight,
        );
        part(&mut self.emissive, &rest.emissive, &full.emissive, weight);
        part(&mut self.shade, &rest.shade, &full.shade, weight);
        part(&mut self.matcap, &rest.matcap, &full.matcap, weight);
        part(&mut self.rim, &rest.rim, &full.rim, weight);
        part(&mut self.outline, &rest.outline, &full.outline, weight);
        part(&mut self.uv_scale, &rest.uv_scale, &full.uv_scale, weight);
        part(
            &mut self.uv_offset,
            &rest.uv_offset,
            &full.uv_offset,
            weight,
        );
        for color in [
            &mut self.emissive,
            &mut self.shade,
            &mut self.matcap,
            &mut self.rim,
            &mut self.outline,
        ] {
            *color = color.map(|light| light.max(0.0));
        }
        self.base_color = self.base_color.map(|light| light.max(0.0));
        self.base_color[3] = self.base_color[3].min(1.0);
    }
}

/// A material.
#[derive(Clone, Debug)]
pub struct Material {
    /// As in the file; may be empty.
    pub name: String,
    /// Colours and shifts at rest.
    pub factors: Factors,
    /// The base colour picture (sRGB, straight alpha).
    pub base: Option<TextureUse>,
    /// How alpha is treated.
    pub alpha: Alpha,
    /// Seen from behind as well.
    pub double_sided: bool,
    /// What it is made of.
    pub surface: Surface,
    /// 0 (mirror) to 1 (matt); multiplied by the green channel of `metallic_roughness`.
    pub roughness: f32,
    /// 0 (skin, cloth) to 1 (metal); multiplied by the blue channel of `metallic_roughness`.
    pub metallic: f32,
    /// Roughness in green, metal in blue (linear).
    pub metallic_roughness: Option<TextureUse>,
    /// Small bumps, in tangent space (linear).
    pub normal: Option<TextureUse>,
    /// How strong the bumps are.
    pub normal_scale: f32,
    /// Bumps so fine that their shade is painted into the base picture too: only GPUs draw them (`extras.bumps` is `fine`).
    pub fine_bumps: bool,
    /// Shade that the maker baked, in red (linear).
    pub occlusion: Option<TextureUse>,
    /// How strong that shade is, 0..=1.
    pub occlusion_strength: f32,
    /// Light of its own (sRGB).
    pub emission: Option<TextureUse>,
    /// Drawn as a cartoon (MToon); `None`: by the laws of light.
    pub toon: Option<Box<Toon>>,
    /// When blended materials overlap, those with a smaller number are drawn first (VRM's render queue).
    pub queue: i32,
}

impl Default for Material {
    fn default() -> Self {
        Self {
            name: String::new(),
            factors: Factors::default(),
            base: None,
            alpha: Alpha::Opaque,
            double_sided: false,
            surface: Surface::Cloth,
            roughness: 0.8,
            metallic: 0.0,
            metallic_roughness: None,
            normal: None,
            normal_scale: 1.0,
            fine_bumps: false,
            occlusion: None,
            occlusion_strength: 1.0,
            emission: None,
            toon: None,
            queue: 0,
        }
    }
}

impl Material {
    /// The material of the file.
    pub(super) fn read(material: &gltf::Material<'_>) -> Self {
        let name = material.name().unwrap_or_default().to_owned();
        let pbr = material.pbr_metallic_roughness();
        let surface = if material.unlit() {
            Surface::Unlit
        } else {
            stated_surface(material).unwrap_or_else(|| surface_of(&name))
        };
        let strength = material.emissive_strength().unwrap_or(1.0);
        let normal = material.normal_texture();
        let occlusion = material.occlusion_texture();
        Self {
            factors: Factors {
                base_color: pbr.base_color_factor(),
                emissive: material.emissive_factor().map(|light| light * strength),
                ..Factors::default()
            },
            base: pbr.base_color_texture().as_ref().map(TextureUse::read),
            alpha: match material.alpha_mode() {
                gltf::material::AlphaMode::Opaque => Alpha::Opaque,
                gltf::material::AlphaMode::Mask => {
                    Alpha::Mask(material.alpha_cutoff().unwrap_or(0.5))
                }
                gltf::material::AlphaMode::Blend => Alpha::Blend,
            },
            double_sided: material.double_sided(),
            surface,
            roughness: pbr.roughness_factor().clamp(0.0, 1.0),
            metallic: pbr.metallic_factor().clamp(0.0, 1.0),
            metallic_roughness: pbr
                .metallic_roughness_texture()
                .as_ref()
                .map(TextureUse::read),
            normal_scale: normal.as_ref().map_or(1.0, |normal| normal.scale()),
            fine_bumps: stated(material, "bumps").as_deref() == Some("fine"),
            normal: normal.map(|normal| TextureUse {
                transform: transform_of(
                    normal
                        .extension_value("KHR_texture_transform")
                        .unwrap_or(&serde_json::Value::Null),
                ),
                ..TextureUse::plain(&normal.texture(), normal.tex_coord())
            }),
            occlusion_strength: occlusion.as_ref().map_or(1.0, |shade| shade.strength()),
            occlusion: occlusion.map(|shade| TextureUse {
                transform: transform_of(
                    shade
                        .extension_value("KHR_texture_transform")
                        .unwrap_or(&serde_json::Value::Null),
                ),
                ..TextureUse::plain(&shade.texture(), shade.tex_coord())
            }),
            emission: material.emissive_texture().as_ref().map(TextureUse::read),
            toon: None,
            queue: 0,
            name,
        }
    }

    /// Leaves out pictures that use other picture coordinates than the first one: a mesh has one set of them.
    pub(super) fn keep_one_uv_set(&mut self, warnings: &mut Vec<String>) {
        let Some(set) = self.textures().next().map(|texture| texture.uv_set) else {
            return;
        };
        for (what, slot) in [
            ("metal and roughness", &mut self.metallic_roughness),
            ("bumps", &mut self.normal),
            ("baked shade", &mut self.occlusion),
            ("glow", &mut self.emission),
        ] {
            if slot.take_if(|texture| texture.uv_set != set).is_some() {
                let name: String = self.name.chars().take(40).collect();
                warnings.push(format!(
                    "material {name}: its {what} use other picture coordinates: left out"
                ));
            }
        }
    }

    /// Every picture that the material uses.
    pub fn textures(&self) -> impl Iterator<Item = &TextureUse> {
        let own = [
            &self.base,
            &self.metallic_roughness,
            &self.normal,
            &self.occlusion,
            &self.emission,
        ];
        let toon = self.toon.iter().flat_map(|toon| toon.textures());
        own.into_iter().flatten().chain(toon)
    }
}

/// Picture coordinates as they are.
const UNMOVED: [[f32; 2]; 3] = [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]];

impl TextureUse {
    fn read(info: &gltf::texture::Info<'_>) -> Self {
        let plain = Self::plain(&info.texture(), info.tex_coord());
        let Some(moved) = info.texture_transform() else {
            return plain;
        };
        Self {
            uv_set: moved.tex_coord().unwrap_or(plain.uv_set),
            transform: affine(moved.scale(), moved.rotation(), moved.offset()),
            ..plain
        }
    }

    /// `texture` without a transform.
    pub(super) fn plain(texture: &gltf::Texture<'_>, uv_set: u32) -> Self {
        use gltf::texture::{MagFilter, WrappingMode};
        let sampler = texture.sampler();
        let wrap = |mode| match mode {
            WrappingMode::ClampToEdge => Wrap::Clamp,
            WrappingMode::MirroredRepeat => Wrap::Mirror,
            WrappingMode::Repeat => Wrap::Repeat,
        };
        Self {
            image: texture.source().index(),
            uv_set,
            transform: UNMOVED,
            wrap: [wrap(sampler.wrap_s()), wrap(sampler.wrap_t())],
            nearest: sampler.mag_filter() == Some(MagFilter::Nearest),
        }
    }
}

/// The matrix of a `KHR_texture_transform` object; unmoved where there is none.
pub(super) fn transform_of(transform: &serde_json::Value) -> [[f32; 2]; 3] {
    let number = |value: &serde_json::Value| value.as_f64().map(|v| v as f32);
    let pair = |key: &str| {
        let list = transform.get(key)?.as_array()?;
        Some([number(list.first()?)?, number(list.get(1)?)?])
    };
    affine(
        pair("scale").unwrap_or([1.0; 2]),
        transform.get("rotation").and_then(number).unwrap_or(0.0),
        pair("offset").unwrap_or([0.0; 2]),
    )
}

/// Translation x rotation x scale, as columns (`KHR_texture_transform`).
fn affine([sx, sy]: [f32; 2], rotation: f32, offset: [f32; 2]) -> [[f32; 2]; 3] {
    let (sin, cos) = rotation.sin_cos();
    [[sx * cos, -sx * sin], [sy * sin, sy * cos], offset]
}

/// What the file says outright in `extras`, as our own studio writes it.
fn stated(material: &gltf::Material<'_>, key: &str) -> Option<String> {
    let extras: serde_json::Value = serde_json::from_str(material.extras().as_ref()?.get()).ok()?;
    Some(extras.get(key)?.as_str()?.to_owned())
}

/// `extras.shading`.
fn stated_surface(material: &gltf::Material<'_>) -> Option<Surface> {
    Surface::from_word(&stated(material, "shading")?)
}

impl Surface {
    /// The surface with this name: `skin`, `eye`, `hair`, `lash`, `mouth`, `cloth`, `unlit` or `clear`.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "skin" => Self::Skin,
            "eye" => Self::Eye,
            "hair" => Self::Hair,
            "lash" => Self::Lash,
            "mouth" => Self::Mouth,
            "cloth" => Self::Cloth,
            "unlit" => Self::Unlit,
            "clear" => Self::Clear,
            _ => return None,
        })
    }
}

/// What names of materials say, in the words of the usual editors (VRoid, Ready Player Me, Avaturn, Character Creator,
/// MakeHuman, Mixamo, MetaHuman) and of our own hosts; the first row that fits counts.
const WORDS: [(Surface, &[&str]); 7] = [
    // Layers before the eyes. Where nothing else is an eye, `settle_clear_layers` takes this back.
    (
        Surface::Clear,
        &[
            "cornea",
            "tearline",
            "tear_line",
            "eyewet",
            "eye_wet",
            "eye_occlusion",
            "eyeocclusion",
        ],
    ),
    (
        Surface::Lash,
        &[
            "lash",
            "brow",
            "eyeline",
            "cilia",
            "hairunder",
            "hair_under",
        ],
    ),
    (
        Surface::Mouth,
        &["teeth", "tooth", "tongue", "gum", "mouth", "denture"],
    ),
    // Before eyes: glasses are none; before skin: headwear is none.
    (
        Surface::Cloth,
        &[
            "glass",
            "eyewear",
            "goggle",
            "headwear",
            "headphone",
            "headset",
            "headband",
            "helmet",
            "facemask",
            "face_mask",
            "facewear",
            "hairband",
            "hairpin",
            "hairclip",
            "hairtie",
            "ribbon",
            "footwear",
            "outfit",
            "cloth",
        ],
    ),
    (Surface::Eye, &["eye", "iris", "sclera", "pupil"]),
    (
        Surface::Hair,
        &[
            "hair",
            "scalp",
            "beard",
            "mustache",
            "moustache",
            "bangs",
            "ponytail",
        ],
    ),
    (
        Surface::Skin,
        &[
            "skin",
            "face",
            "head",
            "wolf3d_body",
            "avaturn_body",
            "nails",
        ],
    ),
];

/// What the name of a material says about it.
pub(super) fn surface_of(name: &str) -> Surface {
    // Many a tool calls everything a surface, which is no face.
    let name = name.to_ascii_lowercase().replace("surface", "");
    // VRoid says what a part is made of at the end: `..._Face_00_SKIN`, `..._HairBack_00_HAIR`, `..._Tops_01_CLOTH`.
    WORDS
        .iter()
        .find(|(_, words)| words.iter().any(|word| name.contains(word)))
        .map_or(Surface::Cloth, |(surface, _)| *surface)
}

/// A clear layer needs something under it: where no other material is an eye, what is called a cornea is the eye. Tears
/// and shade over an eye are never one.
pub(super) fn settle_clear_layers(materials: &mut [Material]) {
    let has_eye = materials.iter().any(|m| m.surface == Surface::Eye);
    for material in materials {
        if material.surface != Surface::Clear {
            continue;
        }
        let name = material.name.to_ascii_lowercase();
        if !has_eye && name.contains("cornea") {
            material.surface = Surface::Eye;
        } else if name.contains("occlusion") {
            // Shade that is painted, not mirrored: let through what is behind.
            material.roughness = 1.0;
        } else {
            material.roughness = material.roughness.min(0.1);
            material.metallic = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_surfaces() {
        for (name, surface) in [
            ("skin", Surface::Skin),
            ("Wolf3D_Skin", Surface::Skin),
            ("Wolf3D_Teeth", Surface::Mouth),
            ("Wolf3D_Eye", Surface::Eye),
            ("N00_000_Hair_00_HAIR", Surface::Hair),
            ("N00_000_00_EyeIris_00_EYE", Surface::Eye),
            ("N00_000_00_FaceEyelash_00_FACE", Surface::Lash),
            ("N00_000_00_FaceBrow_00_FACE", Surface::Lash),
            ("N00_000_00_Body_00_SKIN (Instance)", Surface::Skin),
            ("N00_000_00_EyeHighlight_00_EYE", Surface::Eye),
            ("N00_007_01_Tops_01_CLOTH_01 (Instance)", Surface::Cloth),
            ("Wolf3D_Hair", Surface::Hair),
            ("Wolf3D_Beard", Surface::Hair),
            ("Wolf3D_Body", Surface::Skin),
            ("Wolf3D_Glasses", Surface::Cloth),
            ("Wolf3D_Headwear", Surface::Cloth),
            ("Wolf3D_Facewear", Surface::Cloth),
            ("Wolf3D_Outfit_Top", Surface::Cloth),
            ("Std_Skin_Head", Surface::Skin),
            ("Std_Skin_Arm", Surface::Skin),
            ("Std_Nails", Surface::Skin),
            ("Std_Eye_L", Surface::Eye),
            ("Std_Cornea_L", Surface::Clear),
            ("Std_Tearline_R", Surface::Clear),
            ("Std_Eye_Occlusion_L", Surface::Clear),
            ("Std_Eyelash", Surface::Lash),
            ("Std_Upper_Teeth", Surface::Mouth),
            ("Std_Tongue", Surface::Mouth),
            ("Hair_Transparency", Surface::Hair),
            ("Scalp_Transparency", Surface::Hair),
            ("avaturn_body", Surface::Skin),
            ("avaturn_hair_0", Surface::Hair),
            ("avaturn_look_0", Surface::Cloth),
            ("avaturn_shoes_0", Surface::Cloth),
            ("high-poly:eyes", Surface::Eye),
            ("eyebrow001", Surface::Lash),
            ("young_caucasian_female_skin", Surface::Skin),
            ("MI_EyeRefractive", Surface::Eye),
            ("Ch36_Body", Surface::Cloth),
            ("sunglasses", Surface::Cloth),
            ("Surface.001", Surface::Cloth),
            ("jacket", Surface::Cloth),
            ("hairUnder", Surface::Lash),
            ("", Surface::Cloth),
        ] {
            assert_eq!(surface_of(name), surface, "{name}");
        }
    }

    #[test]
    fn a_cornea_alone_is_the_eye() {
        let named = |name: &str| Material {
            name: name.into(),
            surface: surface_of(name),
            ..Material::default()
        };
        let mut both = [named("Std_Eye_L"), named("Std_Cornea_L")];
        settle_clear_layers(&mut both);
        assert_eq!(both[1].surface, Surface::Clear);
        let mut alone = [named("Cornea"), named("Tearline")];
        settle_clear_layers(&mut alone);
        assert_eq!(
            [alone[0].surface, alone[1].surface],
            [Surface::Eye, Surface::Clear]
        );
    }
}
