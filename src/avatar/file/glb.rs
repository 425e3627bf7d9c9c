//! The chunks of a GLB, and what files that are none really are.

use super::container::malformed;
use crate::avatar::error::{Error, Result};

/// The JSON and the binary chunk of a GLB (glTF 2.0 specification, section 4.4). Other chunks are left out.
pub(in crate::avatar) fn split<'a>(
    bytes: &'a [u8],
    name: &str,
) -> Result<(&'a [u8], Option<&'a [u8]>)> {
    let word = |at: usize| {
        let four: Option<[u8; 4]> = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
        four.map(u32::from_le_bytes)
            .ok_or_else(|| malformed(name, format!("the file ends at byte {}", bytes.len())))
    };
    let version = word(4)?;
    if version != 2 {
        let what = format!("glTF version {version}, expected 2");
        return Err(malformed(name, what));
    }
    let stated = word(8)? as usize;
    if let Some(what) = converted(bytes, stated) {
        return Err(malformed(name, what));
    }
    if stated > bytes.len() {
        let what = format!(
            "the file has {} bytes of the {stated} it states",
            bytes.len()
        );
        return Err(malformed(name, what));
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
    const BIN: u32 = u32::from_le_bytes(*b"BIN\0");
    let mut next = 20 + json.len();
    // Some exporters do not count the padding of the JSON chunk.
    if word(next + 4).ok() != Some(BIN) && word(next.next_multiple_of(4) + 4).ok() == Some(BIN) {
        next = next.next_multiple_of(4);
    }
    while next < stated {
        let (kind, body) = chunk(next)?;
        if kind == BIN {
            return Ok((json, Some(body)));
        }
        next += 8 + body.len();
    }
    Ok((json, None))
}

/// The error for bytes that are neither GLB nor JSON.
pub(in crate::avatar) fn not_gltf(bytes: &[u8], name: &str) -> Error {
    Error::NotGltf {
        name: name.into(),
        found: describe(bytes),
    }
}

fn describe(bytes: &[u8]) -> String {
    let start = bytes.trim_ascii_start();
    let start = &start[..start.len().min(64)];
    if bytes.is_empty() {
        "it is empty".into()
    } else if start.is_empty() || start.iter().all(|byte| *byte == 0) {
        "it holds nothing but blanks or zeros".into()
    } else if start.starts_with(b"<") {
        "it is a web page: download the file itself".into()
    } else if start.starts_with(b"version https://git-lfs") {
        "it is a Git LFS pointer: fetch the real file".into()
    } else if start.starts_with(b"PK\x03\x04") {
        "it is a ZIP archive: unpack it".into()
    } else if start.starts_with(b"Kaydara FBX") {
        "it is FBX: convert it".into()
    } else if start.starts_with(b"BLENDER") {
        "it is a Blender file: export it".into()
    } else if start.starts_with(b"glTF") {
        "blanks come before its start".into()
    } else {
        format!("it starts with {:02x?}", &start[..start.len().min(8)])
    }
}

/// Whether binary data went through a program that took it for text, and which way.
fn converted(bytes: &[u8], stated: usize) -> Option<&'static str> {
    if stated == bytes.len() {
        return None;
    }
    // Where each byte is equally likely, one pair in 65536 is CR LF and one byte in 256 is LF.
    const ENOUGH: usize = 16;
    let (mut lone, mut pairs, mut replaced) = (0, 0, 0);
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' if at > 0 && bytes[at - 1] == b'\r' => pairs += 1,
            b'\n' => lone += 1,
            0xbd if at > 1 && bytes[at - 2..at] == [0xef, 0xbf] => replaced += 1,
            _ => {}
        }
    }
    if replaced > ENOUGH && replaced > bytes.len() / 256 {
        return Some("it was saved as text (bytes were replaced by U+FFFD)");
    }
    if lone == 0 && pairs > ENOUGH && stated < bytes.len() {
        return Some("its line endings were converted to CR LF, as if it were text");
    }
    // A line end lost a byte; without conversion so much data would hold some pairs.
    let missing = stated.saturating_sub(bytes.len());
    if pairs == 0 && bytes.len() > 1 << 18 && (1..=lone).contains(&missing) {
        return Some(
            "it is shorter than it states, and its line endings look converted to LF, as if it were text",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glb(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (kind, data) in chunks {
            body.extend(u32::try_from(data.len()).unwrap_or(0).to_le_bytes());
            body.extend(*kind);
            body.extend(*data);
        }
        let mut bytes = b"glTF\x02\0\0\0".to_vec();
        bytes.extend(u32::try_from(12 + body.len()).unwrap_or(0).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    #[test]
    fn further_chunks_are_left_out() {
        let whole = glb(&[(b"JSON", b"{}  "), (b"ODD\0", b"1234"), (b"BIN\0", b"abcd")]);
        let (json, blob) = split(&whole, "x").unwrap();
        assert_eq!((json, blob), (&b"{}  "[..], Some(&b"abcd"[..])));
    }

    #[test]
    fn conversion_to_text_is_noticed() {
        let mut state = 7u32;
        let noise: Vec<u8> = (0..60_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        let whole = glb(&[(b"JSON", b"{}  "), (b"BIN\0", &noise)]);
        assert!(split(&whole, "x").is_ok());
        let mut crlf = Vec::new();
        for &byte in &whole {
            if byte == b'\n' {
                crlf.push(b'\r');
            }
            crlf.push(byte);
        }
        let error = split(&crlf, "x").unwrap_err().to_string();
        assert!(error.contains("CR LF"), "{error}");
        let text = String::from_utf8_lossy(&whole).into_owned().into_bytes();
        let error = split(&text, "x").unwrap_err().to_string();
        assert!(error.contains("saved as text"), "{error}");
    }
}
