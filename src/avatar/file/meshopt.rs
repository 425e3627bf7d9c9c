//! `EXT_meshopt_compression` and `KHR_meshopt_compression`: compressed buffer views, unpacked once when the file is read.

use gltf::json::Root;
use gltf::json::buffer::{Stride, View};
use serde_json::Value;

use super::container::{Buffers, malformed};
use crate::avatar::error::Result;

/// What the extension says about a compressed view.
pub(in crate::avatar) fn packed(view: &View) -> Option<&Value> {
    let extensions = view.extensions.as_ref()?;
    ["KHR_meshopt_compression", "EXT_meshopt_compression"]
        .iter()
        .find_map(|known| extensions.others.get(*known))
}

/// How the bytes of a view are packed.
#[derive(Debug)]
struct Packed {
    buffer: usize,
    offset: usize,
    length: usize,
    stride: usize,
    count: usize,
    mode: String,
    filter: String,
}

/// Unpacks every compressed view into a buffer of its own and points the view at that.
pub(in crate::avatar) fn unpack(
    root: &mut Root,
    buffers: &mut Buffers<'_>,
    name: &str,
) -> Result<()> {
    for index in 0..root.buffer_views.len() {
        let Some(packed) = packed(&root.buffer_views[index]) else {
            continue;
        };
        let bad = |what: &str| malformed(name, format!("compressed buffer view {index} {what}"));
        let packed = Packed::read(packed).ok_or_else(|| bad("lacks a number"))?;
        let end = packed.offset.checked_add(packed.length);
        let length = packed.count.checked_mul(packed.stride);
        let (Some(end), Some(length)) = (end, length) else {
            return Err(bad("is too large"));
        };
        buffers.budget.take(length)?;
        let source = buffers
            .get(packed.buffer, packed.offset, end)
            .ok_or_else(|| bad("reaches outside its buffer"))?;
        let unpacked = packed.unpack(source).map_err(|what| bad(&what))?;
        let mut view = buffers.push(root, unpacked);
        view.byte_stride = (packed.mode == "ATTRIBUTES").then_some(Stride(packed.stride));
        root.buffer_views[index] = view;
    }
    Ok(())
}

impl Packed {
    fn read(object: &Value) -> Option<Self> {
        let number = |key: &str| usize::try_from(object.get(key)?.as_u64()?).ok();
        let word = |key: &str, otherwise: &str| {
            let word = object.get(key).and_then(Value::as_str);
            word.unwrap_or(otherwise).chars().take(16).collect()
        };
        Some(Self {
            buffer: number("buffer")?,
            offset: number("byteOffset").unwrap_or(0),
            length: number("byteLength")?,
            stride: number("byteStride")?,
            count: number("count")?,
            mode: word("mode", ""),
            filter: word("filter", "NONE"),
        })
    }

    /// The decoder's preconditions are checked here: it only asserts them, and not in every build.
    fn unpack(&self, source: &[u8]) -> std::result::Result<Vec<u8>, String> {
        let failed = |error: meshopt::Error| format!("cannot be unpacked ({error})");
        let filtered = self.filter != "NONE";
        match (self.mode.as_str(), self.stride) {
            ("ATTRIBUTES", 4..=256) if self.stride.is_multiple_of(4) => {
                let mut words = vertices(source, self.count, self.stride / 4).map_err(failed)?;
                self.filter(&mut words)?;
                Ok(bytemuck::cast_slice(&words).to_vec())
            }
            ("TRIANGLES", 2 | 4) if self.count.is_multiple_of(3) && !filtered => {
                let decode = if self.stride == 2 {
                    let words = meshopt::decode_index_buffer::<u16>(source, self.count);
                    words.map(|words| bytemuck::cast_slice(&words).to_vec())
                } else {
                    let words = meshopt::decode_index_buffer::<u32>(source, self.count);
                    words.map(|words| bytemuck::cast_slice(&words).to_vec())
                };
                decode.map_err(failed)
            }
            ("INDICES", 2 | 4) if !filtered => {
                let decode = if self.stride == 2 {
                    let words = meshopt::decode_index_sequence::<u16>(source, self.count);
                    words.map(|words| bytemuck::cast_slice(&words).to_vec())
                } else {
                    let words = meshopt::decode_index_sequence::<u32>(source, self.count);
                    words.map(|words| bytemuck::cast_slice(&words).to_vec())
                };
                decode.map_err(failed)
            }
            _ => Err(format!(
                "has mode {} with stride {}, count {} and filter {}, which do not go together",
                self.mode, self.stride, self.count, self.filter
            )),
        }
    }

