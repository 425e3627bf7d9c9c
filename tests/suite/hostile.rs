//! Avatar files that are broken, cut, lying or made to hurt: each is refused with a clear error or drawn with a warning,
//! and costs little memory and time either way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, on numbers that are known"
)]

use serde_json::{Value, json};
use zhubo::avatar::{Avatar, Error};
use zhubo::media::{HostId, Pose};

use crate::allocations::peak_bytes;
use crate::puppet;

/// The most bytes that reading a file may hold at a time; the rest of half a gigabyte is for drawing.
pub(crate) const MAX_PEAK_BYTES: usize = 400 << 20;
/// Far more than reading any file takes on a fast build; less than what takes the square of what it should.
const MAX_CPU_SECONDS: f64 = 30.0;

/// What became of a file.
pub(crate) struct Outcome {
    pub(crate) result: Result<Avatar, Error>,
    pub(crate) peak_bytes: usize,
    pub(crate) cpu_seconds: f64,
}

/// Reads and poses an avatar, and measures that.
pub(crate) fn load(bytes: &[u8], name: &str) -> Outcome {
    let clock = cpu_time::ThreadTime::now();
    let (result, peak_bytes) = peak_bytes(|| {
        let avatar = Avatar::from_glb(bytes, name)?;
        let pose = Pose::rest(HostId::new("x"));
        drop((avatar.posed(&pose), avatar.face_weights(&pose)));
        Ok(avatar)
    });
    let cpu_seconds = clock.elapsed().as_secs_f64();
    Outcome {
        result,
        peak_bytes: peak_bytes + bytes.len(),
        cpu_seconds,
    }
}

fn judged(what: &str, bytes: &[u8]) -> Result<Avatar, Error> {
    let outcome = load(bytes, "hostile.glb");
    println!(
        "{what}: {} MB, {:.2} s CPU, {}",
        outcome.peak_bytes >> 20,
        outcome.cpu_seconds,
        match &outcome.result {
            Ok(avatar) => format!("{:?}", avatar.facts().warnings),
            Err(error) => error.to_string(),
        }
    );
    assert!(
        outcome.peak_bytes < MAX_PEAK_BYTES,
        "{what}: {} bytes",
        outcome.peak_bytes
    );
    assert!(
        outcome.cpu_seconds < MAX_CPU_SECONDS,
        "{what}: {} s",
        outcome.cpu_seconds
    );
    outcome.result
}

/// The file must be refused with an error that says `word`, is short and names the file.
pub(crate) fn refused(what: &str, bytes: &[u8], word: &str) {
    let error = judged(what, bytes)
        .err()
        .unwrap_or_else(|| panic!("{what} was accepted"));
    let text = error.to_string();
    assert!(text.contains(word), "{what}: `{word}` is not in: {text}");
    assert!(
        text.contains("hostile.glb") && text.len() < 600,
        "{what}: {text}"
    );
}

