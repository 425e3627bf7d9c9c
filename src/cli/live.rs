//! `zhubo live`: rooms on air.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use crossbeam_channel::Receiver;

use super::show::{self, Kind, Parts};
use super::{Failure, Outcome, stop, usage};
use crate::config::{Assets, RoomDocument};
use crate::engine::{
    self, Clock, Ending, Request, RoomHandle, SayRequest, ShowOptions, Summary, Timebase,
};
use crate::input;
use crate::lipsync::Device;
use crate::live::{self, LiveOptions, LiveRoom, SayBox, Server, VoiceOffer};
use crate::media::MediaTime;
use crate::output::webrtc::{RoomFeed, WhepOptions, WhepServer};
use crate::output::{FileOptions, FileOutput, Sink};
use crate::render::{Gpu, GpuOptions};
use crate::threads;

/// Where the server listens unless told otherwise.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// How often the rooms are looked after.
const ROUND: Duration = Duration::from_millis(100);

/// Put rooms on air.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zhubo live                                   the built-in demo room at http://127.0.0.1:8080/watch/demo
  zhubo live examples/room.toml --for 10m      for ten minutes, then end
  zhubo live room.toml --listen 0.0.0.0:8080   for others too; ZHUBO_TOKEN holds the operator's token
  zhubo live --record recordings               every room also into an MP4 file
  zhubo live room.toml --microphone            the host says what the microphone hears
  zhubo live --check room.toml                 only look whether the documents are valid")]
pub(super) struct Args {
    /// Room documents; the built-in demo room when none is given.
    documents: Vec<PathBuf>,
    /// Address and port of the HTTP server; port 0 takes any free one. By default 127.0.0.1:8080, or another free port
    /// when that one is taken.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// End after this long, for example 60s, 10m or 2h.
    #[arg(long = "for", value_name = "TIME", value_parser = parse_time)]
    duration: Option<MediaTime>,
    /// Write every room into this folder as well.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Let the host say what a microphone hears while no line is said: `default`, a part of a device's name (`zhubo
    /// doctor` lists them), or file:PATH for a sound file played as if live.
    #[arg(
        long,
        value_name = "DEVICE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "default"
    )]
    microphone: Option<String>,
    /// Once a second a white flash of two frames and a 1 kHz beep on the same tick, for measuring sync.
    #[arg(long)]
    test_pattern: bool,
    /// Another place for the lip-sync models than the documents': auto, cpu, cuda, tensorrt, coreml or directml.
    #[arg(long)]
    device: Option<Device>,
    /// Only check the documents.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: Args) -> Outcome {
    let mut documents = load(&args.documents)?;
    if args.microphone.is_some() && documents.len() > 1 {
        let words = "several rooms, one --microphone: write `[input] microphone` into the document of its room";
        return Err(usage(anyhow!(words)));
    }
    if let Some(device) = args.device {
        for document in &mut documents {
            document.lipsync.device = Some(device.name().to_owned());
        }
    }
    if args.check {
        for room in &documents {
            show::voices(&room.voice).map_err(usage)?;
            show::lipsync(&room.lipsync, &room.path).map_err(usage)?;
            println!("{}: room `{}` is valid", room.path.display(), room.id);
        }
        return Ok(());
    }
    let stop = stop::on_ctrl_c()?;
    let gpu = Arc::new(Gpu::new(&GpuOptions::default())?);
    let assets = Assets::from_environment();
    let whep = Arc::new(WhepServer::start(whep_options(args.listen))?);
    let mut rooms = Vec::new();
    for document in &documents {
        let mut options = show::prepare(&Parts::from(document), Kind::Live, &assets, gpu.clone())?;
        options.test_pattern = args.test_pattern;
        options.input = live_sound(&args, document);
        rooms.push(Room::new(document, options, &whep));
    }
    let server = serve(args.listen, &documents, &rooms, whep.clone())?;
    for room in &rooms {
        println!("watch: {}", server.watch_url(room.door.id()));
    }
    println!("console: {}", server.console_url());

    let mut running = Vec::new();
    for room in rooms {
        running.push(room.go_on_air(&args, stop.clone())?);
    }
    while running.iter().any(|room| !room.thread.is_finished()) {
        for room in &mut running {
            room.greet();
        }
        #[allow(
            clippy::disallowed_methods,
            reason = "the main thread has nothing else to do"
        )]
        std::thread::sleep(ROUND);
    }
    server.shutdown();
    let mut worst = Ok(());
    for room in running {
        worst = worst.and(room.report());
    }
    worst
}

