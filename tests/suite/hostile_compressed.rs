//! Compressed meshes that lie: each is refused with a reason.

use serde_json::json;

use crate::hostile::{changed, refused, view};

#[test]
fn compressed_data_that_lie_are_refused() {
    let compressed = |count: u64, stride: u64, mode: &str, filter: &str, stream: &[u8]| {
        changed(|json, bin| {
            let packed = view(json, bin, stream);
            let packed = json["bufferViews"][packed].clone();
            json["bufferViews"][0]["extensions"] = json!({"EXT_meshopt_compression": {
                "buffer": 0, "byteOffset": packed["byteOffset"], "byteLength": stream.len(),
                "byteStride": stride, "count": count, "mode": mode, "filter": filter}});
        })
    };
    let noise: Vec<u8> = (0..4096u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let mut vertices = vec![0xa0];
    vertices.extend(&noise);
    refused(
        "noise for vertices",
        &compressed(315, 12, "ATTRIBUTES", "NONE", &vertices),
        "unpacked",
    );
    let mut triangles = vec![0xe1];
    triangles.extend(&noise);
    refused(
        "noise for triangles",
        &compressed(300_000, 4, "TRIANGLES", "NONE", &triangles),
        "unpacked",
    );
    refused(
        "no stream",
        &compressed(315, 12, "ATTRIBUTES", "NONE", &[]),
        "unpacked",
    );
    refused(
        "a huge count",
        &compressed(1 << 40, 256, "ATTRIBUTES", "NONE", &vertices),
        "too much",
    );
    refused(
        "a count beyond all",
        &compressed(1 << 62, 256, "ATTRIBUTES", "NONE", &vertices),
        "too large",
    );
    refused(
        "an odd stride",
        &compressed(315, 7, "ATTRIBUTES", "NONE", &vertices),
        "go together",
    );
    refused(
        "an odd mode",
        &compressed(315, 12, "ODD", "NONE", &vertices),
        "go together",
    );
    let draco = |stream: &[u8]| {
        changed(|json, bin| {
            let packed = view(json, bin, stream);
            json["meshes"][0]["primitives"][0]["extensions"] = json!({"KHR_draco_mesh_compression": {
                "bufferView": packed, "attributes": {"POSITION": 0, "NORMAL": 1}}});
        })
    };
    refused("noise for Draco", &draco(&noise), "compressed");
    let mut stream = b"DRACO\x02\x02\x01\x01\0\0".to_vec();
    stream.extend(&noise);
    refused("Draco's head and noise", &draco(&stream), "compressed");
    stream[9..].fill(0xff);
    refused(
        "Draco that claims everything",
        &draco(&stream),
        "compressed",
    );
}
