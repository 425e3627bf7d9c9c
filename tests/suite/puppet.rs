//! A small avatar made by arithmetic, so that tests need no file: a head with a nose, a mouth and two eyes on a body.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, on numbers that are known"
)]

use serde_json::{Value, json};

/// A GLB under construction.
#[derive(Default)]
struct Glb {
    bin: Vec<u8>,
    views: Vec<Value>,
    accessors: Vec<Value>,
}

impl Glb {
    fn view(&mut self, bytes: &[u8]) -> usize {
        self.bin.resize(self.bin.len().next_multiple_of(4), 0);
        self.views
            .push(json!({"buffer": 0, "byteOffset": self.bin.len(), "byteLength": bytes.len()}));
        self.bin.extend_from_slice(bytes);
        self.views.len() - 1
    }

    fn accessor(&mut self, bytes: &[u8], component: u32, kind: &str, count: usize) -> usize {
        let view = self.view(bytes);
        self.accessors.push(
            json!({"bufferView": view, "componentType": component, "type": kind, "count": count,
            "min": [-9, -9, -9], "max": [9, 9, 9]}),
        );
        self.accessors.len() - 1
    }

    fn vectors(&mut self, vectors: &[[f32; 3]]) -> usize {
        self.accessor(&floats(vectors.as_flattened()), 5126, "VEC3", vectors.len())
    }

    /// A purely sparse accessor: everything else is zero.
    fn sparse(&mut self, deltas: &[[f32; 3]]) -> usize {
        let moved: Vec<usize> = (0..deltas.len())
            .filter(|i| deltas[*i] != [0.0; 3])
            .collect();
        let indices: Vec<u8> = moved
            .iter()
            .flat_map(|i| (*i as u16).to_le_bytes())
            .collect();
        let values: Vec<f32> = moved.iter().flat_map(|i| deltas[*i]).collect();
        let (indices, values) = (self.view(&indices), self.view(&floats(&values)));
        self.accessors.push(
            json!({"componentType": 5126, "type": "VEC3", "count": deltas.len(), "sparse": {
            "count": moved.len(), "indices": {"bufferView": indices, "componentType": 5123},
            "values": {"bufferView": values}}}),
        );
        self.accessors.len() - 1
    }

    fn finish(mut self, mut json: Value) -> Vec<u8> {
        self.bin.resize(self.bin.len().next_multiple_of(4), 0);
        json["buffers"] = json!([{"byteLength": self.bin.len()}]);
        json["bufferViews"] = Value::Array(self.views);
        json["accessors"] = Value::Array(self.accessors);
        assemble(&json, &self.bin)
    }
}

