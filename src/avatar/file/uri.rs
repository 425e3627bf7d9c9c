//! Data that a document names by address: `data:` URIs and files beside it.

use std::borrow::Cow;
use std::path::{Component, Path};

/// Reads the bytes behind a `data:` URI or a plain relative path below `folder`; at most `limit` bytes.
pub(in crate::avatar) fn read(
    uri: &str,
    folder: Option<&Path>,
    limit: usize,
) -> std::result::Result<Vec<u8>, String> {
    if let Some(data) = uri.strip_prefix("data:") {
        let (kind, payload) = data.split_once(',').ok_or("data URI without data")?;
        if payload.len() / 4 * 3 > limit {
            return Err("data URI that is too large".into());
        }
        let payload = unescaped(payload);
        if kind.to_ascii_lowercase().ends_with(";base64") {
            return decode_base64(&payload).ok_or_else(|| "data URI with broken base64".into());
        }
        return Ok(payload.into_owned());
    }
    let shown: String = uri.chars().take(80).collect();
    let path = String::from_utf8(unescaped(uri).into_owned())
        .map_err(|error| format!("the name `{shown}` is not UTF-8 ({error})"))?;
    let plain = Path::new(&path)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !plain || path.is_empty() || path.contains([':', '\\', '\0']) {
        return Err(format!("`{shown}` is not a file beside the avatar"));
    }
    let Some(folder) = folder else {
        return Err(format!("the side file `{shown}` is not at hand: use a GLB"));
    };
    let file = folder.join(&path);
    let about =
        std::fs::metadata(&file).map_err(|error| format!("side file `{shown}`: {error}"))?;
    if !about.is_file() {
        return Err(format!("side file `{shown}` is not a file"));
    }
    if about.len() > limit as u64 {
        return Err(format!("side file `{shown}` is too large"));
    }
    std::fs::read(&file).map_err(|error| format!("side file `{shown}`: {error}"))
}

/// The text with its `%41` escapes taken away (RFC 3986, section 2.1); a `%` that is none stays.
fn unescaped(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('%') {
        return Cow::Borrowed(text.as_bytes());
    }
    let digit = |byte: Option<&u8>| byte.and_then(|b| char::from(*b).to_digit(16));
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (Some(high), Some(low)) if bytes[at] == b'%' => {
                plain.push((high << 4 | low) as u8);
                at += 3;
            }
            _ => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    Cow::Owned(plain)
}

/// Standard base64 with or without padding, line breaks allowed; `None` when a character does not belong to it.
fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for &character in text {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            b'\n' | b'\r' | b' ' => continue,
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
    fn data_uris_are_decoded() {
        let data = |uri: &str| read(uri, None, 1000);
        assert_eq!(data("data:;base64,aGVsbG8="), Ok(b"hello".to_vec()));
        assert_eq!(data("data:x/y;base64,aGVs%62G8h"), Ok(b"hello!".to_vec()));
        assert_eq!(data("data:text/plain,a%20b%"), Ok(b"a b%".to_vec()));
        assert!(data("data:;base64,a*b").is_err());
        assert!(data("data:;base64").is_err());
        assert!(read("data:;base64,aGVsbG8=aGVsbG8=", None, 3).is_err());
    }

    #[test]
    fn side_files_stay_beside_the_avatar() {
        let folder = Some(Path::new("/tmp"));
        for uri in [
            "",
            "../secret",
            "%2e%2e/secret",
            "/etc/passwd",
            "%2Fetc/passwd",
            "http://host/x",
            "a/../../b",
            "c:\\x",
            "\\\\host\\x",
            "x%00y",
        ] {
            let refused = read(uri, folder, 1000).unwrap_err();
            assert!(refused.contains("beside the avatar"), "{uri}: {refused}");
        }
    }

    #[test]
    fn names_are_unescaped() {
        let folder = std::env::temp_dir().join(format!("zhubo-uri-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("皮 1.bin"), b"skin").unwrap();
        let found = read("%E7%9A%AE%201.bin", Some(&folder), 1000);
        assert_eq!(found, Ok(b"skin".to_vec()));
        assert!(read("%E7%9A%AE%201.bin", Some(&folder), 3).is_err());
        assert!(read(".", Some(&folder), 1000).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
