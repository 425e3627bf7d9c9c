//! Any bytes as an avatar file: read, posed, its face weighed. Nothing may panic, take seconds or fill the memory.
//!
//! `cargo +nightly fuzz run avatar fuzz/corpus -- -timeout=5 -rss_limit_mb=512`; `fuzz/seed` fills the corpus.
//! The two modules are compiled on their own instead of with the whole engine: 40 crates instead of 400.
#![no_main]
#![allow(dead_code, unused_imports, unreachable_pub, reason = "parts of the modules are for the rest of the engine")]

#[path = "../../src/avatar/mod.rs"]
mod avatar;
#[path = "../../src/media/mod.rs"]
mod media;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(avatar) = avatar::Avatar::from_glb(bytes, "fuzz.glb") else {
        return;
    };
    let mut pose = media::Pose::rest(media::HostId::new("x"));
    pose.head.yaw_deg = 20.0;
    pose.eyes.pitch_deg = 10.0;
    pose.blendshapes[media::Shape::JawOpen] = 0.5;
    let nodes = avatar.posed(&pose);
    assert_eq!(nodes.len(), avatar.rig.nodes.len());
    let _ = avatar.face_weights(&pose);
    for mesh in &avatar.meshes {
        let count = mesh.positions.len();
        assert!(mesh.indices.iter().all(|index| (*index as usize) < count));
        assert!(mesh.targets.iter().flat_map(|t| &t.deltas).all(|d| (d.vertex as usize) < count));
        assert!(mesh.positions.iter().all(|p| p.is_finite()));
        assert_eq!(mesh.normals.len(), count);
        let joints = mesh.skin.map_or(usize::MAX, |skin| avatar.rig.skins[skin].joints.len());
        assert!(mesh.joints.iter().flatten().all(|joint| usize::from(*joint) < joints));
    }
});
