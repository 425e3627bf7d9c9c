//! Outfits: what is not worn is not drawn and throws no shadow, and a change shows in the very next picture.

use std::path::Path;
use std::sync::Arc;

use image::RgbaImage;
use serde_json::{Value, json};
use zhubo::avatar::Avatar;
use zhubo::config::Assets;
use zhubo::engine::{Pipeline, PipelineOptions};
use zhubo::media::{FrameRate, HostId, MediaTime, Size};
use zhubo::render::Output;
use zhubo::scene::Framing;

use crate::puppet::{self, JAW};
use crate::render::{gpu, image_of, picture_of, renderer};

/// The standing puppet with a slim body (`blazer`), a broad one (`casual`) and a third one that is invisible; `change` has
/// the last word.
fn dressed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    puppet::speaking(&[JAW], false, |document| {
        document["nodes"][0]["translation"] = json!([0, 0.3, 0]);
        let body = document["meshes"][0]["primitives"][0].clone();
        let parts = document["meshes"][0]["primitives"].as_array_mut().unwrap();
        parts.remove(0);
        let bodies = [("Slim", 3), ("Broad", 1), ("Third", 2)].map(|(name, material)| {
            let mut body = body.clone();
            body["material"] = json!(material);
            json!({"name": name, "primitives": [body]})
        });
        let meshes = document["meshes"].as_array_mut().unwrap();
        meshes.extend(bodies);
        let invisible = json!({"KHR_node_visibility": {"visible": false}});
        let nodes = document["nodes"].as_array_mut().unwrap();
        nodes.extend([
            json!({"name": "Blazer", "mesh": 1, "skin": 0, "extras": {"outfits": ["blazer"]}}),
            json!({"name": "Shirt", "mesh": 2, "translation": [0, -0.6, 0], "scale": [1.5, 1.0, 1.5],
                "extras": {"outfits": ["casual"]}, "extensions": invisible}),
            json!({"name": "Never", "mesh": 3, "skin": 0, "extensions": invisible}),
        ]);
        document["extensionsUsed"] = json!(["KHR_node_visibility"]);
        document["scenes"][0] = json!({"nodes": [0, 5, 6, 7, 8], "extras": {"outfits": [
            {"id": "blazer", "name": "Blue blazer"}, {"id": "casual", "name": "Loose shirt"}]}});
        change(document);
    })
}

fn avatar(bytes: &[u8]) -> Arc<Avatar> {
    Arc::new(Avatar::from_glb(bytes, "dressed").unwrap())
}

fn ids(avatar: &Avatar) -> Vec<&str> {
    avatar.outfits().iter().map(|own| own.id.as_str()).collect()
}

#[test]
fn a_file_says_what_is_worn_with_what() {
    let avatar = avatar(&dressed(|_| ()));
    assert_eq!(ids(&avatar), ["blazer", "casual"]);
    assert_eq!(avatar.outfits()[1].name, "Loose shirt");
    let names = |outfit: usize| -> Vec<&str> {
        let worn = avatar.meshes.iter().filter(|mesh| mesh.worn.with(outfit));
        let mut names: Vec<&str> = worn.map(|mesh| mesh.name.as_str()).collect();
        names.dedup();
        names
    };
    assert_eq!(names(0), ["Puppet", "Slim"]);
    assert_eq!(names(1), ["Puppet", "Broad"]);
    let facts = avatar.facts();
    assert!(facts.warnings.iter().all(|w| !w.contains("visibility")));
    assert_eq!(facts.triangles_drawn, avatar.outfits()[0].triangles);
    let body = facts.triangles - facts.triangles_drawn;
    assert_eq!(
        facts.triangles_drawn,
        6 * body,
        "six balls of seven at once"
    );
    assert_eq!(avatar.outfit(Some("casual")), 1);
    assert_eq!((avatar.outfit(None), avatar.outfit(Some("armour"))), (0, 0));
}

#[test]
fn odd_lists_of_outfits_do_no_harm() {
    // Nobody lists them: the nodes do.
    let avatar_of = |change: &dyn Fn(&mut Value)| avatar(&dressed(|document| change(document)));
    let unlisted = avatar_of(&|d| d["scenes"][0]["extras"] = json!({"outfits": 7}));
    assert_eq!(ids(&unlisted), ["blazer", "casual"]);
    let partly =
        avatar_of(&|d| d["scenes"][0]["extras"]["outfits"] = json!(["casual", {"name": 3}]));
    assert_eq!(ids(&partly), ["casual", "blazer"]);
    let told = &partly.facts().warnings;
    assert!(
        told.iter().any(|w| w.contains("does not list: blazer")),
        "{told:?}"
    );
    let many = avatar_of(&|d| {
        let ids: Vec<String> = (0..100).map(|n| format!("o{n}")).collect();
        d["scenes"][0]["extras"]["outfits"] = json!(ids);
        d["nodes"][6]["extras"]["outfits"] = json!(["o3", 4, {}, null]);
    });
    assert_eq!(many.outfits().len(), 32);
    let slim = many.meshes.iter().find(|mesh| mesh.name == "Slim").unwrap();
    assert!(slim.worn.with(3) && !slim.worn.with(0));
    assert!(
        many.meshes.iter().all(|mesh| mesh.name != "Broad"),
        "its outfit has no place"
    );
    // What hangs on an invisible node is invisible too.
    let hung = avatar_of(&|d| {
        d["nodes"][8]["children"] = json!([6]);
        d["scenes"][0]["nodes"] = json!([0, 5, 7, 8]);
    });
    assert!(hung.meshes.iter().all(|mesh| mesh.name != "Slim"));
}