/// The live sound of a room: the command line's, else the document's. Paths in a document start at its folder.
fn live_sound(args: &Args, document: &RoomDocument) -> Option<input::Source> {
    if let Some(text) = &args.microphone {
        return Some(text.as_str().into());
    }
    let folder = document.path.parent().unwrap_or(Path::new(""));
    match document.input.microphone.as_deref()?.into() {
        input::Source::File(path) => Some(input::Source::File(folder.join(path))),
        source => Some(source),
    }
}

fn load(paths: &[PathBuf]) -> Result<Vec<RoomDocument>, Failure> {
    if paths.is_empty() {
        return Ok(vec![RoomDocument::demo().map_err(usage)?]);
    }
    paths
        .iter()
        .map(|path| RoomDocument::load(path).map_err(usage))
        .collect()
}

fn whep_options(listen: Option<SocketAddr>) -> WhepOptions {
    WhepOptions {
        bind_ips: vec![listen.unwrap_or(DEFAULT_LISTEN).ip()],
        ..WhepOptions::default()
    }
}

/// Starts the HTTP server; without a wish, another free port is as good as a taken one.
fn serve(
    listen: Option<SocketAddr>,
    documents: &[RoomDocument],
    rooms: &[Room],
    whep: Arc<WhepServer>,
) -> Result<Server, Failure> {
    let pages: Vec<LiveRoom> = documents
        .iter()
        .zip(rooms)
        .map(|(document, room)| room.page(document))
        .collect();
    let options = LiveOptions {
        listen: listen.unwrap_or(DEFAULT_LISTEN),
        ..LiveOptions::default()
    };
    match live::serve(&options, pages.clone(), whep.clone()) {
        Err(live::Error::Listen { .. }) if listen.is_none() => {
            tracing::warn!("{DEFAULT_LISTEN} is taken: taking another port");
            let options = LiveOptions {
                listen: SocketAddr::new(DEFAULT_LISTEN.ip(), 0),
                ..options
            };
            Ok(live::serve(&options, pages, whep)?)
        }
        served => Ok(served?),
    }
}

/// A room that is ready to go on air.
struct Room {
    door: RoomHandle,
    inbox: Receiver<Request>,
    options: ShowOptions,
    feed: RoomFeed,
    opening: Vec<String>,
}

impl Room {
    fn new(document: &RoomDocument, options: ShowOptions, whep: &WhepServer) -> Self {
        let voices = options.voices.clone();
        let check = move |name: &str| {
            voices
                .check_from_outside(name)
                .map_err(|error| engine::chain(&error))
        };
        let (door, inbox) = RoomHandle::new(&document.id, check);
        let door = show::dressed(door, &options, &document.host);
        let opening = if options.test_pattern {
            Vec::new()
        } else {
            document.opening.clone()
        };
        Self {
            door,
            inbox,
            feed: whep.room(&document.id),
            options,
            opening,
        }
    }

    /// What the HTTP server must know.
    fn page(&self, document: &RoomDocument) -> LiveRoom {
        let offer = |voice: &str, label: &str, language: &str| VoiceOffer {
            id: voice.to_owned(),
            label: label.to_owned(),
            language: language.to_owned(),
        };
        let mut voices = vec![offer(
            document
                .voice
                .en
                .as_ref()
                .unwrap_or(&document.voice.default),
            "English",
            "en",
        )];
        if let Some(zh) = &document.voice.zh {
            voices.push(offer(zh, "中文", "zh"));
        }
        LiveRoom {
            handle: self.door.clone(),
            title: document.title.clone(),
            voices,
            language: None,
            say_box: if document.viewers_may_speak {
                SayBox::Shown
            } else {
                SayBox::Hidden
            },
        }
    }

