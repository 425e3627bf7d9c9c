//! `zhubo avatar` as a person meets it: the check, the sheet of faces, the turntable.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::film::{words, zhubo};
use crate::puppet;

/// A folder with a puppet in it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("puppet.glb"), puppet::glb()).unwrap();
    folder
}

/// What the program says, which must end well.
fn done(args: &[&str], folder: &Path) -> Output {
    let output = zhubo(args, folder);
    assert!(output.status.success(), "{}", words(&output));
    output
}

#[test]
fn check_says_what_is_in_a_file_and_what_is_missing() {
    let folder = folder();
    let output = zhubo(&["avatar", "check", "puppet.glb", "--json"], folder.path());
    assert!(output.status.success(), "{}", words(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["format"], "glb");
    assert_eq!(report["vrm_version"], Value::Null);
    assert_eq!(report["mouth"]["works"], true);
    assert_eq!(report["arkit_shapes"], 1);
    assert_eq!(report["joints"], 5);
    assert_eq!(report["errors"], serde_json::json!([]));
    assert!(report["triangles"].as_u64().unwrap() > 1000);
    let warnings = report["warnings"].as_array().unwrap();
    let blinks = |w: &Value| w.as_str().unwrap().contains("blink");
    assert!(warnings.iter().any(blinks), "{warnings:?}");

    let output = zhubo(&["avatar", "check", "puppet.glb"], folder.path());
    let table = String::from_utf8(output.stdout).unwrap();
    for line in ["jawOpen", "triangles", "skeleton", "avatar render"] {
        assert!(table.contains(line), "{line} is not in\n{table}");
    }
}

#[test]
fn check_fails_with_the_error_in_its_report() {
    let folder = folder();
    let whole = puppet::glb();
    std::fs::write(folder.path().join("cut.glb"), &whole[..whole.len() / 2]).unwrap();
    let output = zhubo(&["avatar", "check", "cut.glb", "--json"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let error = report["errors"][0].as_str().unwrap();
    assert!(error.contains("cut.glb"), "{error}");
    assert!(words(&output).contains("error: "), "{}", words(&output));
}

#[test]
fn a_sheet_shows_every_shape() {
    let folder = folder();
    let args = [
        "avatar",
        "render",
        "puppet.glb",
        "--sheet",
        "faces.png",
        "--size",
        "40x48",
        "--background",
        "#808080",
    ];
    let output = done(&args, folder.path());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("119 pictures"), "{said}");
    let sheet = image::open(folder.path().join("faces.png"))
        .unwrap()
        .into_rgb8();
    // Eight columns; five sections of one row, one of two and one of seven, two of which hold whole figures; four rows of
    // gestures, which are figures too.
    let (row, figures) = (48 + 28 + 8, 80 + 28 + 8);
    let height = 8 * 60 + (3 + 2 + 7) * row + (2 + 4) * figures + 8;
    assert_eq!(sheet.dimensions(), (8 + 8 * 48, height));
    // The shapes come after views, visemes, feelings and a blink.
    let top = 4 * 60 + (3 + 2) * row + 60;
    let cell = |index: u32| {
        let (x, y) = (8 + index % 8 * 48, top + index / 8 * row);
        image::imageops::crop_imm(&sheet, x, y, 40, 48).to_image()
    };
    let jaw_open = zhubo::media::Shape::JawOpen as u32;
    assert_ne!(cell(0), cell(jaw_open));
    assert_eq!(cell(0), cell(7), "the puppet's eyes do not close");
}

#[test]
fn a_folder_gets_a_sheet_of_each_kind() {
    let folder = folder();
    let args = [
        "avatar",
        "render",
        "puppet.glb",
        "--sheet",
        "sheets",
        "--size",
        "40x48",
    ];
    done(&args, folder.path());
    let sheets = folder.path().join("sheets");
    let mut names: Vec<String> = std::fs::read_dir(&sheets)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [
        "blink", "feelings", "full", "gestures", "half", "shapes", "views", "visemes",
    ];
    assert_eq!(names, expected.map(|name| format!("{name}.png")));
    let views = image::open(sheets.join("views.png")).unwrap().into_rgb8();
    let cell =
        |index: u32| image::imageops::crop_imm(&views, 8 + index * 48, 60, 40, 48).to_image();
    assert!(cell(0) != cell(2), "a profile is no front");
    assert!(cell(0) != cell(4), "both profiles are the same");
}

#[test]
fn a_turntable_goes_round_once() {
    let folder = folder();
    let args = [
        "avatar",
        "render",
        "puppet.glb",
        "--turntable",
        "round.mp4",
        "--size",
        "64x64",
        "--camera",
        "face",
    ];
    done(&args, folder.path());
    let probe = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-select_streams", "v"])
        .args(["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"])
        .arg(folder.path().join("round.mp4"))
        .output()
        .expect("ffprobe: make setup installs ffmpeg");
    assert_eq!(String::from_utf8_lossy(&probe.stdout).trim(), "200");

    let output = zhubo(
        &["avatar", "render", "puppet.glb", "--turntable", "round.gif"],
        folder.path(),
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(words(&output).contains(".mp4"), "{}", words(&output));
}

#[test]
fn what_the_avatar_does_not_have_is_refused() {
    let folder = folder();
    for (args, said) in [
        (["--expression", "happy=1"], "no expressions"),
        (["--expression", "happy"], "name=weight"),
        (["--pose", "jawOpen=2"], "0 to 1"),
        (["--time", "-1"], "86400"),
        (["--camera", "nowhere.json"], "nowhere.json"),
    ] {
        let [key, value] = args;
        let equals = format!("{key}={value}");
        let output = zhubo(
            &["avatar", "render", "puppet.glb", "-o", "x.png", &equals],
            folder.path(),
        );
        assert_eq!(output.status.code(), Some(2), "{equals}");
        assert!(
            words(&output).contains(said),
            "{equals}: {}",
            words(&output)
        );
        assert!(!folder.path().join("x.png").exists());
    }
}

#[test]
fn a_whole_figure_is_seen_from_side_to_side() {
    // The puppet with its body turned into a long beam.
    let bytes = puppet::speaking(&[puppet::JAW], false, |document| {
        document["nodes"][5]["skin"] = Value::Null;
        document["nodes"][5].as_object_mut().unwrap().remove("skin");
        document["nodes"][5]["scale"] = serde_json::json!([12.0, 1.0, 1.0]);
    });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("beam.glb"), bytes).unwrap();
    let args = [
        "avatar",
        "render",
        "beam.glb",
        "-o",
        "beam.png",
        "--size",
        "90x160",
        "--camera",
        "full",
        "--background",
        "transparent",
    ];
    done(&args, folder.path());
    let picture = image::open(folder.path().join("beam.png"))
        .unwrap()
        .into_rgba8();
    let column = |x: u32| (0..160).any(|y| picture.get_pixel(x, y)[3] > 0);
    assert!(!column(0) && !column(89), "it is cut at the sides");
    assert!(column(6) && column(83), "it is as large as it can be");
}