/// A GLB from its two chunks.
pub(crate) fn assemble(json: &Value, bin: &[u8]) -> Vec<u8> {
    let mut text = json.to_string().into_bytes();
    text.resize(text.len().next_multiple_of(4), b' ');
    let mut glb = Vec::new();
    let word = |n: usize| (n as u32).to_le_bytes();
    glb.extend(b"glTF");
    glb.extend(word(2));
    glb.extend(word(12 + 8 + text.len() + 8 + bin.len()));
    glb.extend(word(text.len()));
    glb.extend(b"JSON");
    glb.extend(&text);
    glb.extend(word(bin.len()));
    glb.extend(b"BIN\0");
    glb.extend(bin);
    glb
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// A ball: positions, unit normals, triangles.
fn ball(middle: [f32; 3], radius: [f32; 3]) -> (Vec<[f32; 3]>, Vec<[f32; 3]>, Vec<u16>) {
    const RINGS: usize = 14;
    const SIDES: usize = 20;
    let (mut positions, mut normals, mut triangles) = (Vec::new(), Vec::new(), Vec::new());
    for ring in 0..=RINGS {
        let polar = std::f32::consts::PI * ring as f32 / RINGS as f32;
        for side in 0..=SIDES {
            let around = std::f32::consts::TAU * side as f32 / SIDES as f32;
            let unit = [
                polar.sin() * around.sin(),
                polar.cos(),
                polar.sin() * around.cos(),
            ];
            normals.push(unit);
            positions.push([0, 1, 2].map(|i| middle[i] + radius[i] * unit[i]));
            if ring < RINGS && side < SIDES {
                let at = |r: usize, s: usize| (r * (SIDES + 1) + s) as u16;
                let [a, b, c, d] = [
                    at(ring, side),
                    at(ring + 1, side),
                    at(ring + 1, side + 1),
                    at(ring, side + 1),
                ];
                triangles.extend([a, b, c, a, c, d]);
            }
        }
    }
    (positions, normals, triangles)
}

/// A morph target of the mouth: its name, and by how much it lifts the upper and the lower lip, metres.
pub(crate) type Lips = (&'static str, f32, f32);

/// What `jawOpen` does.
pub(crate) const JAW: Lips = ("jawOpen", 0.0, -0.03);

/// The puppet as a GLB. Head middle at 1.5 m, mouth at 1.44 m, bones hips, neck, head, leftEye, rightEye.
pub(crate) fn glb() -> Vec<u8> {
    speaking(&[JAW], false, |_| ())
}

/// The puppet with other morph targets, or with its mouth on a bone `jaw` whose hinge is 6 cm behind and 3 cm above it;
/// `change` has the last word on the document.
#[allow(clippy::too_many_lines, reason = "one document, top to bottom")]
pub(crate) fn speaking(
    targets: &[Lips],
    jaw_bone: bool,
    change: impl FnOnce(&mut Value),
) -> Vec<u8> {
    let mouth_joint = if jaw_bone { 5 } else { 2 };
    // Middle, radius, material, joint, whether morph targets move it.
    type Part = ([f32; 3], [f32; 3], usize, u8, bool);
    let parts: [Part; 6] = [
        ([0.0, 1.0, 0.0], [0.17, 0.4, 0.1], 3, 0, false),
        ([0.0, 1.5, 0.0], [0.09, 0.12, 0.1], 0, 2, false),
        ([0.0, 1.49, 0.105], [0.012, 0.02, 0.02], 2, 2, false),
        (
            [0.0, 1.44, 0.085],
            [0.03, 0.008, 0.02],
            2,
            mouth_joint,
            true,
        ),
        ([0.035, 1.52, 0.085], [0.015, 0.015, 0.015], 1, 3, false),
        ([-0.035, 1.52, 0.085], [0.015, 0.015, 0.015], 1, 4, false),
    ];
    let mut glb = Glb::default();
    let mut primitives = Vec::new();
    for (middle, radius, material, joint, jaw) in parts {
        let (positions, normals, triangles) = ball(middle, radius);
        let count = positions.len();
        let joints: Vec<u8> = (0..count).flat_map(|_| [joint, 0, 0, 0]).collect();
        let weights: Vec<u8> = (0..count).flat_map(|_| [255, 0, 0, 0]).collect();
        let indices: Vec<u8> = triangles.iter().flat_map(|i| i.to_le_bytes()).collect();
        let places = positions.clone();
        let (positions, normals) = (glb.vectors(&positions), glb.vectors(&normals));
        let joints = glb.accessor(&joints, 5121, "VEC4", count);
        let weights = glb.accessor(&weights, 5121, "VEC4", count);
        glb.accessors[weights]["normalized"] = json!(true);
        let attributes = json!({
            "POSITION": positions, "NORMAL": normals, "JOINTS_0": joints, "WEIGHTS_0": weights});
        let own_targets: Vec<Value> = targets
            .iter()
            .map(|(_, upper, lower)| {
                let lift = |p: &[f32; 3]| if p[1] < middle[1] { *lower } else { *upper };
                let target = if jaw && (*upper, *lower) != (0.0, 0.0) {
                    let moved: Vec<_> = places.iter().map(|p| [0.0, lift(p), 0.0]).collect();
                    glb.sparse(&moved)
                } else {
                    // Without data an accessor is all zeros.
                    glb.accessors
                        .push(json!({"componentType": 5126, "type": "VEC3", "count": count}));
                    glb.accessors.len() - 1
                };
                json!({"POSITION": target})
            })
            .collect();
        let indices = glb.accessor(&indices, 5123, "SCALAR", triangles.len());
        primitives.push(
            json!({"attributes": attributes, "material": material, "indices": indices,
            "targets": own_targets}),
        );
    }
    // Joints: hips, neck, head, leftEye, rightEye, jaw, all at their own place.
    let places = [
        [0.0, 0.9, 0.0],
        [0.0, 1.38, 0.0],
        [0.0, 1.42, 0.0],
        [0.035, 1.52, 0.08],
        [-0.035, 1.52, 0.08],
        [0.0, 1.47, 0.025],
    ];
    let places = if jaw_bone { &places[..] } else { &places[..5] };
    let inverse: Vec<f32> = places
        .iter()
        .flat_map(|p| {
            [
                1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, -p[0], -p[1], -p[2],
                1.0,
            ]
        })
        .collect();
    let inverse = glb.accessor(&floats(&inverse), 5126, "MAT4", places.len());
    let material = |name: &str, color: [f32; 3]| json!({"name": name, "pbrMetallicRoughness": {"baseColorFactor": [color[0], color[1], color[2], 1.0]}});
    let names: Vec<&str> = targets.iter().map(|(name, ..)| *name).collect();
    let mut document = json!({
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0, 5]}],
        "nodes": [
            {"name": "Hips", "translation": [0, 0.9, 0], "children": [1]},
            {"name": "Neck", "translation": [0, 0.48, 0], "children": [2]},
            {"name": "Head", "translation": [0, 0.04, 0], "children": [3, 4]},
            {"name": "LeftEye", "translation": [0.035, 0.1, 0.08]},
            {"name": "RightEye", "translation": [-0.035, 0.1, 0.08]},
            {"name": "Puppet", "mesh": 0, "skin": 0},
        ],
        "skins": [{"joints": [0, 1, 2, 3, 4], "inverseBindMatrices": inverse}],
        "meshes": [{"name": "Puppet", "primitives": primitives, "extras": {"targetNames": names}}],
        "materials": [
            material("skin", [0.8, 0.5, 0.4]), material("eye", [0.9, 0.9, 0.9]),
            material("red", [0.8, 0.0, 0.0]), material("cloth", [0.1, 0.2, 0.6]),
        ],
    });
    if jaw_bone {
        document["nodes"][2]["children"] = json!([3, 4, 6]);
        let jaw = json!({"name": "Jaw", "translation": [0.0, 0.05, 0.025]});
        document["nodes"].as_array_mut().unwrap().push(jaw);
        document["skins"][0]["joints"] = json!([0, 1, 2, 3, 4, 6]);
    }
    change(&mut document);
    glb.finish(document)
}