#[test]
fn a_change_shows_in_the_next_picture_as_if_nothing_else_existed() {
    let Some(gpu) = gpu() else { return };
    let size = Size::new(240, 426);
    let both = avatar(&dressed(|_| ()));
    let mut renderer_of_both = renderer(&gpu, size, Output::Rgba, &both);
    let mut picture = picture_of(&both, Framing::Full, size);
    let mut worn = |outfit: Option<&str>| {
        picture.poses[0].outfit = outfit.map(Into::into);
        image_of(&renderer_of_both.draw(&picture).unwrap())
    };
    let found = [
        None,
        Some("casual"),
        Some("blazer"),
        Some("casual"),
        Some("armour"),
    ]
    .map(&mut worn);
    // The same puppets with nothing to change in the file; the broad one is framed like the slim one.
    let alone = |node: usize| -> RgbaImage {
        let only = avatar(&dressed(|document| {
            document["scenes"][0] = json!({"nodes": [0, 5, node]});
            let node = document["nodes"][node].as_object_mut().unwrap();
            node.remove("extras");
            node.remove("extensions");
        }));
        let mut renderer = renderer(&gpu, size, Output::Rgba, &only);
        let mut alone = picture_of(&only, Framing::Full, size);
        alone.camera = picture_of(&both, Framing::Full, size).camera;
        image_of(&renderer.draw(&alone).unwrap())
    };
    let (blazer, casual) = (alone(6), alone(7));
    assert_ne!(blazer, casual);
    for (index, expected) in [&blazer, &casual, &blazer, &casual, &blazer]
        .into_iter()
        .enumerate()
    {
        assert!(
            found[index] == *expected,
            "picture {index} shows something else"
        );
    }
}

#[test]
fn a_room_changes_clothes_from_one_step_to_the_next() {
    let options = PipelineOptions {
        avatars: Vec::new(),
        gestures: Arc::default(),
        hosts: vec![HostId::new("lina"), HostId::new("guest")],
        seed: 7,
        lead: MediaTime::ZERO,
        test_pattern: false,
    };
    let mut pipeline = Pipeline::new(options, crate::show::options().scene);
    let worn = [None, Some("casual"), Some("casual"), Some("blazer"), None];
    for (index, worn) in (0..).zip(worn) {
        pipeline.wear(0, worn);
        let step = pipeline.step(FrameRate::whole(25).tick(index), &mut |_| None);
        let outfits: Vec<_> = step
            .picture
            .poses
            .iter()
            .map(|pose| pose.outfit.as_deref())
            .collect();
        assert_eq!(outfits, [worn, None], "the guest keeps what it wears");
    }
}

/// What `Assets` makes of the dressed puppet, whose file says nothing, and this `avatar.toml`.
fn told(document: &str) -> Result<Avatar, String> {
    let folder = tempfile::tempdir().unwrap();
    let bytes = dressed(|document| {
        document["scenes"][0]
            .as_object_mut()
            .unwrap()
            .remove("extras");
        for node in 6..9 {
            let node = document["nodes"][node].as_object_mut().unwrap();
            node.remove("extras");
            node.remove("extensions");
        }
    });
    std::fs::write(folder.path().join("model.glb"), bytes).unwrap();
    let document = format!("file = \"model.glb\"\n{document}");
    std::fs::write(folder.path().join("avatar.toml"), document).unwrap();
    let name = folder.path().to_str().unwrap();
    let loaded = Assets::from_environment().avatar(name, Path::new(""));
    loaded.map_err(|error| error.to_string())
}

#[test]
fn avatar_toml_dresses_a_file_that_says_nothing() {
    let avatar = told(
        "[outfits.work]\nname = \"For work\"\nhide = [\"Shirt\", \"Third\"]\n\
         [outfits.casual]\nhide = [\"Slim\", \"red\"]\n[outfits.all]",
    )
    .unwrap();
    assert_eq!(
        ids(&avatar),
        ["work", "casual", "all"],
        "in the order in which they are written"
    );
    assert_eq!(avatar.outfits()[0].name, "For work");
    assert_eq!(avatar.outfits()[1].name, "casual");
    let worn = |name: &str| {
        let mesh = avatar.meshes.iter().find(|mesh| mesh.name == name).unwrap();
        [0, 1, 2].map(|outfit| mesh.worn.with(outfit))
    };
    assert_eq!(worn("Slim"), [true, false, true]);
    assert_eq!(worn("Broad"), [false, true, true]);
    assert_eq!(worn("Third"), [false, false, true]);
}

#[test]
fn wrong_outfits_are_refused_with_line_and_remedy() {
    let error = told("name = \"x\"\n[outfits.work]\nhide = [\"Shirts\"]").unwrap_err();
    println!("{error}");
    for part in ["avatar.toml:3", "outfits.work", "`Shirts`", "near: Shirt"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let everything = "[outfits.none]\nhide = [\"Puppet\", \"Slim\", \"Broad\", \"Third\"]";
    let error = told(everything).unwrap_err();
    assert!(
        error.contains("outfits.none") && error.contains("everything"),
        "{error}"
    );
    let error = told("[outfits.work]\nshow = [\"Shirt\"]").unwrap_err();
    assert!(error.contains("show") && error.contains("hide"), "{error}");
}
