//! A film or a recording: packets to MP4 (H.264 + AAC) through ffmpeg, on the writer's own thread.
//!
//! The file grows under a temporary name beside its final one and is renamed when it is complete, so that a killed run
//! leaves no half film behind under the final name.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::matroska::{self, AudioCodec};
use super::{Error, Result};
use crate::media::{FrameRate, Packet, Size, Track};
use crate::threads::{self, SpawnError};

/// Packets on their way to the disk: about two seconds of sound and picture.
const QUEUE: usize = 150;
/// How much of ffmpeg's complaints is kept, in bytes.
const KEPT_WORDS: usize = 600;

/// What is written where.
#[derive(Clone, Debug)]
pub struct FileOptions {
    /// The finished file; its ending decides the container (`.mp4`).
    pub path: PathBuf,
    /// Picture size in pixels.
    pub size: Size,
    /// Frames per second.
    pub rate: FrameRate,
    /// What the audio packets hold.
    pub audio: AudioCodec,
    /// Audio channels.
    pub channels: u16,
    /// When this is set before the end, nothing is kept under the final name.
    pub abandoned: Arc<AtomicBool>,
}

/// A file being written.
#[derive(Debug)]
pub struct FileOutput {
    path: PathBuf,
    packets: Option<Sender<Packet>>,
    thread: Option<JoinHandle<Option<Result<()>>>>,
}

impl FileOutput {
    /// Starts ffmpeg and the thread that feeds it.
    ///
    /// # Errors
    /// When ffmpeg is missing, or the folder cannot be written.
    pub fn create(options: FileOptions) -> Result<Self> {
        let path = options.path.clone();
        let (packets, inbox) = bounded(QUEUE);
        let thread = threads::spawn(
            "zhubo-file",
            move || Writer::start(options),
            move |writer| writer.run(&inbox),
        )
        .map_err(|error| match error {
            SpawnError::Init(error) => error,
            other => Error::Thread {
                path: path.clone(),
                words: other.to_string(),
            },
        })?;
        Ok(Self {
            path,
            packets: Some(packets),
            thread: Some(thread),
        })
    }

    /// The finished file's name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Hands a packet over.
    ///
    /// # Errors
    /// When ffmpeg has ended, or (without `wait`) the disk cannot keep up.
    pub fn send(&mut self, packet: &Packet, wait: bool) -> Result<()> {
        let Some(packets) = &self.packets else {
            return Ok(());
        };
        let taken = if wait {
            packets.send(packet.clone()).map_err(|_gone| false)
        } else {
            packets
                .try_send(packet.clone())
                .map_err(|error| matches!(error, TrySendError::Full(_)))
        };
        match taken {
            Ok(()) => Ok(()),
            Err(true) => {
                self.close().ok();
                Err(Error::TooSlow {
                    path: self.path.clone(),
                })
            }
            Err(false) => self.close(),
        }
    }

    /// Writes the rest, waits for ffmpeg and gives the file its name.
    ///
    /// # Errors
    /// When ffmpeg failed or the file could not be renamed.
    pub fn finish(mut self) -> Result<()> {
        self.close()
    }

    fn close(&mut self) -> Result<()> {
        self.packets = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(Some(result))) => result,
            _ => Ok(()),
        }
    }
}

impl Drop for FileOutput {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!("{error}");
        }
    }
}

/// The thread's side: the child process and its pipe.
struct Writer {
    options: FileOptions,
    part: PathBuf,
    child: Child,
    pipe: Option<ChildStdin>,
    words: JoinHandle<Option<String>>,
    header_written: bool,
}

