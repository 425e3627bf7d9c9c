//! The command line: one file per command. Results go to stdout, logs to stderr.
//!
//! Exit codes: 0 done, 1 failed while running, 2 wrong usage or invalid document.

mod align;
mod avatar;
mod bench;
mod bench_render;
mod doctor;
mod lipsync;
#[cfg(feature = "live")]
mod live;
mod motion;
mod part_file;
mod phones;
mod plot;
mod say;
mod show;
mod spot;
mod stop;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// Failed while running.
const FAILED: u8 = 1;
/// Wrong usage or invalid document.
const USAGE: u8 = 2;

/// Zhubo: a digital human host, live over WebRTC or in a film.
#[derive(Debug, Parser)]
#[command(
    name = "zhubo",
    version,
    about,
    max_term_width = 110,
    propagate_version = true
)]
struct Cli {
    /// More log lines: -v for debug, -vv for trace (`ZHUBO_LOG` takes precedence).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put a room on air: a page to watch, a host who says what is typed.
    #[cfg(feature = "live")]
    Live(live::Args),
    /// Make a film (MP4) from a document.
    Spot(spot::Args),
    /// Text to speech, into a WAV file.
    Say(say::Args),
    /// Speech to 52 ARKit blendshapes, into a CSV file.
    Lipsync(lipsync::Args),
    /// When each word and phone of a known text sounds, into a WebVTT file.
    Align(align::Args),
    /// The pose of a host over time, into a CSV file.
    Motion(motion::Args),
    /// Look at avatars: draw one into a PNG file.
    Avatar(avatar::Args),
    /// Say what this machine can do and what is missing.
    Doctor(doctor::Args),
    /// Measure the whole pipeline and each stage.
    Bench(bench::Args),
}

/// A failure with its exit code.
#[derive(Debug)]
struct Failure {
    code: u8,
    error: anyhow::Error,
}

type Outcome = Result<(), Failure>;

/// Makes any error a failure with exit code 1.
impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            code: FAILED,
            error: error.into(),
        }
    }
}

/// An error in what the user wrote: exit code 2.
fn usage(error: impl Into<anyhow::Error>) -> Failure {
    Failure {
        code: USAGE,
        error: error.into(),
    }
}

/// A lip-sync model that cannot be had: exit code 2 when its files are at fault.
fn lipsync_failure(error: crate::lipsync::Error) -> Failure {
    if error.is_in_a_file() {
        usage(error)
    } else {
        error.into()
    }
}

/// Runs the program and gives its exit code.
pub fn main() -> ExitCode {
    quieten_mesa();
    let cli = Cli::parse();
    start_logs(cli.verbose);
    let outcome = match cli.command {
        #[cfg(feature = "live")]
        Command::Live(args) => live::run(args),
        Command::Spot(args) => spot::run(args),
        Command::Say(args) => say::run(args),
        Command::Lipsync(args) => lipsync::run(args),
        Command::Align(args) => align::run(args),
        Command::Motion(args) => motion::run(args),
        Command::Avatar(args) => avatar::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Bench(args) => bench::run(args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, error }) => {
            eprintln!("error: {error:#}");
            ExitCode::from(code)
        }
    }
}

/// Mesa's device selection layer complains on stderr where there is no desktop session; we choose the adapter ourselves.
#[allow(unsafe_code, reason = "no other thread runs yet")]
fn quieten_mesa() {
    if std::env::var_os("XDG_RUNTIME_DIR").is_none()
        && std::env::var_os("NODEVICE_SELECT").is_none()
    {
        // SAFETY: `main` calls this first, before any thread is started.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}

fn start_logs(verbose: u8) {
    let level =
        ["warn,zhubo=info", "info,zhubo=debug", "info,zhubo=trace"][usize::from(verbose.min(2))];
    // The WebRTC stack reports every ended connection as a warning or error of its own.
    let default = format!("{level},wgpu_hal=error,wgpu_core=error,webrtc=off,rtc=off,ort=warn");
    let filter = EnvFilter::try_from_env("ZHUBO_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .without_time()
        .init();
}
