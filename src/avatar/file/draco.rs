//! `KHR_draco_mesh_compression`: primitives whose vertices and triangles are one compressed stream, unpacked once when the
//! file is read.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use draco_core::{DecodeLimits, DecoderBuffer, MeshDecoder};
use gltf::json::accessor::{ComponentType, GenericComponentType, Type};
use gltf::json::validation::{Checked, USize64};
use gltf::json::{Index, Root};
use serde_json::Value;

use super::budget::Budget;
use super::container::{Buffers, malformed};
use crate::avatar::error::Result;

/// Bytes that the decoder takes for a face or a point while it works: corner tables, maps, portable copies.
const WORKING_BYTES: usize = 160;

/// A primitive to be unpacked.
struct Job {
    mesh: usize,
    primitive: usize,
    view: usize,
    /// Accessors and the stream's identifiers of their attributes.
    attributes: Vec<(usize, u32)>,
    indices: Option<usize>,
}

/// Unpacks every compressed primitive into buffers and points its accessors at them.
pub(in crate::avatar) fn unpack(
    root: &mut Root,
    buffers: &mut Buffers<'_>,
    name: &str,
) -> Result<()> {
    let mut decoded: BTreeMap<usize, draco_core::Mesh> = BTreeMap::new();
    for job in jobs(root, name)? {
        let bad = |what: &str| {
            malformed(
                name,
                format!("mesh {} primitive {}: {what}", job.mesh, job.primitive),
            )
        };
        if !decoded.contains_key(&job.view) {
            let view = root.buffer_views.get(job.view);
            let stream = view
                .and_then(|view| buffers.view(view))
                .ok_or_else(|| bad("its compressed data reach outside the buffer"))?;
            // One stream is kept at a time: exporters write one for each primitive.
            decoded.clear();
            decoded.insert(
                job.view,
                decode(stream, &buffers.budget).map_err(|what| bad(&what))?,
            );
        }
        let mesh = &decoded[&job.view];
        buffers.budget.take_many::<[u32; 3]>(mesh.num_faces())?;
        buffers
            .budget
            .take(WORKING_BYTES.saturating_mul(mesh.num_points()))?;
        if let Some(accessor) = job.indices {
            let faces = mesh.faces().iter().flatten();
            let bytes: Vec<u8> = faces.flat_map(|point| point.0.to_le_bytes()).collect();
            let view = buffers.push(root, bytes);
            let view = Index::push(&mut root.buffer_views, view);
            let accessor = &mut root.accessors[accessor];
            accessor.component_type = Checked::Valid(GenericComponentType(ComponentType::U32));
            accessor.count = USize64::from(mesh.num_faces() * 3);
            place(accessor, view);
        }
        for (accessor, id) in &job.attributes {
            let attribute = mesh
                .attribute_by_unique_id(*id)
                .ok_or_else(|| bad(&format!("its compressed data lack attribute {id}")))?;
            let Checked::Valid(kind) = root.accessors[*accessor].type_ else {
                continue;
            };
            let Checked::Valid(component) = root.accessors[*accessor].component_type else {
                continue;
            };
            buffers
                .budget
                .take_many::<f32>(width(kind).saturating_mul(mesh.num_points()))?;
            let values = attribute.read_f32s(mesh.num_points(), width(kind));
            let view = buffers.push(root, packed(&values, component.0));
            let view = Index::push(&mut root.buffer_views, view);
            let accessor = &mut root.accessors[*accessor];
            accessor.count = USize64::from(mesh.num_points());
            place(accessor, view);
        }
    }
    Ok(())
}

fn jobs(root: &Root, name: &str) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for (mesh, own) in root.meshes.iter().enumerate() {
        for (primitive, parts) in own.primitives.iter().enumerate() {
            let extensions = parts.extensions.as_ref();
            let Some(packed) = extensions.and_then(|e| e.others.get("KHR_draco_mesh_compression"))
            else {
                continue;
            };
            let index =
                |value: Option<&Value>| value?.as_u64().and_then(|v| usize::try_from(v).ok());
            let view = index(packed.get("bufferView")).ok_or_else(|| {
                malformed(
                    name,
                    format!("mesh {mesh} primitive {primitive}: no bufferView of compressed data"),
                )
            })?;
            let ids = packed.get("attributes").and_then(Value::as_object);
            let attributes = parts.attributes.iter().filter_map(|(semantic, accessor)| {
                let Checked::Valid(semantic) = semantic else {
                    return None;
                };
                let id = ids?.get(&semantic.to_string())?.as_u64()?;
                Some((accessor.value(), u32::try_from(id).ok()?))
            });
            jobs.push(Job {
                mesh,
                primitive,
                view,
                attributes: attributes.collect(),
                indices: parts.indices.map(|accessor| accessor.value()),
            });
        }
    }
    Ok(jobs)
}

fn decode(stream: &[u8], budget: &Budget<'_>) -> std::result::Result<draco_core::Mesh, String> {
    let most = budget.left() / WORKING_BYTES;
    let limits = DecodeLimits::default()
        .with_max_points(most as u64)
        .with_max_faces(most as u64)
        .with_max_decoded_bytes(budget.left() as u64 / 4);
    let mut buffer = DecoderBuffer::new(stream).with_limits(limits);
    let mut mesh = draco_core::Mesh::new();
    // The decoder is a translation of C++ with many indices that streams state; should one of them be wrong, this file is
    // refused instead of the room going off the air. What it was writing is thrown away.
    catch_unwind(AssertUnwindSafe(|| {
        MeshDecoder::new().decode(&mut buffer, &mut mesh)
    }))
    .or(Err("its compressed data are damaged".to_owned()))?
    .map_err(|error| format!("its compressed data cannot be unpacked ({error})"))?;
    Ok(mesh)
}

fn place(accessor: &mut gltf::json::Accessor, view: Index<gltf::json::buffer::View>) {
    accessor.buffer_view = Some(view);
    accessor.byte_offset = None;
    accessor.sparse = None;
}

fn width(kind: Type) -> usize {
    match kind {
        Type::Scalar => 1,
        Type::Vec2 => 2,
        Type::Vec3 => 3,
        Type::Vec4 | Type::Mat2 => 4,
        Type::Mat3 => 9,
        Type::Mat4 => 16,
    }
}

/// The values as the accessor states them. Integers come out of the stream as they are, so that they are exact in floats.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from float to integer stays within the integer's range"
)]
fn packed(values: &[f32], component: ComponentType) -> Vec<u8> {
    match component {
        ComponentType::F32 => bytes_of(values, |v| v.to_le_bytes()),
        ComponentType::U32 => bytes_of(values, |v| (v as u32).to_le_bytes()),
        ComponentType::U16 => bytes_of(values, |v| (v as u16).to_le_bytes()),
        ComponentType::I16 => bytes_of(values, |v| (v as i16).to_le_bytes()),
        ComponentType::U8 => bytes_of(values, |v| [v as u8]),
        ComponentType::I8 => bytes_of(values, |v| (v as i8).to_le_bytes()),
    }
}

fn bytes_of<const N: usize>(values: &[f32], bytes: impl Fn(f32) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(|value| bytes(*value)).collect()
}
