//! Bytes in, a checked glTF document and its buffers out. Nothing here trusts a length that the file states.

use std::path::Path;

use gltf::json::Root;

use super::error::{Error, Result};

/// Extensions that change nothing that is needed to read the file; what they add is used or left out.
const HARMLESS: [&str; 14] = [
    "VRM",
    "VRMC_vrm",
    "VRMC_materials_mtoon",
    "VRMC_springBone",
    "VRMC_springBone_extended_collider",
    "VRMC_vrm_animation",
    "VRMC_node_constraint",
    "KHR_materials_unlit",
    "KHR_texture_transform",
    "KHR_materials_clearcoat",
    "KHR_materials_specular",
    "KHR_materials_ior",
    "KHR_materials_emissive_strength",
    "KHR_materials_sheen",
];
/// The most bytes one file may have: a film-quality avatar has 60 MB.
pub(super) const MAX_BYTES: usize = 256 << 20;

/// A glTF file taken apart.
pub(super) struct Container {
    /// The checked document.
    pub(super) document: gltf::Document,
    /// One entry for each buffer.
    pub(super) buffers: Vec<Vec<u8>>,
    /// `glb` or `gltf`.
    pub(super) format: &'static str,
}

impl Container {
    /// Takes `bytes` apart. Side files are looked for in `folder`, when there is one.
    pub(super) fn parse(bytes: &[u8], name: &str, folder: Option<&Path>) -> Result<Self> {
        if bytes.len() > MAX_BYTES {
            return Err(Error::TooLarge {
                name: name.into(),
                what: "bytes",
                limit: MAX_BYTES,
            });
        }
        let (json, blob, format) = if bytes.starts_with(b"glTF") {
            let (json, blob) = split_glb(bytes, name)?;
            (json, blob, "glb")
        } else if looks_like_json(bytes) {
            (bytes, None, "gltf")
        } else {
            return Err(Error::NotGltf {
                name: name.into(),
                found: describe(bytes),
            });
        };
        let document = parse_json(json, name)?;
        let mut buffers = Vec::new();
        for (index, buffer) in document.buffers().enumerate() {
            let data = match buffer.source() {
                gltf::buffer::Source::Bin => blob.map(<[u8]>::to_vec).ok_or_else(|| {
                    malformed(
                        name,
                        format!("buffer {index} is missing (there is no binary chunk)"),
                    )
                })?,
                gltf::buffer::Source::Uri(uri) => read_uri(uri, folder)
                    .map_err(|what| malformed(name, format!("buffer {index}: {what}")))?,
            };
            if data.len() < buffer.length() {
                return Err(malformed(
                    name,
                    format!(
                        "buffer {index} has {} bytes of the {} it states",
                        data.len(),
                        buffer.length()
                    ),
                ));
            }
            buffers.push(data);
        }
        Ok(Self {
            document,
            buffers,
            format,
        })
    }
}

/// A [`Error::Malformed`].
pub(super) fn malformed(name: &str, what: impl Into<String>) -> Error {
    Error::Malformed {
        name: name.into(),
        what: what.into(),
    }
}

fn looks_like_json(bytes: &[u8]) -> bool {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    start
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_some_and(|&byte| byte == b'{')
}

fn describe(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(64)];
    if bytes.is_empty() {
        "it is empty".into()
    } else if start.starts_with(b"<") {
        "it is a web page".into()
    } else if start.starts_with(b"version https://git-lfs") {
        "it is a Git LFS pointer: fetch the real file".into()
    } else {
        format!("it starts with {:02x?}", &start[..start.len().min(8)])
    }
}

/// The JSON and the binary chunk of a GLB (glTF 2.0 specification, section 4.4).
fn split_glb<'a>(bytes: &'a [u8], name: &str) -> Result<(&'a [u8], Option<&'a [u8]>)> {
    let word = |at: usize| {
        let four: Option<[u8; 4]> = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
        four.map(u32::from_le_bytes)
            .ok_or_else(|| malformed(name, format!("the file ends at byte {}", bytes.len())))
    };
    let version = word(4)?;
    if version != 2 {
        return Err(malformed(
            name,
            format!("glTF version {version}, expected 2"),
        ));
    }
    let stated = word(8)? as usize;
    if stated > bytes.len() {
        return Err(malformed(
            name,
            format!(
                "the file has {} bytes of the {stated} it states",
                bytes.len()
            ),
        ));
    }
    let chunk = |at: usize| -> Result<(u32, &'a [u8])> {
        let length = word(at)? as usize;
        let kind = word(at + 4)?;
        let body = bytes
            .get(at + 8..)
            .and_then(|rest| rest.get(..length))
            .ok_or_else(|| malformed(name, format!("the chunk at byte {at} runs past the end")))?;
        Ok((kind, body))
    };
    let (kind, json) = chunk(12)?;
    if kind != u32::from_le_bytes(*b"JSON") {
        return Err(malformed(name, "the first chunk is not JSON"));
    }
    let next = 20 + json.len().next_multiple_of(4);
    if next >= stated {
        return Ok((json, None));
    }
    let (kind, blob) = chunk(next)?;
    Ok((
        json,
        (kind == u32::from_le_bytes(*b"BIN\0")).then_some(blob),
    ))
}

