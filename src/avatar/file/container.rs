//! Bytes in, a checked glTF document and its buffers out. Nothing here trusts a length that the file states.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

use gltf::json::buffer::View;
use gltf::json::validation::USize64;
use gltf::json::{Index, Root};

use super::budget::Budget;
use super::{document, draco, glb, meshopt, uri};
use crate::avatar::error::{Error, Result};

/// The most bytes one file may have, its side files included: a film-quality avatar has 60 MB.
pub(in crate::avatar) const MAX_BYTES: usize = 128 << 20;

/// A glTF file taken apart.
pub(in crate::avatar) struct Container<'a> {
    /// The checked document; compressed parts of it are unpacked.
    pub(in crate::avatar) document: gltf::Document,
    /// One entry for each buffer.
    pub(in crate::avatar) buffers: Buffers<'a>,
    /// `glb` or `gltf`.
    pub(in crate::avatar) format: &'static str,
    /// What was mended or is left out.
    pub(in crate::avatar) warnings: Vec<String>,
}

/// The buffers of a file, and what reading it may still cost.
#[derive(Debug)]
pub(in crate::avatar) struct Buffers<'a> {
    data: Vec<Cow<'a, [u8]>>,
    /// What unpacked data are paid from.
    pub(in crate::avatar) budget: Budget<'a>,
}

impl Buffers<'_> {
    /// The bytes `start..end` of a buffer, or `None` when they reach outside it.
    pub(in crate::avatar) fn get(&self, buffer: usize, start: usize, end: usize) -> Option<&[u8]> {
        self.data.get(buffer)?.get(start..end)
    }

    /// The bytes of a view, or `None` when it reaches outside its buffer.
    pub(in crate::avatar) fn view(&self, view: &View) -> Option<&[u8]> {
        let start = view.byte_offset.map_or(0, |offset| offset.0);
        let end = start.checked_add(view.byte_length.0)?;
        let at = |place: u64| usize::try_from(place).ok();
        self.get(view.buffer.value(), at(start)?, at(end)?)
    }

    /// A new view of `bytes`, which become a buffer of their own.
    pub(in crate::avatar) fn push(&mut self, root: &mut Root, bytes: Vec<u8>) -> View {
        let buffer = gltf::json::Buffer {
            byte_length: USize64::from(bytes.len()),
            name: None,
            uri: None,
            extensions: None,
            extras: gltf::json::Extras::default(),
        };
        let view = View {
            buffer: Index::push(&mut root.buffers, buffer),
            byte_length: USize64::from(bytes.len()),
            byte_offset: None,
            byte_stride: None,
            name: None,
            target: None,
            extensions: None,
            extras: gltf::json::Extras::default(),
        };
        self.data.push(Cow::Owned(bytes));
        view
    }
}

impl<'a> Container<'a> {
    /// Takes `bytes` apart. Side files are looked for in `folder`, when there is one.
    pub(in crate::avatar) fn parse(
        bytes: &'a [u8],
        name: &'a str,
        folder: Option<&Path>,
    ) -> Result<Self> {
        let budget = Budget::new(name);
        if bytes.len() > MAX_BYTES {
            return Err(Error::TooLarge {
                name: name.into(),
                what: "bytes",
                limit: MAX_BYTES,
            });
        }
        budget.take(bytes.len())?;
        let (json, blob, format) = if bytes.starts_with(b"glTF") {
            let (json, blob) = glb::split(bytes, name)?;
            (json, blob, "glb")
        } else if looks_like_json(bytes) {
            (bytes, None, "gltf")
        } else {
            return Err(glb::not_gltf(bytes, name));
        };
        let mut warnings = Vec::new();
        let mut root = document::read(json, name, &budget, &mut warnings)?;
        let mut buffers = Buffers {
            data: read_buffers(&root, blob, name, folder, &budget)?,
            budget,
        };
        meshopt::unpack(&mut root, &mut buffers, name)?;
        draco::unpack(&mut root, &mut buffers, name)?;
        Ok(Self {
            document: gltf::Document::from_json_without_validation(root),
            buffers,
            format,
            warnings,
        })
    }
}

fn read_buffers<'a>(
    root: &Root,
    blob: Option<&'a [u8]>,
    name: &str,
    folder: Option<&Path>,
    budget: &Budget<'_>,
) -> Result<Vec<Cow<'a, [u8]>>> {
    let stand_ins = stand_ins(root);
    let mut buffers = Vec::new();
    for (index, buffer) in root.buffers.iter().enumerate() {
        let stands_in = stand_ins.contains(&index);
        let data = match (&buffer.uri, blob) {
            (Some(uri), _) => {
                let data = uri::read(uri, folder, budget.left().min(MAX_BYTES))
                    .map_err(|what| malformed(name, format!("buffer {index}: {what}")));
                match data {
                    Ok(data) => Cow::Owned(data),
                    Err(_) if stands_in => Cow::Borrowed(&[][..]),
                    Err(error) => return Err(error),
                }
            }
            (None, Some(blob)) if index == 0 => Cow::Borrowed(blob),
            _ if stands_in || buffer.byte_length.0 == 0 => Cow::Borrowed(&[][..]),
            (None, None) if index == 0 => {
                let what = "buffer 0 is missing (there is no binary chunk)";
                return Err(malformed(name, what));
            }
            _ => return Err(malformed(name, format!("buffer {index} has no data"))),
        };
        if let Cow::Owned(data) = &data {
            budget.take(data.len())?;
        }
        if (data.len() as u64) < buffer.byte_length.0 && !stands_in {
            let what = format!(
                "buffer {index} has {} bytes of the {} it states",
                data.len(),
                buffer.byte_length.0
            );
            return Err(malformed(name, what));
        }
        buffers.push(data);
    }
    Ok(buffers)
}

/// Buffers that stand for what compressed views unpack to, for programs that cannot unpack them: they may have no bytes.
/// Should anything else read such a buffer after all, it reaches outside it.
fn stand_ins(root: &Root) -> BTreeSet<usize> {
    let compressed = root
        .buffer_views
        .iter()
        .filter(|view| meshopt::packed(view).is_some());
    compressed.map(|view| view.buffer.value()).collect()
}

/// A [`Error::Malformed`].
pub(in crate::avatar) fn malformed(name: &str, what: impl Into<String>) -> Error {
    Error::Malformed {
        name: name.into(),
        what: what.into(),
    }
}

fn looks_like_json(bytes: &[u8]) -> bool {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    start.trim_ascii_start().first() == Some(&b'{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_named() {
        let error = |bytes: &[u8]| match Container::parse(bytes, "x.glb", None) {
            Ok(_) => panic!("accepted"),
            Err(error) => error.to_string(),
        };
        assert!(error(b"").contains("it is empty"));
        assert!(error(&[0; 4096]).contains("zeros"));
        assert!(error(b"\n<!doctype html>").contains("web page"));
        assert!(error(b"version https://git-lfs.github.com/spec/v1").contains("LFS"));
        assert!(error(b"glTF\x02\0\0").contains("ends at byte 7"));
    }
}
