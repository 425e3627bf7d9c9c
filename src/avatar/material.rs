//! Materials and pictures of an avatar, and what kind of surface a material is.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use super::accessor::Reader;
use super::container::read_uri;
use crate::media::{Bitmap, Size};

/// The longest side of a picture that is decoded, in pixels.
const MAX_SIDE: u32 = 8192;
/// The most bytes the decoder may take for one picture.
const MAX_DECODE_BYTES: u64 = 256 << 20;
/// The most bytes all pictures of an avatar may have together once decoded.
const MAX_TOTAL_BYTES: usize = 384 << 20;

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
}

/// A material.
#[derive(Clone, Debug)]
pub struct Material {
    /// As in the file; may be empty.
    pub name: String,
    /// Multiplies the picture: linear light, straight alpha.
    pub base_color: [f32; 4],
    /// The base colour picture, an index into the avatar's images.
    pub image: Option<usize>,
    /// How picture coordinates are moved: columns of a 2x3 matrix (`KHR_texture_transform`).
    pub uv_transform: [[f32; 2]; 3],
    /// Whether the picture repeats beyond its edges.
    pub repeat: bool,
    /// How alpha is treated.
    pub alpha: Alpha,
    /// Seen from behind as well.
    pub double_sided: bool,
    /// What it is made of.
    pub surface: Surface,
    /// 0 (mirror) to 1 (matt).
    pub roughness: f32,
}

impl Default for Material {
    fn default() -> Self {
        Self {
            name: String::new(),
            base_color: [1.0; 4],
            image: None,
            uv_transform: [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]],
            repeat: true,
            alpha: Alpha::Opaque,
            double_sided: false,
            surface: Surface::Cloth,
            roughness: 0.8,
        }
    }
}

impl Material {
    /// The material of the file.
    pub(super) fn read(material: &gltf::Material<'_>) -> Self {
        let name = material.name().unwrap_or_default().to_owned();
        let pbr = material.pbr_metallic_roughness();
        let texture = pbr.base_color_texture();
        let transform = texture.as_ref().and_then(|info| info.texture_transform());
        let uv_transform = transform.map_or(Self::default().uv_transform, |t| {
            let ([sx, sy], [ox, oy]) = (t.scale(), t.offset());
            let (sin, cos) = t.rotation().sin_cos();
            [[sx * cos, -sx * sin], [sy * sin, sy * cos], [ox, oy]]
        });
        let surface = if material.unlit() {
            Surface::Unlit
        } else {
            stated_surface(material).unwrap_or_else(|| surface_of(&name))
        };
        Self {
            base_color: pbr.base_color_factor(),
            image: texture.as_ref().map(|info| info.texture().source().index()),
            uv_transform,
            repeat: texture.as_ref().is_none_or(|info| {
                info.texture().sampler().wrap_s() != gltf::texture::WrappingMode::ClampToEdge
            }),
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
            name,
        }
    }
}

/// What the file says outright: `extras.shading`, written by our own studio.
fn stated_surface(material: &gltf::Material<'_>) -> Option<Surface> {
    let extras: serde_json::Value = serde_json::from_str(material.extras().as_ref()?.get()).ok()?;
    Some(match extras.get("shading")?.as_str()? {
        "skin" => Surface::Skin,
        "eye" => Surface::Eye,
        "hair" => Surface::Hair,
        "lash" => Surface::Lash,
        "mouth" => Surface::Mouth,
        "cloth" => Surface::Cloth,
        "unlit" => Surface::Unlit,
        _ => return None,
    })
}

/// What the name of a material says about it. The words are those of the usual editors (VRoid, Ready Player Me,
/// Character Creator) and of our own hosts.
fn surface_of(name: &str) -> Surface {
    const WORDS: [(Surface, &[&str]); 5] = [
        (Surface::Lash, &["lash", "brow", "eyeline"]),
        (
            Surface::Mouth,
            &["teeth", "tooth", "tongue", "gum", "mouth"],
        ),
        (Surface::Eye, &["eye", "iris", "cornea", "sclera"]),
        (Surface::Hair, &["hair"]),
        (Surface::Skin, &["skin", "face", "head"]),
    ];
    let name = name.to_ascii_lowercase();
    if name.contains("under") && name.contains("hair") {
        return Surface::Lash;
    }
    // VRoid calls every part of the face `..._Face_00_SKIN` or `..._FaceMouth_00_FACE`.
    WORDS
        .iter()
        .find(|(_, words)| words.iter().any(|word| name.contains(word)))
        .map_or(Surface::Cloth, |(surface, _)| *surface)
}

/// The pictures that materials use, decoded; the others and the broken ones stay `None`.
pub(super) fn read_images(
    document: &gltf::Document,
    reader: &Reader<'_>,
    folder: Option<&Path>,
    used: &[bool],
    warnings: &mut Vec<String>,
) -> Vec<Option<Arc<Bitmap>>> {
    let mut total = 0;
    let mut images = Vec::new();
    for (index, image) in document.as_json().images.iter().enumerate() {
        let decoded = if used.get(index).copied().unwrap_or(false) {
            decode(document, image, reader, folder).and_then(|bitmap| {
                total += bitmap.rgba.len();
                if total > MAX_TOTAL_BYTES {
                    return Err("all pictures together are too large".into());
                }
                Ok(bitmap)
            })
        } else {
            images.push(None);
            continue;
        };
        images.push(match decoded {
            Ok(bitmap) => Some(Arc::new(bitmap)),
            Err(what) => {
                warnings.push(format!(
                    "picture {index} cannot be used ({what}): drawn without it"
                ));
                None
            }
        });
    }
    images
}

fn decode(
    document: &gltf::Document,
    image: &gltf::json::Image,
    reader: &Reader<'_>,
    folder: Option<&Path>,
) -> Result<Bitmap, String> {
    let outside;
    let bytes: &[u8] = if let Some(view) = image.buffer_view {
        document
            .views()
            .nth(view.value())
            .and_then(|view| reader.view_bytes(&view))
            .ok_or("it reaches outside its buffer")?
    } else {
        outside = read_uri(image.uri.as_deref().ok_or("it has no data")?, folder)?;
        &outside
    };
    let mut picture = image::ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| error.to_string())?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODE_BYTES);
    picture.limits(limits);
    let rgba = picture
        .decode()
        .map_err(|error| error.to_string())?
        .into_rgba8();
    let (width, height) = rgba.dimensions();
    if width == 0 || height == 0 {
        return Err("it is empty".into());
    }
    Ok(Bitmap {
        size: Size::new(width, height),
        rgba: rgba.into_raw(),
    })
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
            ("jacket", Surface::Cloth),
            ("hairUnder", Surface::Lash),
            ("", Surface::Cloth),
        ] {
            assert_eq!(surface_of(name), surface, "{name}");
        }
    }
}