fn parse_json(json: &[u8], name: &str) -> Result<gltf::Document> {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    // The required extensions are looked at first, since what they change may not even parse.
    let raw: serde_json::Value = serde_json::from_slice(json)
        .map_err(|error| malformed(name, format!("its JSON cannot be read ({error})")))?;
    let unknown: Vec<&str> = raw
        .get("extensionsRequired")
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_str)
        .filter(|extension| !HARMLESS.contains(extension))
        .collect();
    if !unknown.is_empty() {
        return Err(Error::UnsupportedExtensions {
            name: name.into(),
            extensions: unknown.join(", "),
        });
    }
    let mut root: Root = gltf::json::deserialize::from_slice(json)
        .map_err(|error| malformed(name, format!("it is not glTF 2.0 ({error})")))?;
    root.extensions_required.clear();
    check(&root, name)?;
    Ok(gltf::Document::from_json_without_validation(root))
}

/// The checks of the crate, except that an accessor without data is allowed: by the specification it is all zeros, and
/// exporters write empty morph targets so.
fn check(root: &Root, name: &str) -> Result<()> {
    use gltf::json::validation::{Error as Problem, Validate as _};
    let mut problems = Vec::new();
    root.validate(root, gltf::json::Path::new, &mut |path, problem| {
        let path = path();
        let zeros = path.as_str().starts_with("accessors[")
            && path.as_str().ends_with("].bufferView")
            && problem == Problem::Missing;
        if !zeros {
            problems.push(format!("{path}: {problem}"));
        }
    });
    if problems.is_empty() {
        return Ok(());
    }
    problems.truncate(3);
    Err(malformed(name, problems.join("; ")))
}

/// The bytes behind a `data:` URI or a plain relative path.
pub(super) fn read_uri(uri: &str, folder: Option<&Path>) -> std::result::Result<Vec<u8>, String> {
    if let Some(data) = uri.strip_prefix("data:") {
        let (kind, payload) = data.split_once(',').ok_or("data URI without data")?;
        if !kind.ends_with(";base64") {
            return Err("data URI that is not base64".into());
        }
        return decode_base64(payload).ok_or_else(|| "data URI with broken base64".into());
    }
    let shown: String = uri.chars().take(80).collect();
    let path = Path::new(uri);
    let plain = path
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)));
    if !plain || uri.contains([':', '\\']) {
        return Err(format!("`{shown}` is not a file beside the avatar"));
    }
    let Some(folder) = folder else {
        return Err(format!("the side file `{shown}` is not at hand: use a GLB"));
    };
    let file = folder.join(uri.replace("%20", " "));
    let length = std::fs::metadata(&file)
        .map_err(|error| format!("side file `{shown}`: {error}"))?
        .len();
    if length > MAX_BYTES as u64 {
        return Err(format!("side file `{shown}` is too large"));
    }
    std::fs::read(&file).map_err(|error| format!("side file `{shown}`: {error}"))
}

/// Standard base64 with or without padding; `None` when a character does not belong to it.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for character in text.bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => break,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded() {
        assert_eq!(decode_base64("aGVsbG8="), Some(b"hello".to_vec()));
        assert_eq!(decode_base64("aGVsbG8h"), Some(b"hello!".to_vec()));
        assert_eq!(decode_base64("a*b"), None);
    }

    #[test]
    fn side_files_stay_beside_the_avatar() {
        let folder = Some(Path::new("/tmp"));
        for uri in [
            "../secret",
            "/etc/passwd",
            "http://host/x",
            "a/../../b",
            "c:\\x",
            "\\\\host\\x",
        ] {
            let refused = read_uri(uri, folder).unwrap_err();
            assert!(refused.contains("beside the avatar"), "{uri}: {refused}");
        }
    }

    #[test]
    fn other_files_are_named() {
        let error = |bytes: &[u8]| match Container::parse(bytes, "x.glb", None) {
            Ok(_) => panic!("accepted"),
            Err(error) => error.to_string(),
        };
        assert!(error(b"").contains("it is empty"));
        assert!(error(b"<!doctype html>").contains("web page"));
        assert!(error(b"version https://git-lfs.github.com/spec/v1").contains("LFS"));
        assert!(error(b"glTF\x02\0\0").contains("ends at byte 7"));
    }
}
