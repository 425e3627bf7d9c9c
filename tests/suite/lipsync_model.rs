//! What comes with a lip-sync model: its manifest, its files and the runtime library; each refusal says what to do.

use std::path::{Path, PathBuf};
use std::process::Command;

use zhubo::lipsync::{Error, LipSync, LipSyncOptions, Manifest, RuntimeSearch, runtime_info};

/// A file of the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The hash that a manifest gives.
fn model_sha256(manifest: &str) -> &str {
    let (_, rest) = manifest.split_once("sha256 = \"").unwrap();
    &rest[..64]
}

/// A copy of the built-in model in a folder of its own, with its manifest changed.
fn changed_model(folder: &Path, from: &str, to: &str) -> PathBuf {
    for file in ["model.onnx", "poses.toml"] {
        std::fs::copy(repository("audio/lipsync").join(file), folder.join(file)).unwrap();
    }
    let text = std::fs::read_to_string(repository("audio/lipsync/model.toml")).unwrap();
    let sha256 = model_sha256(&text);
    let from = &from.replace("{sha256}", sha256);
    assert!(text.contains(from), "{from}");
    let path = folder.join("model.toml");
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    path
}

/// What is changed in the manifest (`{sha256}` is the model's hash), into what, and what the message must name.
const WRONG_MANIFESTS: &[(&str, &str, &[&str])] = &[
    (
        "license =",
        "licence =",
        &["model.toml", "licence", "expected one of"],
    ),
    (
        "name = \"zhubo-lips\"",
        "",
        &["model.toml", "missing field `name`"],
    ),
    (
        "kind = \"raw\"",
        "kind = \"mfcc\"",
        &["audio.window", "None"],
    ),
    (
        "mode = \"step\"",
        "mode = \"window\"",
        &["outputs.frames.fps", "window", "is missing"],
    ),
    ("16000", "4000", &["audio.sample_rate_hz", "4000", "8000"]),
    (
        "mode = \"step\"",
        "mode = \"steps\"",
        &["model.toml", "unknown variant `steps`"],
    ),
    (
        "kind = \"classes\"",
        "kind = \"pca\"",
        &["poses.toml", "unknown field"],
    ),
    (
        "[\"cpu\"]",
        "[\"coreml\"]",
        &["runtime.providers", "coreml", "model.toml"],
    ),
    ("[\"cpu\"]", "[\"gpu\"]", &["unknown variant `gpu`"]),
    (
        "\"softmax\"",
        "\"sigmoid\"",
        &["outputs.activation", "apply = \"softmax\""],
    ),
    (
        "lookahead_steps = 4",
        "lookahead_steps = 4\nright_context = 3",
        &["stream.right_context", "lookahead_steps"],
    ),
    (
        "step_samples = 320",
        "step_samples = 640",
        &["step_samples", "640", "320"],
    ),
    (
        "shape = [1, 320]",
        "shape = [1, 400]",
        &["input audio", "[1, 400]", "320"],
    ),
    (
        "{sha256}",
        "0000000000000000000000000000000000000000000000000000000000000000",
        &["model.onnx", "SHA-256", "00000000", "fetch the model again"],
    ),
    (
        "sha256 = \"",
        "sha256 = \"zz",
        &["sha256", "64 hexadecimal digits"],
    ),
    (
        "file = \"model.onnx\"",
        "file = \"../../etc/passwd\"",
        &["file", "beside the manifest"],
    ),
    (
        "file = \"model.onnx\"",
        "file = \"absent.onnx\"",
        &["absent.onnx"],
    ),
    (
        "\"state_3_in\"",
        "\"memory\"",
        &["input memory", "not in the model", "state_3_in"],
    ),
    (
        "[1, 16, 144]",
        "[1, 16, 64]",
        &["state_2_in", "[1, 16, 64]", "144"],
    ),
    (
        "[1, 16, 144]",
        "[9999999, 9999999, 144]",
        &["inputs.states.shape"],
    ),
    (
        "shape = [1, 26]",
        "shape = [1, 27]",
        &["outputs.names", "26 names"],
    ),
    (
        "\"ER\"",
        "\"XX\"",
        &["poses.toml", "phones.XX", "is missing"],
    ),
    (
        "lookahead_steps = 4",
        "lookahead_steps = 4000",
        &["lookahead_steps", "4000"],
    ),
    ("level_dbfs = -20.0", "level_dbfs = nan", &["level_dbfs"]),
    ("{ in = \"state_5_in\"", "#", &["state_5_in"]),
];

#[test]
fn a_model_that_does_not_fit_its_manifest_is_refused_by_name() {
    for (from, to, named) in WRONG_MANIFESTS {
        let folder = tempfile::tempdir().unwrap();
        let manifest = changed_model(folder.path(), from, to);
        let error = match LipSync::open(&LipSyncOptions {
            model: Some(manifest),
            ..LipSyncOptions::default()
        }) {
            Err(Error::NoRuntime { .. }) => {
                println!("skipped: no ONNX Runtime");
                continue;
            }
            Err(error) => error.to_string(),
            Ok(_) => panic!("{to} was taken"),
        };
        for name in *named {
            assert!(error.contains(name), "{to}: no {name} in: {error}");
        }
    }
}