    fn filter(&self, words: &mut [u32]) -> std::result::Result<(), String> {
        match (self.filter.as_str(), self.stride) {
            ("NONE", _) => {}
            ("OCTAHEDRAL", 4) => meshopt::decode_filter_oct::<i8>(bytemuck::cast_slice_mut(words)),
            ("OCTAHEDRAL", 8) => meshopt::decode_filter_oct::<i16>(bytemuck::cast_slice_mut(words)),
            ("QUATERNION", 8) => meshopt::decode_filter_quat(bytemuck::cast_slice_mut(words)),
            ("EXPONENTIAL", _) => {
                meshopt::decode_filter_exp::<1>(bytemuck::cast_slice_mut(words));
            }
            ("COLOR", 4) => meshopt::decode_filter_color::<u8>(bytemuck::cast_slice_mut(words)),
            ("COLOR", 8) => meshopt::decode_filter_color::<u16>(bytemuck::cast_slice_mut(words)),
            (filter, stride) => {
                return Err(format!("has filter {filter} with stride {stride}"));
            }
        }
        Ok(())
    }
}

/// A vertex of `N` words, as the decoder wants it.
#[derive(Clone)]
struct Vertex<const N: usize>([u32; N]);

impl<const N: usize> Default for Vertex<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

fn vertices_of<const N: usize>(source: &[u8], count: usize) -> meshopt::Result<Vec<u32>> {
    let vertices: Vec<Vertex<N>> = meshopt::decode_vertex_buffer(source, count)?;
    let words: Vec<[u32; N]> = vertices.into_iter().map(|vertex| vertex.0).collect();
    Ok(words.into_flattened())
}

/// Decodes vertices of `words` 32-bit words each, 1 to 64.
fn vertices(source: &[u8], count: usize, words: usize) -> meshopt::Result<Vec<u32>> {
    macro_rules! of_size {
        ($($size:literal)*) => {
            match words {
                $($size => vertices_of::<$size>(source, count),)*
                _ => Ok(Vec::new()),
            }
        };
    }
    of_size!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39
        40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(mode: &str, filter: &str, stride: usize, count: usize) -> Packed {
        Packed {
            buffer: 0,
            offset: 0,
            length: 0,
            stride,
            count,
            mode: mode.into(),
            filter: filter.into(),
        }
    }

    #[test]
    fn every_mode_comes_back() {
        let triangles = [0u32, 1, 2, 2, 1, 3];
        let coded = meshopt::encode_index_buffer(&triangles, 4).unwrap();
        let bytes = of("TRIANGLES", "NONE", 4, 6).unpack(&coded).unwrap();
        // The codec may turn a triangle's corners round.
        assert_eq!(bytes.len(), 24);
        let coded = meshopt::encode_index_sequence(&triangles, 4).unwrap();
        let bytes = of("INDICES", "NONE", 2, 6).unpack(&coded).unwrap();
        assert_eq!(bytes, [0, 0, 1, 0, 2, 0, 2, 0, 1, 0, 3, 0]);
        let vertices: Vec<[f32; 5]> = (0u8..9)
            .map(|i| [f32::from(i), 1.0, -2.0, 0.5, 9.0])
            .collect();
        let coded = meshopt::encode_vertex_buffer(&vertices).unwrap();
        let bytes = of("ATTRIBUTES", "NONE", 20, 9).unpack(&coded).unwrap();
        assert_eq!(bytes, bytemuck::cast_slice::<_, u8>(&vertices));
    }

    #[test]
    fn every_filter_comes_back() {
        let unit = [[0.0f32, 0.6, 0.8, 1.0]; 4];
        let coded =
            meshopt::encode_vertex_buffer(&meshopt::encode_filter_oct::<i8>(&unit, 8)).unwrap();
        let bytes = of("ATTRIBUTES", "OCTAHEDRAL", 4, 4).unpack(&coded).unwrap();
        assert!(
            (f32::from(bytes[2] as i8) / 127.0 - 0.8).abs() < 0.02,
            "{bytes:?}"
        );
        let coded = meshopt::encode_vertex_buffer(&meshopt::encode_filter_exp(
            &unit,
            20,
            meshopt::EncodeExpMode::Separate,
        ))
        .unwrap();
        let bytes = of("ATTRIBUTES", "EXPONENTIAL", 16, 4)
            .unpack(&coded)
            .unwrap();
        let back = f32::from_le_bytes(bytes[4..8].try_into().unwrap());
        assert!((back - 0.6).abs() < 1e-5, "{back}");
    }

    #[test]
    fn nonsense_is_refused() {
        for (mode, filter, stride, count) in [
            ("ATTRIBUTES", "NONE", 0, 4),
            ("ATTRIBUTES", "NONE", 260, 4),
            ("ATTRIBUTES", "NONE", 6, 4),
            ("ATTRIBUTES", "QUATERNION", 4, 4),
            ("ATTRIBUTES", "ODD", 4, 4),
            ("TRIANGLES", "NONE", 4, 4),
            ("TRIANGLES", "NONE", 3, 3),
            ("INDICES", "EXPONENTIAL", 4, 3),
            ("", "NONE", 4, 3),
        ] {
            let coded = meshopt::encode_vertex_buffer(&[[1u32]; 4]).unwrap();
            assert!(
                of(mode, filter, stride, count).unpack(&coded).is_err(),
                "{mode} {filter} {stride}"
            );
        }
        assert!(of("ATTRIBUTES", "NONE", 4, 4).unpack(&[0xa0]).is_err());
        assert!(of("TRIANGLES", "NONE", 4, 3).unpack(&[]).is_err());
    }
}