impl Writer {
    fn start(options: FileOptions) -> Result<Self> {
        let part = part_path(&options.path);
        let write = |source| Error::Write {
            path: options.path.clone(),
            source,
        };
        if let Some(folder) = options
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder).map_err(write)?;
        }
        // Made first, so that a folder without permission is our error and not ffmpeg's.
        std::fs::File::create(&part).map_err(write)?;
        let rate = format!("{}/{}", options.rate.num, options.rate.den);
        let mut child = Command::new("ffmpeg")
            .args([
                "-hide_banner",
                "-loglevel",
                "error",
                "-nostdin",
                "-y",
                "-f",
                "matroska",
                "-i",
                "pipe:0",
            ])
            .args([
                "-map", "0:v", "-map", "0:a", "-c:v", "copy", "-r", &rate, "-c:a", "aac", "-b:a",
                "160k",
            ])
            .args([
                "-fflags",
                "+bitexact",
                "-flags:a",
                "+bitexact",
                "-movflags",
                "+faststart",
                "-f",
                "mp4",
            ])
            .arg(&part)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Error::NoFfmpeg)?;
        let pipe = child.stdin.take();
        let stderr = child.stderr.take();
        let words = threads::spawn(
            "zhubo-ffmpeg-log",
            || Ok::<_, std::convert::Infallible>(stderr),
            |stderr| {
                let mut text = Vec::new();
                if let Some(mut stderr) = stderr {
                    stderr.read_to_end(&mut text).ok();
                }
                String::from_utf8_lossy(&text[text.len().saturating_sub(KEPT_WORDS)..])
                    .trim()
                    .to_owned()
            },
        )
        .map_err(|error| Error::Thread {
            path: options.path.clone(),
            words: error.to_string(),
        })?;
        Ok(Self {
            options,
            part,
            child,
            pipe,
            words,
            header_written: false,
        })
    }

    fn run(mut self, inbox: &Receiver<Packet>) -> Result<()> {
        let mut early = Vec::new();
        for packet in inbox {
            // The head needs the first keyframe; sound that comes before it waits.
            if !self.header_written {
                let config = matches!(packet.track, Track::Video)
                    .then(|| matroska::avc_config(&packet.data))
                    .flatten();
                early.push(packet);
                let Some(config) = config else { continue };
                let &FileOptions {
                    size,
                    rate,
                    audio,
                    channels,
                    ..
                } = &self.options;
                let frame_nanos = 1_000_000_000 * u64::from(rate.den) / u64::from(rate.num);
                if !self.write(&matroska::header(
                    size,
                    frame_nanos,
                    audio,
                    channels,
                    &config,
                )) {
                    break;
                }
                self.header_written = true;
                if !early
                    .drain(..)
                    .all(|packet| self.write(&matroska::cluster(&packet)))
                {
                    break;
                }
            } else if !self.write(&matroska::cluster(&packet)) {
                break;
            }
        }
        self.finish()
    }

    /// Whether ffmpeg still takes what it is given.
    fn write(&mut self, bytes: &[u8]) -> bool {
        self.pipe
            .as_mut()
            .is_some_and(|pipe| pipe.write_all(bytes).is_ok())
    }

    fn finish(mut self) -> Result<()> {
        self.pipe = None;
        let path = self.options.path;
        let status = self.child.wait().map_err(|source| Error::Write {
            path: path.clone(),
            source,
        })?;
        let words = self.words.join().ok().flatten().unwrap_or_default();
        if self.options.abandoned.load(Ordering::Relaxed) {
            return std::fs::remove_file(&self.part)
                .map_err(|source| Error::Write { path, source });
        }
        if !status.success() || !self.header_written {
            std::fs::remove_file(&self.part).ok();
            let words = if self.header_written {
                words
            } else {
                "there was no picture".to_owned()
            };
            return Err(Error::Ffmpeg { path, words });
        }
        std::fs::rename(&self.part, &path).map_err(|source| Error::Write { path, source })
    }
}

/// `film.mp4` grows as `.film.mp4.part`.
fn part_path(path: &Path) -> PathBuf {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    path.with_file_name(format!(".{name}.part"))
}

/// The first line of `ffmpeg -version`, or why it cannot be run.
///
/// # Errors
/// When ffmpeg is missing.
pub fn ffmpeg_version() -> Result<String> {
    let output = Command::new("ffmpeg")
        .arg("-version")
        .output()
        .map_err(Error::NoFfmpeg)?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().next().unwrap_or("ffmpeg").to_owned())
}
