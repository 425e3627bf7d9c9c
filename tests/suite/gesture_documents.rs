//! Gestures as documents: what is built in, what a folder adds, and what is refused.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails where it stands, in helper functions too"
)]

use std::collections::BTreeSet;
use std::path::Path;

use zhubo::config::Assets;
use zhubo::media::HostId;
use zhubo::motion::{Hands, Library, Moves};

fn built_in() -> Library {
    Assets::from_environment().gestures(None).unwrap()
}

#[test]
fn what_tags_and_rules_call_is_built_in_under_names_of_its_own() {
    let library = built_in();
    for name in [
        "welcome",
        "wave",
        "point-left",
        "point-right",
        "point-down",
        "point-card",
        "present",
        "offer",
        "count-1",
        "count-2",
        "count-3",
        "count-4",
        "count-5",
        "thumbs-up",
        "heart",
        "clap",
        "think",
        "bow",
        "shrug",
        "no",
        "ok",
        "beat-one",
        "beat-both",
        "beat-point",
        "open",
        "nod",
        "shake",
        "rest-hang",
        "rest-fold",
        "rest-clasp",
        "比心",
        "挥手",
        "鞠躬",
    ] {
        assert!(library.find(name).is_some(), "{name}");
    }
    let mut names = BTreeSet::new();
    for gesture in library.iter() {
        for name in gesture.names() {
            assert!(names.insert(name.clone()), "{name} is there twice");
        }
        assert!(
            (0.2..=1.5).contains(&gesture.lead_secs()),
            "{}",
            gesture.name
        );
        assert!(
            gesture.hold_secs[0] <= gesture.hold_secs[1],
            "{}",
            gesture.name
        );
    }
    // Left and right are the viewer's, hands the host's own.
    let point = library.get(library.find("point-left").unwrap()).unwrap();
    assert_eq!(point.hands, Hands::Right);
}

fn in_folder(files: &[(&str, &[u8])]) -> Result<Library, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let found = Assets::from_environment().gestures(Some(folder.path()));
    found.map_err(|error| error.to_string())
}

const KEY: &str = r#"
about = "x"
hands = "one"
[[key]]
lead = { at = [1.0, 0.0, 0.5], palm = "front", fingers = "up", hand = "open" }
"#;

#[test]
fn a_folder_adds_gestures_and_clips_and_overrules_what_is_built_in() {
    let clip = crate::clips::nodding();
    let beside = br#"
about = "A clip with a stroke"
clip = "yes.vrma"
stroke_secs = 0.3
aliases = ["agree"]
"#;
    let files: [(&str, &[u8]); 4] = [
        ("wave.toml", KEY.as_bytes()),
        ("deep-nod.vrma", &clip),
        ("yes.vrma", &clip),
        ("agreed.toml", beside),
    ];
    let library = in_folder(&files).unwrap();
    let get = |name: &str| library.get(library.find(name).unwrap()).unwrap();
    assert!(matches!(&get("wave").moves, Moves::Keys(keys) if keys.len() == 1));
    assert!(matches!(get("deep-nod").moves, Moves::Clip(_)));
    assert!((get("agree").stroke_secs - 0.3).abs() < 1e-6);
    assert_eq!(&*get("agree").name, "agreed");
    assert!(
        library.find("yes").is_none(),
        "a clip that a document names joins once"
    );
    assert_eq!(library.iter().count(), built_in().iter().count() + 2);
}

#[test]
fn bad_documents_say_what_is_wrong_and_where() {
    for (document, told) in [
        ("about = \"x\"\n", "key"),
        ("about = \"x\"\nhnads = \"one\"\n", "hnads"),
        (&KEY.replace("\"open\"", "\"paw\""), "relaxed"),
        (&KEY.replace("\"front\"", "\"north\""), "out, up, front"),
        (
            &KEY.replace("palm = \"front\"", "palm = [0, 0, 0]"),
            "[0, 0, 0]",
        ),
        (
            &KEY.replace("[1.0, 0.0, 0.5]", "[1e9, 0.0, 0.5]"),
            "-4 to 4",
        ),
        (&KEY.replace("hands = \"one\"", "hands = \"both\""), "both"),
        (&KEY.replace("hands = \"one\"", "hands = \"none\""), "none"),
        (
            &KEY.replace("about", "hold_secs = [2.0, 1.0]\nabout"),
            "hold_secs",
        ),
        (
            &KEY.replace("about", "prepare_secs = 1e9\nabout"),
            "prepare_secs",
        ),
        (
            &format!("{KEY}{}", &KEY[KEY.find("[[").unwrap()..]),
            "later",
        ),
        ("about = \"x\"\nclip = \"none.vrma\"\n", "none.vrma"),
    ] {
        let error = in_folder(&[("odd.toml", document.as_bytes())]).unwrap_err();
        assert!(error.contains(told), "{document}: {error}");
        assert!(
            error.contains("odd.toml") || error.contains("none.vrma"),
            "{error}"
        );
    }
    let error = in_folder(&[("broken.vrma", b"glTF nonsense")]).unwrap_err();
    assert!(error.contains("broken.vrma"), "{error}");
    let nowhere = Assets::from_environment().gestures(Some(Path::new("no/such/folder")));
    assert!(nowhere.unwrap_err().to_string().contains("no/such/folder"));
}

#[test]
fn a_document_names_its_folder_and_its_second_host() {
    let read = |text: &str| {
        zhubo::config::SpotDocument::parse(text, Path::new("x.toml")).map_err(|e| e.to_string())
    };
    let text = "script = \"Hi\"\n[gestures]\nfolder = \"own\"\n[co_host]\nid = \"chen\"\navatar = \"chen\"\n[picture]\ncard = [0.2, 0.5]\n";
    let spot = read(text).unwrap();
    assert_eq!(spot.gestures.folder.as_deref(), Some(Path::new("own")));
    assert_eq!(spot.co_host.unwrap().id, HostId::new("chen").as_str());
    assert_eq!(spot.picture.card, [0.2, 0.5]);
    let twins = read(&text.replace("id = \"chen\"", "id = \"lina\"")).unwrap_err();
    assert!(
        twins.contains("lina") && twins.contains("co_host"),
        "{twins}"
    );
    assert!(read(&text.replace("[0.2, 0.5]", "[2.0, 0.5]")).is_err());
}
