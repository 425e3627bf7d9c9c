//! Packets to the world: WHEP viewers, files, and a counter for tests and benchmarks.

mod file;
mod interleave;
mod matroska;
#[cfg(feature = "live")]
pub mod webrtc;

use std::path::PathBuf;

use crossbeam_channel::Sender;

pub use file::{FileOptions, FileOutput, ffmpeg_version};
pub use interleave::Interleaver;
pub use matroska::AudioCodec;

use crate::media::Packet;

/// What went wrong on the way out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// ffmpeg is not there.
    #[error("start ffmpeg: is it installed? `apt install ffmpeg` (or `make setup`)")]
    NoFfmpeg(#[source] std::io::Error),
    /// ffmpeg ended with an error.
    #[error("ffmpeg could not write {path}: {words}")]
    Ffmpeg {
        /// The film.
        path: PathBuf,
        /// The end of what it printed.
        words: String,
    },
    /// The file cannot be made or renamed.
    #[error("write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The writer cannot keep up with a live room.
    #[error("writing {path} is slower than real time: the recording was ended, the room goes on")]
    TooSlow {
        /// The file.
        path: PathBuf,
    },
    /// A consumer in this process has ended or does not read.
    #[error("a consumer of packets has gone or does not keep up")]
    ConsumerGone,
    /// The thread that feeds ffmpeg could not be started.
    #[error("start the file writer for {path}: {words}")]
    Thread {
        /// The file.
        path: PathBuf,
        /// The cause.
        words: String,
    },
}

/// A result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// Where packets go.
#[derive(Debug)]
pub enum Sink {
    /// All viewers of a room.
    #[cfg(feature = "live")]
    Whep(webrtc::RoomFeed),
    /// A film or a recording.
    File(FileOutput),
    /// A consumer in this process.
    Channel(Sender<Packet>),
    /// Nowhere: the null twin.
    Null,
}

impl Sink {
    /// Hands one packet over. With `wait`, waits for room; else an output that is full ends with an error.
    ///
    /// # Errors
    /// When this output has ended; the others go on.
    pub fn send(&mut self, packet: &Packet, wait: bool) -> Result<()> {
        match self {
            #[cfg(feature = "live")]
            Self::Whep(feed) => {
                feed.send(packet);
                Ok(())
            }
            Self::File(file) => file.send(packet, wait),
            Self::Channel(consumer) if wait => consumer
                .send(packet.clone())
                .map_err(|_gone| Error::ConsumerGone),
            Self::Channel(consumer) => consumer
                .try_send(packet.clone())
                .map_err(|_full| Error::ConsumerGone),
            Self::Null => Ok(()),
        }
    }

    /// Whether somebody needs an IDR picture; answers yes once per wish.
    pub fn take_idr_request(&self) -> bool {
        match self {
            #[cfg(feature = "live")]
            Self::Whep(feed) => feed.take_idr_request(),
            Self::File(_) | Self::Channel(_) | Self::Null => false,
        }
    }

    /// Writes what is left and closes.
    ///
    /// # Errors
    /// When the file could not be finished.
    pub fn finish(self) -> Result<()> {
        match self {
            Self::File(file) => file.finish(),
            #[cfg(feature = "live")]
            Self::Whep(_) => Ok(()),
            Self::Channel(_) | Self::Null => Ok(()),
        }
    }
}
