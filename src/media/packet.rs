//! What an encoder gives and an output takes.

use bytes::Bytes;

use super::MediaTime;

/// Which stream a packet belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Track {
    /// The picture.
    Video,
    /// The sound.
    Audio,
}

/// One encoded unit. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The stream.
    pub track: Track,
    /// When it is to be seen or heard.
    pub pts: MediaTime,
    /// How long it lasts.
    pub duration: MediaTime,
    /// Whether decoding can start here (an IDR picture; every audio packet).
    pub is_keyframe: bool,
    /// H.264 in Annex B form (SPS and PPS before each IDR), an Opus packet, or 32-bit float PCM.
    pub data: Bytes,
}

/// A message on a media channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<T> {
    /// The next item.
    Data(T),
    /// Nothing follows: flush and finish.
    End,
}
