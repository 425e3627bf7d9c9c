//! One room's fan-out: encoded once, cut into RTP payloads once, handed to every viewer's queue.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rtc::rtp::codec::h264::H264Payloader;
use rtc::rtp::packetizer::Payloader as _;

use super::lock;
use super::queue::{Unit, ViewerQueue};
use crate::media::{MediaTime, Packet, Track};

/// RTP payload bytes per packet: 1 280 (the smallest IPv6 MTU) less IP, UDP, RTP with extensions, and SRTP.
const PAYLOAD_BYTES: usize = 1_180;
/// An IDR costs every viewer bandwidth, so joins and losses together cause at most one in this time.
pub const MIN_IDR_INTERVAL: MediaTime = MediaTime::from_millis(500);

/// Counters of one room since the server started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedStats {
    /// Connected now.
    pub viewers: usize,
    /// Viewers that ever connected.
    pub joined: u64,
    /// Times a viewer was too far behind and lost what waited for it.
    pub lags: u64,
    /// Pictures lost that way, summed over viewers.
    pub video_dropped: u64,
    /// Audio packets lost that way.
    pub audio_dropped: u64,
    /// Times a viewer asked for a whole picture (PLI or FIR).
    pub keyframe_requests: u64,
}

/// The engine's end of one room: what its paced sender feeds. Cheap to clone; nothing here waits.
#[derive(Clone, Debug)]
pub struct RoomFeed {
    pub(super) room: Arc<Room>,
}

#[derive(Debug)]
pub(super) struct Room {
    id: Box<str>,
    viewers: Mutex<Vec<Arc<ViewerQueue>>>,
    payloader: Mutex<H264Payloader>,
    idr: Mutex<Idr>,
    joined: AtomicU64,
    lags: AtomicU64,
    video_dropped: AtomicU64,
    audio_dropped: AtomicU64,
    keyframe_requests: AtomicU64,
}

#[derive(Debug, Default)]
struct Idr {
    wanted: bool,
    /// The newest picture's pts when the last IDR was granted.
    granted_at: Option<MediaTime>,
    newest_picture: Option<MediaTime>,
}

impl RoomFeed {
    /// The room's id.
    pub fn room_id(&self) -> &str {
        &self.room.id
    }

    /// Hands an encoded packet to every connected viewer. Never waits: a viewer that cannot keep up loses what waits for
    /// it, not this call's time. Packets of equal pts are to be sent at the same instant, because receivers are told
    /// that RTP time is the time of hand-over.
    pub fn send(&self, packet: &Packet) {
        self.room.send(packet);
    }

    /// Whether the encoder is to make an IDR now, because somebody joined or lost a picture. Ask before each picture.
    ///
    /// True at most once in [`MIN_IDR_INTERVAL`] of media time; an IDR that goes out for another reason fulfils the
    /// wish.
    pub fn take_idr_request(&self) -> bool {
        self.room.take_idr_request()
    }

    /// Connected viewers.
    pub fn viewers(&self) -> usize {
        lock(&self.room.viewers).len()
    }

    /// Counters so far.
    pub fn stats(&self) -> FeedStats {
        let room = &*self.room;
        FeedStats {
            viewers: self.viewers(),
            joined: room.joined.load(Ordering::Relaxed),
            lags: room.lags.load(Ordering::Relaxed),
            video_dropped: room.video_dropped.load(Ordering::Relaxed),
            audio_dropped: room.audio_dropped.load(Ordering::Relaxed),
            keyframe_requests: room.keyframe_requests.load(Ordering::Relaxed),
        }
    }
}

