//! JSON in, a checked glTF document out: what it may weigh, which extensions it may require, what is mended.

use gltf::json::validation::{Checked, Error as Problem, Validate as _};
use gltf::json::{Index, Root};

use super::budget::Budget;
use super::container::malformed;
use crate::avatar::error::{Error, Result};

/// Bytes that an object or list of the document takes in memory: the largest glTF objects have so many.
const OBJECT_BYTES: usize = 640;
/// Bytes that any other value takes.
const VALUE_BYTES: usize = 48;
/// The most nodes: a skeleton with hair and skirt has 500.
const MAX_NODES: usize = 250_000;
/// The most materials, textures or pictures of each kind.
const MAX_MATERIALS: usize = 4096;

const ANIMATIONS_LEFT_OUT: &str = "its animations cannot be read: left out";

/// Extensions that are read.
const READ: [&str; 19] = [
    "VRM",
    "VRMC_vrm",
    "VRMC_vrm_animation",
    "VRMC_materials_mtoon",
    "VRMC_materials_hdr_emissiveMultiplier",
    "VRMC_springBone",
    "VRMC_springBone_extended_collider",
    "VRMC_node_constraint",
    "KHR_mesh_quantization",
    "EXT_meshopt_compression",
    "KHR_meshopt_compression",
    "KHR_draco_mesh_compression",
    "EXT_texture_webp",
    "KHR_texture_basisu",
    "KHR_texture_transform",
    "KHR_materials_pbrSpecularGlossiness",
    "KHR_materials_unlit",
    "KHR_materials_emissive_strength",
    "KHR_node_visibility",
];
/// Beginnings of the names of extensions that only adorn: without them the avatar has the same shape.
const ADORNING: [&str; 15] = [
    "KHR_materials_",
    "KHR_lights_",
    "KHR_xmp",
    "KHR_animation_pointer",
    "KHR_audio",
    "KHR_node_",
    "KHR_texture_",
    "KHR_interactivity",
    "EXT_lights_",
    "EXT_texture_",
    "EXT_materials_",
    "MSFT_texture_dds",
    "MSFT_lod",
    "MOZ_",
    "ADOBE_",
];

/// So many problems are enough to refuse a file.
const MAX_PROBLEMS: usize = 3;

/// Reads the document. What was mended or is left out is put into `warnings`.
pub(in crate::avatar) fn read(
    json: &[u8],
    name: &str,
    budget: &Budget<'_>,
    warnings: &mut Vec<String>,
) -> Result<Root> {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let end = json
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |at| at + 1);
    let json = &json[..end];
    budget.take(weight(json))?;
    let json = String::from_utf8_lossy(json);
    if let std::borrow::Cow::Owned(_) = json {
        warnings.push("some names are not UTF-8: the unreadable letters were replaced".into());
    }
    let unreadable = |what: &str, error: &serde_json::Error| {
        let error: String = error.to_string().chars().take(200).collect();
        malformed(name, format!("{what} ({error})"))
    };
    let extensions: Extensions = serde_json::from_str(&json)
        .map_err(|error| unreadable("its JSON cannot be read", &error))?;
    // The required extensions are looked at first, since what they change may not even parse.
    extensions.check(name, warnings)?;
    let root = gltf::json::deserialize::from_str(&json);
    let root = root.or_else(|error| without_animations(&json, warnings).ok_or(error));
    let mut root: Root = root.map_err(|error| unreadable("it is not glTF 2.0", &error))?;
    for (what, count, limit) in [
        ("nodes", root.nodes.len(), MAX_NODES),
        ("materials", root.materials.len(), MAX_MATERIALS),
        ("textures", root.textures.len(), MAX_MATERIALS),
        ("pictures", root.images.len(), MAX_MATERIALS),
    ] {
        if count > limit {
            return Err(Error::TooLarge {
                name: name.into(),
                what,
                limit,
            });
        }
    }
    root.extensions_required.clear();
    mend(&mut root, name, warnings)?;
    check(&mut root, name, warnings)?;
    Ok(root)
}

/// The document without animations of kinds that are not known, when that makes it readable.
fn without_animations(json: &str, warnings: &mut Vec<String>) -> Option<Root> {
    let mut document: serde_json::Value = serde_json::from_str(json).ok()?;
    document.as_object_mut()?.remove("animations")?;
    let root = gltf::json::deserialize::from_str(&document.to_string()).ok()?;
    warnings.push(ANIMATIONS_LEFT_OUT.into());
    Some(root)
}

/// At least so many bytes does the document take once it is read: found without reading it, since a few bytes of JSON
/// (`{},{},{}`) may stand for a hundred times as many.
fn weight(json: &[u8]) -> usize {
    let (mut objects, mut values, mut quoted, mut escaped) = (0, 0, false, false);
    for &byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => objects += 1,
            b',' if !quoted => values += 1,
            _ => {}
        }
    }
    json.len() + objects * OBJECT_BYTES + values * VALUE_BYTES
}

/// The part of the document that says what else is in it.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    #[serde(default)]
    extensions_used: Vec<String>,
    #[serde(default)]
    extensions_required: Vec<String>,
}

