//! Where a model runs, and what the program says when it cannot run there.

use zhubo::lipsync::{Device, Error, LipSync, LipSyncOptions};

use super::lipsync_foreign::{Folder, available, follows_the_burst};
use super::lipsync_manifest::{meter, meter_manifest};

#[test]
fn a_wished_for_device_that_is_not_there_is_an_error_with_a_remedy() {
    for device in [
        Device::Cuda,
        Device::TensorRt,
        Device::CoreMl,
        Device::DirectMl,
    ] {
        let options = LipSyncOptions {
            device,
            ..LipSyncOptions::default()
        };
        match LipSync::open(&options) {
            Err(Error::NoRuntime { .. }) => println!("skipped: no ONNX Runtime"),
            Err(error @ Error::Device { .. }) => {
                let text = error.to_string();
                assert!(
                    text.contains(device.name()) && text.contains("pip install"),
                    "{text}"
                );
            }
            Err(error) => panic!("{error}"),
            // On a machine that has it, it is what runs.
            Ok(lips) => assert_ne!(lips.info().runtime.unwrap().provider, "CPU"),
        }
    }
    let Some(lips) = available(LipSync::open(&LipSyncOptions::default())) else {
        return;
    };
    let runtime = lips.info().runtime.unwrap();
    assert_eq!(
        runtime.provider, "CPU",
        "the built-in model's manifest says so"
    );
    assert!(runtime.devices.contains(&"cpu"), "{:?}", runtime.devices);
}

#[test]
fn auto_takes_the_first_of_the_manifest_that_works() {
    let folder = Folder::new();
    let run_on = |providers: &str| {
        let rest = format!("kind = 'vrm5'\n[runtime]\nproviders = {providers}");
        let manifest = meter_manifest(320, 16_000, 5, &rest);
        let model = meter(320, &[1.0, 0.0, 0.0, 0.0, 0.0], &[0.0; 5]);
        folder.open(model, &manifest, LipSyncOptions::default())
    };
    let Some(mut lips) = available(run_on("['coreml', 'directml', 'cpu']")) else {
        return;
    };
    if cfg!(target_os = "linux") {
        assert_eq!(lips.info().runtime.unwrap().provider, "CPU");
        let error = run_on("['coreml', 'directml']").unwrap_err().to_string();
        assert!(
            error.contains("coreml, directml") && error.contains("--device"),
            "{error}"
        );
    }
    follows_the_burst(&mut lips, 12, 0.55..0.7);
    let described = lips.describe();
    assert!(described.starts_with("test 1 ("), "{described}");
}

/// Runs the program; its exit code and its last words.
fn zhubo(args: &[&str]) -> (i32, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_zhubo"))
        .args(args)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), words)
}

#[test]
fn the_program_refuses_a_device_and_a_model_that_it_cannot_have() {
    let Some(_) = available(LipSync::open(&LipSyncOptions::default())) else {
        return;
    };
    let folder = Folder::new();
    let text = |name: &str| folder.path(name).to_str().unwrap().to_owned();
    let wav = concat!(env!("CARGO_MANIFEST_DIR"), "/audio/samples/maybe_slt.wav");
    let (csv, film, document) = (text("mouth.csv"), text("film.mp4"), text("spot.toml"));
    let refused = |args: &[&str], code: i32, named: &[&str]| {
        let (found, words) = zhubo(args);
        assert_eq!(found, code, "{args:?}: {words}");
        for part in named {
            assert!(words.contains(part), "{args:?}: no {part} in: {words}");
        }
    };
    let lipsync = ["lipsync", wav, "-o", csv.as_str()];
    refused(
        &[&lipsync[..], &["--device", "gpu"]].concat(),
        2,
        &["gpu", "tensorrt"],
    );
    folder.write("model.toml", "name = 3");
    let model = text("model.toml");
    refused(
        &[&lipsync[..], &["--model", &model]].concat(),
        2,
        &["model.toml", "name"],
    );
    folder.write(
        "spot.toml",
        "script = 'Hello.'\n[lipsync]\nmodel = 'model.toml'\n",
    );
    refused(
        &["spot", &document, "-o", &film],
        2,
        &["model.toml", "name"],
    );
    folder.write(
        "spot.toml",
        "script = 'Hello.'\n[lipsync]\ndevice = 'gpu'\n",
    );
    refused(
        &["spot", &document, "-o", &film],
        2,
        &["lipsync.device", "gpu"],
    );
    if cfg!(target_os = "linux") {
        refused(
            &[&lipsync[..], &["--device", "coreml"]].concat(),
            1,
            &["coreml", "macOS"],
        );
        refused(
            &["spot", &document, "-o", &film, "--device", "directml"],
            1,
            &["directml"],
        );
    }
    let (code, words) = zhubo(&[&lipsync[..], &["--device", "cpu"]].concat());
    assert_eq!(code, 0, "{words}");
}