impl Room {
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: id.into(),
            viewers: Mutex::default(),
            payloader: Mutex::new(H264Payloader::default()),
            idr: Mutex::default(),
            joined: AtomicU64::new(0),
            lags: AtomicU64::new(0),
            video_dropped: AtomicU64::new(0),
            audio_dropped: AtomicU64::new(0),
            keyframe_requests: AtomicU64::new(0),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Takes a connected viewer into the fan-out and wishes for an IDR.
    pub(super) fn join(&self, queue: Arc<ViewerQueue>) {
        lock(&self.viewers).push(queue);
        self.joined.fetch_add(1, Ordering::Relaxed);
        lock(&self.idr).wanted = true;
    }

    pub(super) fn leave(&self, queue: &Arc<ViewerQueue>) {
        lock(&self.viewers).retain(|other| !Arc::ptr_eq(other, queue));
    }

    /// A viewer cannot decode what it has.
    pub(super) fn keyframe_requested(&self) {
        self.keyframe_requests.fetch_add(1, Ordering::Relaxed);
        lock(&self.idr).wanted = true;
    }

    fn send(&self, packet: &Packet) {
        if packet.track == Track::Video {
            let mut idr = lock(&self.idr);
            idr.newest_picture = Some(packet.pts);
            if packet.is_keyframe {
                idr.wanted = false;
            }
        }
        let viewers = lock(&self.viewers);
        if viewers.is_empty() {
            return;
        }
        let payloads = match packet.track {
            Track::Audio => vec![packet.data.clone()],
            Track::Video => lock(&self.payloader)
                .payload(PAYLOAD_BYTES, &packet.data)
                .unwrap_or_default(),
        };
        if payloads.is_empty() {
            return;
        }
        let unit = Arc::new(Unit {
            track: packet.track,
            pts: packet.pts,
            is_keyframe: packet.is_keyframe,
            payloads,
        });
        for queue in viewers.iter() {
            let lost = queue.push(&unit);
            self.lags.fetch_add(lost.lags, Ordering::Relaxed);
            self.video_dropped.fetch_add(lost.video, Ordering::Relaxed);
            self.audio_dropped.fetch_add(lost.audio, Ordering::Relaxed);
        }
    }

    fn take_idr_request(&self) -> bool {
        let mut idr = lock(&self.idr);
        if !idr.wanted {
            return false;
        }
        // A clock that was set back (a restarted engine) counts as long ago.
        let too_soon = match (idr.granted_at, idr.newest_picture) {
            (Some(granted), Some(newest)) => {
                (MediaTime::ZERO..MIN_IDR_INTERVAL).contains(&(newest - granted))
            }
            _ => false,
        };
        if too_soon {
            return false;
        }
        idr.wanted = false;
        idr.granted_at = idr.newest_picture;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn picture(frame: i64, is_keyframe: bool) -> Packet {
        Packet {
            track: Track::Video,
            pts: MediaTime::from_millis(frame * 40),
            duration: MediaTime::from_millis(40),
            is_keyframe,
            data: Bytes::from_static(&[0, 0, 0, 1, 0x65, 1, 2, 3]),
        }
    }

    #[test]
    fn at_most_one_idr_in_half_a_second() {
        let feed = RoomFeed {
            room: Arc::new(Room::new("demo")),
        };
        assert!(!feed.take_idr_request());
        let mut granted = vec![];
        for frame in 0..50 {
            feed.room.keyframe_requested();
            let grant = feed.take_idr_request();
            if grant {
                granted.push(frame);
            }
            feed.send(&picture(frame, grant));
        }
        // The very first is granted before a picture gave the room a clock; then every 13th (520 ms).
        assert_eq!(granted, [0, 1, 14, 27, 40]);
    }

    #[test]
    fn an_idr_made_for_another_reason_fulfils_the_wish() {
        let room = Room::new("demo");
        room.keyframe_requested();
        room.send(&picture(0, true));
        assert!(!room.take_idr_request());
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_silence_the_room() {
        let room = Room::new("demo");
        room.send(&picture(10_000, true));
        room.keyframe_requested();
        assert!(room.take_idr_request());
        room.send(&picture(0, false));
        room.keyframe_requested();
        assert!(room.take_idr_request());
    }
}