impl Extensions {
    fn check(&self, name: &str, warnings: &mut Vec<String>) -> Result<()> {
        let read = |extension: &&String| READ.contains(&extension.as_str());
        let adorns =
            |extension: &&String| ADORNING.iter().any(|start| extension.starts_with(start));
        let listed = |mut names: Vec<&str>| {
            names.sort_unstable();
            names.dedup();
            let more = names.len().saturating_sub(12);
            names.truncate(12);
            let names: Vec<String> = names.into_iter().map(shortened).collect();
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            names.join(", ") + &more
        };
        let unread = |list: &'_ [String]| {
            let unread = list.iter().filter(|extension| !read(extension));
            unread.cloned().collect::<Vec<String>>()
        };
        let required = unread(&self.extensions_required);
        let fatal: Vec<&str> = required
            .iter()
            .filter(|e| !adorns(e))
            .map(String::as_str)
            .collect();
        if !fatal.is_empty() {
            return Err(Error::UnsupportedExtensions {
                name: name.into(),
                extensions: listed(fatal),
            });
        }
        let mut used = unread(&self.extensions_used);
        used.extend(required);
        let (adorning, unknown): (Vec<&String>, Vec<&String>) = used.iter().partition(adorns);
        if !adorning.is_empty() {
            let names = listed(adorning.into_iter().map(String::as_str).collect());
            warnings.push(format!("drawn without {names} (decoration)"));
        }
        if !unknown.is_empty() {
            let names = listed(unknown.into_iter().map(String::as_str).collect());
            warnings.push(format!("drawn without the unknown extensions {names}"));
        }
        Ok(())
    }
}

/// What a stranger wrote, short enough for a message.
fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// Puts right what other programs also take, before the checks.
fn mend(root: &mut Root, name: &str, warnings: &mut Vec<String>) -> Result<()> {
    let accessors = root.accessors.len();
    for (index, mesh) in root.meshes.iter_mut().enumerate() {
        for primitive in &mut mesh.primitives {
            // Attributes with names of their own are not needed, and not allowed to make the file unreadable.
            primitive
                .attributes
                .retain(|semantic, _| *semantic != Checked::Invalid);
            // The crate's checks index accessors by these.
            if primitive
                .attributes
                .values()
                .any(|a| a.value() >= accessors)
            {
                let what = format!("mesh {index} names an accessor that does not exist");
                return Err(malformed(name, what));
            }
        }
    }
    for view in &mut root.buffer_views {
        view.target = None;
    }
    // The crate's checks do not look at what a channel moves.
    let nodes = root.nodes.len();
    let mut lost = 0;
    for animation in &mut root.animations {
        let before = animation.channels.len();
        animation.channels.retain(|channel| {
            channel.target.node.value() < nodes && channel.target.path != Checked::Invalid
        });
        lost += before - animation.channels.len();
    }
    if lost > 0 {
        warnings.push(format!(
            "{lost} channels of animations move nothing that is known: left out"
        ));
    }
    for material in &mut root.materials {
        translate_gloss(material);
    }
    let images = root.images.len();
    for texture in &mut root.textures {
        let source = |extension: &str| {
            let other = texture.extensions.as_ref()?.others.get(extension)?;
            let index = u32::try_from(other.get("source")?.as_u64()?).ok()?;
            ((index as usize) < images).then(|| Index::new(index))
        };
        // WebP is read as well as PNG; a KTX2 picture is compressed with loss, so the plain one comes first.
        let plain = Some(texture.source).filter(|source| source.value() < images);
        if let Some(found) = source("EXT_texture_webp")
            .or(plain)
            .or_else(|| source("KHR_texture_basisu"))
        {
            texture.source = found;
        }
    }
    if root
        .textures
        .iter()
        .any(|texture| texture.source.value() == u32::MAX as usize)
    {
        // A texture whose picture is of a kind that is not read: one without data, which is warned of when it is used.
        let missing = Index::push(
            &mut root.images,
            gltf::json::Image {
                buffer_view: None,
                mime_type: None,
                name: None,
                uri: None,
                extensions: None,
                extras: gltf::json::Extras::default(),
            },
        );
        for texture in &mut root.textures {
            if texture.source.value() == u32::MAX as usize {
                texture.source = missing;
            }
        }
    }
    Ok(())
}

/// Materials of the older kind (`KHR_materials_pbrSpecularGlossiness`) as matt ones: colour and gloss are kept, the colour
/// of what they mirror is not.
fn translate_gloss(material: &mut gltf::json::Material) {
    use gltf::json::material::{PbrBaseColorFactor, StrengthFactor};
    const NAME: &str = "KHR_materials_pbrSpecularGlossiness";
    let extensions = material.extensions.as_ref();
    let Some(old) = extensions.and_then(|extensions| extensions.others.get(NAME)) else {
        return;
    };
    let read = |key: &str| old.get(key).cloned();
    let color = read("diffuseFactor").and_then(|color| serde_json::from_value(color).ok());
    let texture = read("diffuseTexture").and_then(|texture| serde_json::from_value(texture).ok());
    let gloss = old
        .get("glossinessFactor")
        .and_then(serde_json::Value::as_f64);
    let pbr = &mut material.pbr_metallic_roughness;
    pbr.base_color_factor = PbrBaseColorFactor(color.unwrap_or([1.0; 4]));
    pbr.base_color_texture = texture;
    pbr.metallic_factor = StrengthFactor(0.0);
    #[allow(clippy::cast_possible_truncation, reason = "0 to 1")]
    let roughness = 1.0 - gloss.unwrap_or(1.0).clamp(0.0, 1.0) as f32;
    pbr.roughness_factor = StrengthFactor(roughness);
    pbr.metallic_roughness_texture = None;
}

