//! `zhubo doctor`: what this machine can do and what is missing.

use std::net::TcpListener;

use serde::Serialize;

use super::{Failure, Outcome};
use crate::config::Assets;
use crate::input;
use crate::lipsync::{self, RuntimeSearch};
use crate::remote::SpeechServer;
use crate::render::{Gpu, GpuOptions};
use crate::voice::Voice;
use crate::{output, voice};

/// Say what this machine can do and what is missing.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code 1 when something is missing that the demo needs.
Examples:
  zhubo doctor
  zhubo doctor --json"
)]
pub(super) struct Args {
    /// The result as JSON on stdout.
    #[arg(long)]
    json: bool,
}

/// How one finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    /// Something is worse than it could be.
    Note,
    /// The demo needs it.
    Missing,
}

#[derive(Clone, Debug, Serialize)]
struct Finding {
    what: &'static str,
    verdict: Verdict,
    detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Finding {
    fn ok(what: &'static str, detail: impl Into<String>) -> Self {
        Self {
            what,
            verdict: Verdict::Ok,
            detail: detail.into(),
            remedy: None,
        }
    }

    fn bad(
        what: &'static str,
        verdict: Verdict,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            what,
            verdict,
            detail: detail.into(),
            remedy: Some(remedy.into()),
        }
    }
}

pub(super) fn run(args: Args) -> Outcome {
    let mut findings = vec![system()];
    findings.push(adapter());
    findings.extend(lip_sync());
    findings.extend(voices());
    findings.push(fonts());
    findings.push(ffmpeg());
    findings.push(Finding::ok(
        "encoders",
        "H.264 (OpenH264), Opus (libopus), both built in; AAC through ffmpeg",
    ));
    findings.push(microphones());
    findings.push(port());
    let missing = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Missing)
        .count();
    if args.json {
        println!(
            "{}",
            serde_json::json!({"ok": missing == 0, "findings": findings})
        );
    } else {
        for finding in &findings {
            let mark = match finding.verdict {
                Verdict::Ok => "ok     ",
                Verdict::Note => "note   ",
                Verdict::Missing => "MISSING",
            };
            println!("{mark}  {:<12} {}", finding.what, finding.detail);
            if let Some(remedy) = &finding.remedy {
                println!("{:22} -> {remedy}", "");
            }
        }
    }
    if missing == 0 {
        return Ok(());
    }
    let error = anyhow::anyhow!(
        "{missing} of {} things are missing; `make setup` installs them all",
        findings.len()
    );
    Err(Failure::from(error))
}

fn system() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let detail = format!(
        "zhubo {}, {} {}, {cores} cores",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    );
    if cores >= 2 {
        Finding::ok("system", detail)
    } else {
        Finding::bad(
            "system",
            Verdict::Note,
            detail,
            "a live room at 720x1280 wants two cores or a GPU",
        )
    }
}

fn adapter() -> Finding {
    match Gpu::new(&GpuOptions::default()) {
        Ok(gpu) => {
            let kind = if gpu.is_cpu() {
                "drawn by the CPU"
            } else {
                "GPU"
            };
            Finding::ok(
                "adapter",
                format!("{} ({}, {kind})", gpu.adapter_name(), gpu.backend()),
            )
        }
        Err(error) => Finding::bad(
            "adapter",
            Verdict::Missing,
            crate::engine::chain(&error),
            "apt install mesa-vulkan-drivers libvulkan1, or the driver of your GPU",
        ),
    }
}

fn lip_sync() -> Vec<Finding> {
    let runtime = match lipsync::runtime_info(&RuntimeSearch::of_this_machine(None)) {
        Ok(info) => Finding::ok(
            "ONNX Runtime",
            format!(
                "{} at {}, for {}",
                info.version,
                info.path.display(),
                info.devices.join(", ")
            ),
        ),
        Err(error) => Finding::bad(
            "ONNX Runtime",
            Verdict::Missing,
            format!(
                "{}; without it lips follow loudness only",
                crate::engine::chain(&error)
            ),
            "make setup, or set ORT_DYLIB_PATH to libonnxruntime.so 1.24 or newer",
        ),
    };
    let (lips, warning) = lipsync::LipSync::open_or_energy(&lipsync::LipSyncOptions::default());
    let model = match warning {
        None => Finding::ok("lip-sync", lips.describe()),
        Some(warning) => Finding::bad("lip-sync", Verdict::Note, warning, "see ONNX Runtime above"),
    };
    vec![runtime, model]
}

fn voices() -> Vec<Finding> {
    let server = SpeechServer::default();
    let mut findings: Vec<Finding> = ["flite:slt", "espeak:cmn-latn-pinyin"]
        .into_iter()
        .map(
            |name| match name.parse::<Voice>().and_then(|voice| voice.check(&server)) {
                Ok(()) => Finding::ok("voice", format!("{name}, used by the demo room")),
                Err(error) => Finding::bad(
                    "voice",
                    Verdict::Missing,
                    crate::engine::chain(&error),
                    "apt install flite espeak-ng, or name other voices in the room's document",
                ),
            },
        )
        .collect();
    let installed = voice::installed_voices();
    findings.push(Finding::ok(
        "voices",
        format!(
            "{} installed; command:, openai: and clip: besides",
            installed.len()
        ),
    ));
    findings
}

fn fonts() -> Finding {
    let assets = Assets::from_environment();
    match (assets.fonts(), assets.font_path()) {
        (Ok(fonts), Some(path)) => Finding::ok(
            "font",
            format!("{} from {}", fonts.family(), path.display()),
        ),
        (Err(error), _) => Finding::bad(
            "font",
            Verdict::Missing,
            crate::engine::chain(&error),
            "apt install fonts-noto-cjk, or set ZHUBO_FONT to a font with Chinese and Latin letters",
        ),
        (Ok(fonts), None) => Finding::ok("font", fonts.family()),
    }
}

fn ffmpeg() -> Finding {
    match output::ffmpeg_version() {
        Ok(version) => Finding::ok("ffmpeg", version),
        Err(error) => Finding::bad(
            "ffmpeg",
            Verdict::Missing,
            crate::engine::chain(&error),
            "apt install ffmpeg (films need it)",
        ),
    }
}

fn microphones() -> Finding {
    let remedy =
        "only `zhubo live --microphone` needs one; --microphone=file:PATH plays a file as if live";
    match input::devices() {
        Ok(devices) if devices.is_empty() => {
            Finding::bad("microphones", Verdict::Note, "no capture device", remedy)
        }
        Ok(devices) => {
            let mut names: Vec<String> = devices
                .into_iter()
                .map(|device| {
                    let default = if device.is_default { ", default" } else { "" };
                    format!("{} ({}{default})", device.name, device.id)
                })
                .collect();
            names.sort();
            Finding::ok("microphones", names.join("; "))
        }
        Err(error) => Finding::bad("microphones", Verdict::Note, error.to_string(), remedy),
    }
}

fn port() -> Finding {
    match TcpListener::bind(("127.0.0.1", 8080)) {
        Ok(_) => Finding::ok("port 8080", "free on 127.0.0.1"),
        Err(error) => Finding::bad(
            "port 8080",
            Verdict::Note,
            format!("taken on 127.0.0.1 ({error})"),
            "`zhubo live` takes another free port, or choose one with --listen",
        ),
    }
}