/// The file must be taken, with a warning that says `word` (an empty word: whatever it warns of).
fn warned(what: &str, bytes: &[u8], word: &str) -> Avatar {
    let avatar = judged(what, bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
    let warnings = &avatar.facts().warnings;
    assert!(
        word.is_empty() || warnings.iter().any(|warning| warning.contains(word)),
        "{what}: no warning says `{word}`: {warnings:?}"
    );
    assert!(
        warnings.len() < 40 && warnings.iter().all(|w| w.len() < 400),
        "{what}: {warnings:?}"
    );
    avatar
}

/// The puppet's document and binary chunk.
pub(crate) fn parts() -> (Value, Vec<u8>) {
    let whole = puppet::glb();
    let json_end = 20 + u32::from_le_bytes(whole[12..16].try_into().unwrap()) as usize;
    let json = serde_json::from_slice(&whole[20..json_end]).unwrap();
    (json, whole[json_end + 8..].to_vec())
}

/// The puppet with its document changed, and bytes put after its binary chunk.
pub(crate) fn changed(change: impl FnOnce(&mut Value, &mut Vec<u8>)) -> Vec<u8> {
    let (mut json, mut bin) = parts();
    change(&mut json, &mut bin);
    bin.resize(bin.len().next_multiple_of(4), 0);
    json["buffers"][0]["byteLength"] = json["buffers"][0]["byteLength"]
        .as_u64()
        .map_or(Value::Null, |stated| json!(stated.max(bin.len() as u64)));
    puppet::assemble(&json, &bin)
}

/// Puts `bytes` into the binary chunk and gives the number of a view of them.
pub(crate) fn view(json: &mut Value, bin: &mut Vec<u8>, bytes: &[u8]) -> usize {
    bin.resize(bin.len().next_multiple_of(4), 0);
    let views = json["bufferViews"].as_array_mut().unwrap();
    views.push(json!({"buffer": 0, "byteOffset": bin.len(), "byteLength": bytes.len()}));
    bin.extend_from_slice(bytes);
    views.len() - 1
}

fn push(json: &mut Value, list: &str, what: Value) -> usize {
    if json[list].is_null() {
        json[list] = json!([]);
    }
    let list = json[list].as_array_mut().unwrap();
    list.push(what);
    list.len() - 1
}

/// A document around `nodes`, as text: building so many values would take longer than the test.
fn glb_of_text(json: &str, bin: &[u8]) -> Vec<u8> {
    let mut text = json.as_bytes().to_vec();
    text.resize(text.len().next_multiple_of(4), b' ');
    let mut glb = b"glTF\x02\0\0\0".to_vec();
    let word = |n: usize| (n as u32).to_le_bytes();
    glb.extend(word(28 + text.len() + bin.len()));
    glb.extend(word(text.len()));
    glb.extend(b"JSON");
    glb.extend(&text);
    glb.extend(word(bin.len()));
    glb.extend(b"BIN\0");
    glb.extend(bin);
    glb
}

#[test]
fn what_is_no_avatar_is_named() {
    refused("a web page", b"<!DOCTYPE html><html>404</html>", "web page");
    refused(
        "an LFS pointer",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
        "LFS",
    );
    refused("nothing", b"", "empty");
    refused("zeros", &[0; 100_000], "zeros");
    refused("a ZIP", b"PK\x03\x04......", "ZIP");
    let whole = changed(|json, bin| {
        let noise: Vec<u8> = (0..20_000u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        view(json, bin, &noise);
    });
    let mut text = Vec::new();
    for &byte in &whole {
        if byte == b'\n' {
            text.push(b'\r');
        }
        text.push(byte);
    }
    refused("line endings converted", &text, "line endings");
    let text = String::from_utf8_lossy(&whole).into_owned();
    refused("saved as text", text.as_bytes(), "saved as text");
    refused(
        "glTF 1",
        b"glTF\x01\0\0\0\x14\0\0\0\0\0\0\0\0\0\0\0",
        "version 1",
    );
}

#[test]
fn chunks_that_lie_are_found() {
    let whole = puppet::glb();
    let with_word = |at: usize, word: u32| {
        let mut bytes = whole.clone();
        bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
        bytes
    };
    let json_length = u32::from_le_bytes(whole[12..16].try_into().unwrap());
    refused(
        "header too long",
        &with_word(8, whole.len() as u32 + 1),
        "states",
    );
    refused(
        "JSON chunk too long",
        &with_word(12, u32::MAX),
        "past the end",
    );
    refused(
        "JSON chunk too short",
        &with_word(12, json_length - 8),
        "past the end",
    );
    refused("JSON chunk of nothing", &with_word(12, 0), "past the end");
    let bin_at = 20 + json_length as usize;
    refused(
        "BIN chunk too long",
        &with_word(bin_at, u32::MAX),
        "past the end",
    );
    refused("BIN chunk too short", &with_word(bin_at, 16), "of the");
    refused(
        "BIN chunk of another kind",
        &with_word(bin_at + 4, 7),
        "no binary chunk",
    );
    let mut longer = whole.clone();
    longer.extend([1, 2, 3]);
    warned("bytes after the end", &longer, "");
    let mut extra = whole.clone();
    extra.extend(4u32.to_le_bytes());
    extra.extend(b"ODD\0abcd");
    let length = extra.len() as u32;
    extra[8..12].copy_from_slice(&length.to_le_bytes());
    warned("an extra chunk", &extra, "");
}

/// Puts `value` at a place of the document that is there but for its last step.
fn set(json: &mut Value, place: &str, value: Value) {
    let (parent, key) = place.rsplit_once('/').unwrap();
    match json.pointer_mut(parent).unwrap() {
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        object => object[key] = value,
    }
}

#[test]
fn numbers_that_point_nowhere_are_refused() {
    const PRIMITIVE: &str = "/meshes/0/primitives/0";
    let far = || json!(u64::MAX);
    let vast = json!({"componentType": 5126, "type": "VEC3", "count": 1_000_000_000});
    let primitive = |place: &str| format!("{PRIMITIVE}/{place}");
    let cases: [(String, Value, &str); 24] = [
        (
            "/accessors/0/count".into(),
            json!(1_000_000_000),
            "too much",
        ),
        ("/accessors/0".into(), vast, "too much"),
        ("/accessors/0/count".into(), json!(1u64 << 63), ""),
        ("/accessors/0/count".into(), json!(3), "points past"),
        (primitive("attributes/POSITION"), json!(9999), "accessor"),
        (primitive("indices"), json!(9999), "indices"),
        (primitive("targets"), json!([{"POSITION": 9999}]), "targets"),
        (primitive("material"), json!(9999), "material"),
        ("/skins/0/joints".into(), json!([0, 1]), "joint"),
        (
            "/skins/0/joints".into(),
            json!([9999, 0, 0, 0, 0]),
            "joints",
        ),
        (
            "/skins/0/inverseBindMatrices".into(),
            json!(9999),
            "inverseBindMatrices",
        ),
        ("/accessors/0/bufferView".into(), json!(9999), "bufferView"),
        ("/accessors/0/byteOffset".into(), far(), "outside"),
        ("/bufferViews/0/buffer".into(), json!(9999), "buffer"),
        ("/bufferViews/0/byteLength".into(), far(), "outside"),
        ("/bufferViews/0/byteOffset".into(), far(), "outside"),
        ("/bufferViews/0/byteStride".into(), far(), "outside"),
        ("/bufferViews/0/byteStride".into(), json!(1), "stride"),
        (
            "/materials/0/emissiveTexture".into(),
            json!({"index": 9999}),
            "emissiveTexture",
        ),
        ("/textures".into(), json!([{"source": 9999}]), "source"),
        ("/nodes/0/children".into(), json!([9999]), "children"),
        ("/nodes/5/mesh".into(), json!(9999), "mesh"),
        ("/nodes/5/skin".into(), json!(9999), "skin"),
        ("/scene".into(), json!(9999), "scene"),
    ];
    for (place, value, word) in cases {
        let what = format!("{place} = {value}");
        refused(&what, &changed(|json, _| set(json, &place, value)), word);
    }
}

#[test]
fn buffers_that_are_elsewhere_are_refused() {
    for (uri, word) in [
        ("../../etc/passwd", "beside the avatar"),
        ("%2e%2e/%2e%2e/etc/passwd", "beside the avatar"),
        ("/etc/passwd", "beside the avatar"),
        ("http://localhost/x.bin", "beside the avatar"),
        ("file:///etc/passwd", "beside the avatar"),
        ("x.bin", "not at hand"),
        ("data:application/octet-stream;base64,****", "base64"),
        ("data:;base64,AAAA", "of the"),
    ] {
        let bytes = changed(|json, _| json["buffers"][0]["uri"] = json!(uri));
        refused(uri, &bytes, word);
    }
    let bytes = changed(|json, _| {
        push(json, "buffers", json!({"byteLength": 100}));
    });
    refused("a second buffer without data", &bytes, "buffer 1");
}

#[test]
fn what_is_no_number_moves_nothing() {
    let nan = f32::NAN.to_le_bytes();
    for value in [f32::NAN, f32::INFINITY, 3e38] {
        let bytes = changed(|json, bin| {
            let at = json["bufferViews"][0]["byteOffset"].as_u64().unwrap_or(0) as usize;
            bin[at..at + 4].copy_from_slice(&value.to_le_bytes());
        });
        let avatar = warned(&format!("a position of {value}"), &bytes, "stand nowhere");
        assert!(
            avatar
                .meshes
                .iter()
                .flat_map(|m| &m.positions)
                .all(|p| p.is_finite())
        );
    }
    let bytes = changed(|json, bin| {
        let matrices = json["skins"][0]["inverseBindMatrices"].as_u64().unwrap() as usize;
        let view = json["accessors"][matrices]["bufferView"].as_u64().unwrap() as usize;
        let at = json["bufferViews"][view]["byteOffset"].as_u64().unwrap() as usize;
        bin[at..at + 4].copy_from_slice(&nan);
    });
    warned("a matrix that is no number", &bytes, "");
    let bytes = changed(|json, _| json["nodes"][1]["scale"] = json!([1e30, 1e30, 1e30]));
    warned("a giant", &bytes, "");
    let bytes = changed(|json, _| json["nodes"][1]["scale"] = json!([0, 0, 0]));
    warned("a flat head", &bytes, "");
    let bytes = changed(|json, _| json["nodes"][1]["rotation"] = json!([0, 0, 0, 0]));
    warned("no rotation at all", &bytes, "");
}

#[test]
fn graphs_without_end_end() {
    let bytes = changed(|json, _| json["nodes"][4]["children"] = json!([0]));
    warned("a cycle", &bytes, "ancestor");
    let mut nodes = String::new();
    for next in 1..100_000 {
        nodes += &format!("{{\"children\":[{next}]}},");
    }
    let head = r#"{"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],"nodes":["#;
    let deep = glb_of_text(&format!("{head}{nodes}{{}}]}}"), &[]);
    refused("100,000 nodes deep", &deep, "no triangles");
    let cycles: String = (0..50_000)
        .map(|pair| {
            format!(
                "{{\"children\":[{}]}},{{\"children\":[{}]}},",
                2 * pair + 1,
                2 * pair
            )
        })
        .collect();
    let cycles = glb_of_text(&format!("{head}{cycles}{{}}]}}"), &[]);
    refused("50,000 cycles", &cycles, "no triangles");
    let wide = glb_of_text(&format!("{head}{}{{}}]}}", "{},".repeat(5_000_000)), &[]);
    refused("five million nodes", &wide, "too much");
}

#[test]
fn documents_made_to_hurt_are_refused() {
    let asset = r#""asset":{"version":"2.0"}"#;
    let deep = glb_of_text(
        &format!("{{{asset},\"extras\":{}", "[".repeat(3_000_000)),
        &[],
    );
    refused("deep lists", &deep, "");
    let deep = format!(
        "{{{asset},\"extensions\":{{\"VRM\":{}{}}}}}",
        "{\"a\":".repeat(3000),
        "}".repeat(3000)
    );
    refused("deep objects", &glb_of_text(&deep, &[]), "");
    let long = format!("{{{asset},\"extras\":[{}0]}}", "0,".repeat(20_000_000));
    refused("a long list", &glb_of_text(&long, &[]), "too much");
    let objects = format!(
        "{{{asset},\"extensions\":{{\"VRM\":[{}{{}}]}}}}",
        "{\"a\":0},".repeat(1_000_000)
    );
    refused("a million objects", &glb_of_text(&objects, &[]), "too much");
    let string = format!("{{{asset},\"extras\":\"{}\"}}", "x".repeat(60_000_000));
    refused("a long string", &glb_of_text(&string, &[]), "no triangles");
    let twice = format!("{{{asset},{asset}}}");
    refused("a key twice", &glb_of_text(&twice, &[]), "duplicate");
    let names = format!(
        "{{{asset},\"extensionsUsed\":[{}\"x\"]}}",
        "\"X_y\",".repeat(100_000)
    );
    refused("many extensions", &glb_of_text(&names, &[]), "no triangles");
    let required = format!(
        "{{{asset},\"extensionsRequired\":[\"{}\"]}}",
        "z".repeat(1_000_000)
    );
    refused("a long extension", &glb_of_text(&required, &[]), "zzz");
}

#[test]
fn a_little_that_asks_for_much_is_refused() {
    let zeros = json!({"componentType": 5126, "type": "VEC3", "count": 2_900_000});
    let bytes = changed(|json, _| {
        let zeros = push(json, "accessors", zeros.clone());
        let primitive = json!({"attributes": {"POSITION": zeros}});
        json["meshes"][0]["primitives"] = json!(vec![primitive; 3000]);
    });
    refused("one accessor for all", &bytes, "too much");
    let bytes = changed(|json, _| {
        let nodes = json["nodes"].as_array_mut().unwrap();
        nodes.extend(vec![json!({"mesh": 0}); 100_000]);
        json["scenes"][0]["nodes"] = json!((0..nodes.len()).collect::<Vec<_>>());
    });
    // The first one shown has few vertices: what is counted is how many are drawn.
    refused("a mesh for 100,000 nodes", &bytes, "too much");
    let bytes = changed(|json, _| {
        json["meshes"][0]["primitives"] = json!(vec![json!({"attributes": {}}); 20_000]);
        let nodes = json["nodes"].as_array_mut().unwrap();
        nodes.extend(vec![json!({"mesh": 0}); 20_000]);
        json["scenes"][0]["nodes"] = json!((0..nodes.len()).collect::<Vec<_>>());
    });
    refused("nothing, 400 million times", &bytes, "too much");
    let bytes = changed(|json, _| {
        let skin = json["skins"][0].clone();
        json["skins"] = json!(vec![skin; 20_000]);
    });
    warned("20,000 skins with one list of matrices", &bytes, "");
    let bytes = changed(|json, _| {
        let accessor = push(
            json,
            "accessors",
            json!({"componentType": 5126, "type": "MAT4", "count": 1500}),
        );
        let skin = json!({"joints": vec![1; 1500], "inverseBindMatrices": accessor});
        json["skins"] = json!(vec![skin; 3000]);
    });
    refused("3000 large skins", &bytes, "too much");
    let bytes = changed(|json, _| {
        let count = json["accessors"][0]["count"].clone();
        let target = json["accessors"][0].clone();
        let target = push(json, "accessors", target);
        json["accessors"][target]["count"] = count;
        json["meshes"][0]["primitives"][0]["targets"] =
            json!(vec![json!({"POSITION": target}); 100_000]);
    });
    refused("100,000 morph targets", &bytes, "too much");
    for list in ["materials", "textures", "images"] {
        let bytes = changed(|json, _| json[list] = json!(vec![json!({}); 100_000]));
        refused(&format!("100,000 {list}"), &bytes, "too much");
    }
}

#[test]
fn oddities_are_taken_with_a_warning() {
    let bytes = changed(|json, _| {
        let matrices = json["skins"][0]["inverseBindMatrices"].clone();
        json["meshes"][0]["primitives"][3]["targets"][0]["POSITION"] = matrices;
    });
    warned("a target of another size", &bytes, "do not fit");
    let bytes = changed(|json, _| {
        for node in json["nodes"].as_array_mut().unwrap() {
            node["name"] = json!("Head");
        }
        for material in json["materials"].as_array_mut().unwrap() {
            material["name"] = json!("same");
        }
    });
    warned("the same names everywhere", &bytes, "");
    let bytes = changed(|json, _| {
        let none = push(
            json,
            "accessors",
            json!({"componentType": 5126, "type": "VEC3", "count": 0}),
        );
        let primitives = json["meshes"][0]["primitives"].as_array_mut().unwrap();
        primitives.push(json!({"attributes": {"POSITION": none}}));
        primitives.push(json!({"attributes": {"POSITION": none}, "mode": 5}));
        primitives.push(json!({"attributes": {}}));
        push(json, "meshes", json!({"primitives": []}));
    });
    warned("meshes of nothing", &bytes, "");
    let bytes = changed(|json, _| {
        let wrong = json["skins"][0]["inverseBindMatrices"].clone();
        json["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_0"] = wrong.clone();
        json["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = wrong.clone();
        json["meshes"][0]["primitives"][0]["attributes"]["NORMAL"] = wrong;
        json["meshes"][0]["primitives"][0]["attributes"]["_OWN"] = json!(0);
        json["meshes"][0]["primitives"][0]["attributes"]["ODD"] = json!(0);
    });
    warned("attributes of another size", &bytes, "not one per vertex");
    let bytes = changed(|json, _| {
        json["extensionsUsed"] = json!(["VRMC_vrm", "KHR_materials_clearcoat", "MY_own"]);
        json["extensionsRequired"] = json!(["KHR_materials_clearcoat"]);
        json["extensions"] = json!({"VRMC_vrm": {"specVersion": "1.0",
            "meta": {"name": 7, "licenseUrl": "https://example.com/odd", "authors": null},
            "humanoid": {"humanBones": {"head": {"node": 2}, "hips": {"node": 1e9}}}}});
    });
    warned("a VRM with few bones and an odd licence", &bytes, "MY_own");
    let bytes = changed(|json, _| {
        json["extensions"] = json!({"VRM": {"meta": {"licenseName": []}, "humanoid": {"humanBones": [{}]},
            "materialProperties": 3, "blendShapeMaster": {"blendShapeGroups": [{"binds": [{"mesh": -1}]}]}}});
    });
    warned("a VRM 0.x of wrong types", &bytes, "");
    let bytes = changed(|json, _| {
        json["animations"] = json!([{"channels": [{"sampler": 99, "target": {"node": 99, "path": "odd"}}], "samplers": []}]);
    });
    warned("a broken animation", &bytes, "animations");
    let bytes = changed(|json, _| {
        json["animations"] = json!([{"channels": [{"sampler": 0, "target": {"path": "pointer", "extensions": {}}}],
            "samplers": [{"input": 0, "output": 1}]}]);
    });
    warned("an animation of another kind", &bytes, "animations");
    let bytes = changed(|json, _| json["accessors"][0]["type"] = json!("V".repeat(100_000)));
    refused("a long type", &bytes, "type");
}

#[test]
fn channels_that_move_nothing_are_left_out() {
    let animated = |channels: Value| {
        changed(|json, bin| {
            let times = [0.0f32, 1.0].map(f32::to_le_bytes).concat();
            let values = [0.0f32, 0.0, 0.0, 0.0, 1.0, 0.0].map(f32::to_le_bytes);
            let views = [view(json, bin, &times), view(json, bin, &values.concat())];
            let [input, output] = [(views[0], "SCALAR"), (views[1], "VEC3")].map(|(view, kind)| {
                push(
                    json,
                    "accessors",
                    json!({"bufferView": view, "componentType": 5126, "count": 2, "type": kind,
                    "min": [0], "max": [1]}),
                )
            });
            json["animations"] = json!([{"name": "up", "channels": channels,
                "samplers": [{"input": input, "output": output}]}]);
        })
    };
    let channel =
        |node: usize, path: &str| json!({"sampler": 0, "target": {"node": node, "path": path}});
    // Found by fuzzing: the parser does not look at what a channel moves, and panics when asked for it.
    let bytes = animated(json!([
        channel(0, "translation"),
        channel(0, "rota(ion"),
        channel(4_000_000, "translation"),
    ]));
    let avatar = warned("channels of strange kinds", &bytes, "2 channels");
    assert_eq!(avatar.clips().len(), 1);
    assert_eq!(avatar.clips()[0].name(), "up");
    // Many faults in animations do not hide one elsewhere.
    let bytes = changed(|json, _| {
        json["animations"] = json!(vec![
            json!({"channels": [channel(0, "translation")], "samplers": []});
            200
        ]);
        json["nodes"][1]["mesh"] = json!(77);
    });
    refused("a lost mesh behind broken animations", &bytes, "nodes[1]");
}