#[test]
fn files_that_are_no_models_give_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: PathBuf| {
        let options = LipSyncOptions {
            model: Some(path),
            ..LipSyncOptions::default()
        };
        LipSync::open(&options).map(|_| ())
    };
    assert!(matches!(
        open(folder.path().join("none.toml")),
        Err(Error::Read { .. })
    ));
    assert!(matches!(
        open(folder.path().to_path_buf()),
        Err(Error::Read { .. })
    ));
    assert!(matches!(
        open(repository("audio/lipsync/model.onnx")),
        Err(Error::Read { .. })
    ));
    // Bytes that are no ONNX file, with a manifest that vouches for them.
    for junk in [&b""[..], b"not a model", &[0xff; 5000]] {
        let digest = sha256(junk);
        let manifest = changed_model(folder.path(), "{sha256}", &digest);
        std::fs::write(folder.path().join("model.onnx"), junk).unwrap();
        match open(manifest) {
            Err(Error::OpenModel { .. } | Error::Mismatch { .. }) => {}
            Err(Error::NoRuntime { .. }) => println!("skipped: no ONNX Runtime"),
            other => panic!("{other:?}"),
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn the_built_in_manifest_names_its_licence_and_its_file() {
    let text = std::fs::read_to_string(repository("audio/lipsync/model.toml")).unwrap();
    let manifest = Manifest::parse(&text, "model.toml").unwrap();
    let bytes = std::fs::read(repository("audio/lipsync").join(&manifest.file)).unwrap();
    assert_eq!(sha256(&bytes), manifest.sha256);
    assert_eq!(manifest.license, "MIT OR Apache-2.0");
}

#[test]
fn the_runtime_is_looked_for_in_order_and_the_newest_wins() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("lib"), folder.path().join("cache"));
    for (place, file) in [
        (&second, "libonnxruntime.so.1.9.0"),
        (&second, "libonnxruntime.so.1.24.4"),
        (&second, "libonnxruntime.so.1.24.10"),
        (&second, "libonnxruntime_providers_shared.so"),
        (&second, "libonnxruntime.so"),
    ] {
        std::fs::create_dir_all(place).unwrap();
        std::fs::write(place.join(file), "").unwrap();
    }
    let search = RuntimeSearch {
        folders: vec![("first", first.clone()), ("second", second.clone())],
        ..RuntimeSearch::default()
    };
    let (found, looked) = search.candidates();
    assert_eq!(
        found,
        [("second", second.join("libonnxruntime.so.1.24.10"))]
    );
    assert_eq!(looked.len(), 1);
    assert!(looked[0].contains(&first.display().to_string()));
    let machine = RuntimeSearch::of_this_machine(None);
    let places: Vec<&str> = machine.folders.iter().map(|(place, _)| *place).collect();
    assert_eq!(places[..2], ["lib/ beside the program", "cache"]);
}

/// Runs in a process of its own: the runtime is loaded once per process, and here it must not be.
#[test]
#[ignore = "run by a_missing_runtime_is_told_with_places_and_remedy"]
fn child_without_runtime() {
    let folder = tempfile::tempdir().unwrap();
    let fake = folder.path().join("libonnxruntime.so.1.24.4");
    std::fs::write(&fake, "no library").unwrap();
    let search = RuntimeSearch {
        folders: vec![
            ("cache", folder.path().to_path_buf()),
            ("python", folder.path().join("x")),
        ],
        ..RuntimeSearch::default()
    };
    let error = runtime_info(&search).unwrap_err().to_string();
    for part in [
        "not an ONNX Runtime library",
        "(python): nothing there",
        "make setup",
        "pip install",
    ] {
        assert!(error.contains(part), "no {part} in: {error}");
    }
    for wrong in [
        fake,
        folder.path().join("absent.so"),
        folder.path().to_path_buf(),
    ] {
        let options = LipSyncOptions {
            runtime_path: Some(wrong.clone()),
            ..LipSyncOptions::default()
        };
        let error = LipSync::open(&options).unwrap_err();
        assert!(matches!(error, Error::LoadRuntime { .. }), "{error}");
        assert!(error.to_string().contains(&wrong.display().to_string()));
        let (mut lips, warning) = LipSync::open_or_energy(&options);
        assert!(warning.unwrap().contains("lips will not close"));
        assert_eq!(lips.info().name, "energy");
        assert_eq!(lips.track_16k(&[0.1; 640]).unwrap().frames.len(), 2);
    }
    println!("child was here");
}

#[test]
fn a_missing_runtime_is_told_with_places_and_remedy() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "lipsync_model::child_without_runtime",
            "--ignored",
            "--nocapture",
        ])
        .env_remove("ORT_DYLIB_PATH")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let cried = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("child was here"),
        "{said}\n{cried}"
    );
}