/// The checks of the crate, without those that nothing here depends on: accessors without data (by the specification they
/// are all zeros), strides (checked when read), bounds of positions, meshes without positions. A broken animation is left
/// out.
fn check(root: &mut Root, name: &str, warnings: &mut Vec<String>) -> Result<()> {
    let mut problems = Vec::new();
    let mut animations_broken = false;
    root.validate(root, gltf::json::Path::new, &mut |path, problem| {
        if problems.len() >= MAX_PROBLEMS {
            return;
        }
        let path = path();
        let place = path.as_str();
        if place.starts_with("animations[") {
            animations_broken = true;
            return;
        }
        let harmless = place.starts_with("accessors[")
            && place.ends_with("].bufferView")
            && problem == Problem::Missing
            || place.starts_with("bufferViews[") && place.ends_with("].byteStride")
            || place.contains("attributes[\"POSITION\"]") && problem != Problem::IndexOutOfBounds;
        if !harmless {
            problems.push((place.to_owned(), problem));
        }
    });
    if animations_broken {
        warnings.push(ANIMATIONS_LEFT_OUT.into());
        root.animations.clear();
    }
    if problems.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = problems
        .iter()
        .map(|(place, problem)| format!("{}: {problem}", shortened(place)))
        .collect();
    Err(malformed(name, shown.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(json: &str) -> (Result<Root>, Vec<String>) {
        let mut warnings = Vec::new();
        let root = read(json.as_bytes(), "x", &Budget::new("x"), &mut warnings);
        (root, warnings)
    }

    #[test]
    fn what_changes_shapes_is_refused_and_what_adorns_is_not() {
        let with = |key: &str, names: &str| {
            root(&format!(
                r#"{{"asset":{{"version":"2.0"}},"{key}":[{names}]}}"#
            ))
        };
        let (refused, _) = with("extensionsRequired", r#""EXT_mesh_gpu_instancing","VRM""#);
        let error = refused.unwrap_err().to_string();
        assert!(
            error.contains("EXT_mesh_gpu_instancing") && !error.contains("VRM,"),
            "{error}"
        );
        let (taken, warnings) = with("extensionsRequired", r#""KHR_materials_clearcoat""#);
        assert!(taken.is_ok() && warnings.len() == 1, "{warnings:?}");
        let (taken, warnings) = with("extensionsUsed", r#""XX_a","XX_b","KHR_materials_unlit""#);
        assert!(taken.is_ok());
        assert_eq!(
            warnings,
            ["drawn without the unknown extensions XX_a, XX_b"]
        );
    }

    #[test]
    fn glossy_materials_are_translated() {
        let (root, warnings) = root(
            r#"{"asset":{"version":"2.0"},"extensionsUsed":["KHR_materials_pbrSpecularGlossiness"],
            "images":[{"uri":"a.png"}],"textures":[{"source":0}],"materials":[{"extensions":{
            "KHR_materials_pbrSpecularGlossiness":{"diffuseFactor":[1,0.5,0,1],"diffuseTexture":{"index":0},
            "glossinessFactor":0.25}}}]}"#,
        );
        let pbr = &root.unwrap().materials[0].pbr_metallic_roughness;
        assert_eq!(pbr.base_color_factor.0, [1.0, 0.5, 0.0, 1.0]);
        assert!(pbr.base_color_texture.is_some() && warnings.is_empty());
        assert_eq!((pbr.metallic_factor.0, pbr.roughness_factor.0), (0.0, 0.75));
    }

    #[test]
    fn letters_that_are_none_are_mended() {
        let json = b"{\"asset\":{\"version\":\"2.0\"},\"nodes\":[{\"name\":\"\x83\x41\"}]}\0\0";
        let mut warnings = Vec::new();
        assert!(read(json, "x", &Budget::new("x"), &mut warnings).is_ok());
        assert_eq!(warnings.len(), 1);
    }

    #[test]
    fn a_document_is_weighed_before_it_is_read() {
        let many = format!(
            r#"{{"asset":{{"version":"2.0"}},"nodes":[{}{{}}]}}"#,
            "{},".repeat(2_000_000)
        );
        assert!(matches!(root(&many).0, Err(Error::TooLarge { .. })));
        assert_eq!(
            weight(br#"{"a\"{[,":1,"b":[]}"#),
            19 + 2 * OBJECT_BYTES + VALUE_BYTES
        );
    }
}