    fn go_on_air(self, args: &Args, stop: Arc<AtomicBool>) -> Result<OnAir, Failure> {
        let Self {
            door,
            inbox,
            options,
            feed,
            opening,
        } = self;
        let mut sinks = vec![Sink::Whep(feed.clone())];
        if let Some(folder) = &args.record {
            sinks.push(Sink::File(recording(folder, &door, &options)?));
        }
        let ending = Ending {
            after: args.duration,
            tail: None,
            stop,
        };
        let inner = door.clone();
        let thread = threads::spawn(
            &format!("zhubo-engine-{}", door.id()),
            || Ok::<_, std::convert::Infallible>(()),
            move |()| {
                let clock = Clock::Live(Timebase::start_now());
                engine::run(
                    options,
                    clock,
                    &ending,
                    &inner,
                    &inbox,
                    sinks,
                    &mut |_, _| {},
                )
            },
        )
        .map_err(|error| anyhow!("{error}"))?;
        Ok(OnAir {
            door,
            feed,
            opening,
            thread,
        })
    }
}

/// The file a room is recorded into: the room's id, numbered so that no earlier recording is lost.
fn recording(
    folder: &Path,
    door: &RoomHandle,
    options: &ShowOptions,
) -> Result<FileOutput, Failure> {
    let path = (1..)
        .map(|number: u32| folder.join(format!("{}-{number:04}.mp4", door.id())))
        .find(|path| !path.exists())
        .context("no free file name")?;
    tracing::info!("{}: recording into {}", door.id(), path.display());
    Ok(FileOutput::create(FileOptions {
        path,
        size: options.scene.size(),
        rate: options.rate,
        audio: options.audio,
        channels: 1,
        abandoned: Arc::default(),
    })?)
}

/// A room on air.
struct OnAir {
    door: RoomHandle,
    feed: RoomFeed,
    /// What is said to the first viewer.
    opening: Vec<String>,
    thread: JoinHandle<Option<engine::Result<Summary>>>,
}

impl OnAir {
    /// Says the opening once somebody watches.
    fn greet(&mut self) {
        if self.opening.is_empty() || self.feed.viewers() == 0 {
            return;
        }
        for text in self.opening.drain(..) {
            if let Err(error) = self.door.say(SayRequest {
                text,
                ..SayRequest::default()
            }) {
                tracing::warn!("{}: the opening was not said: {error}", self.door.id());
            }
        }
    }

    /// Tells how it went.
    fn report(self) -> Outcome {
        let id = self.door.id().to_owned();
        let summary = match self.thread.join() {
            Ok(Some(summary)) => summary.with_context(|| format!("room {id}"))?,
            _ => return Err(anyhow!("room {id}: the engine died: this is a bug in zhubo").into()),
        };
        let stats = summary.stats;
        println!(
            "{id}: on air for {:.1} s, {} frames drawn, {} dropped, {} lines failed",
            summary.duration.as_secs_f64(),
            stats.frames_drawn,
            stats.frames_dropped,
            stats.failed_lines,
        );
        Ok(())
    }
}

/// `60s`, `10m`, `2h`, or seconds without a unit.
fn parse_time(text: &str) -> Result<MediaTime, String> {
    let (number, unit) = match text
        .char_indices()
        .find(|(_, c)| !c.is_ascii_digit() && *c != '.')
    {
        Some((at, _)) => text.split_at(at),
        None => (text, "s"),
    };
    let secs = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(format!("`{text}`: write for example 60s, 10m or 2h")),
    };
    match number.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(MediaTime::from_secs_f64(value * secs)),
        _ => Err(format!("`{text}`: write for example 60s, 10m or 2h")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_refused() {
        assert_eq!(parse_time("90"), Ok(MediaTime::from_millis(90_000)));
        assert_eq!(parse_time("1.5m"), Ok(MediaTime::from_millis(90_000)));
        assert_eq!(parse_time("2h"), Ok(MediaTime::from_millis(7_200_000)));
        for wrong in ["", "m", "10x", "-5s", "0", "1m30s"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }
}
