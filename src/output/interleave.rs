//! Two encoded streams into one, in the order of their pts.

use std::collections::VecDeque;

use crate::media::{MediaTime, Packet, Track};

/// Holds packets until their turn.
///
/// A live room asks for what is *due*: sound never waits for a late picture. A film asks for what is *settled*: a packet
/// leaves when no earlier one can follow, so that the file is well interleaved.
#[derive(Debug, Default)]
pub struct Interleaver {
    video: VecDeque<Packet>,
    audio: VecDeque<Packet>,
}

impl Interleaver {
    /// Takes a packet; packets of one track come in order.
    pub fn push(&mut self, packet: Packet) {
        match packet.track {
            Track::Video => self.video.push_back(packet),
            Track::Audio => self.audio.push_back(packet),
        }
    }

    /// The next packet with a pts not after `now`, video first among equals.
    pub fn pop_due(&mut self, now: MediaTime) -> Option<Packet> {
        let due = |queue: &VecDeque<Packet>| {
            queue
                .front()
                .filter(|packet| packet.pts <= now)
                .map(|packet| packet.pts)
        };
        match (due(&self.video), due(&self.audio)) {
            (Some(video), Some(audio)) if video <= audio => self.video.pop_front(),
            (Some(_), None) => self.video.pop_front(),
            (_, Some(_)) => self.audio.pop_front(),
            (None, None) => None,
        }
    }

    /// The next packet that no other can precede: both tracks have one waiting, or `ended`.
    pub fn pop_settled(&mut self, ended: bool) -> Option<Packet> {
        if !ended && (self.video.is_empty() || self.audio.is_empty()) {
            return None;
        }
        self.pop_due(MediaTime(i64::MAX))
    }

    /// The earliest pts that waits.
    pub fn next_pts(&self) -> Option<MediaTime> {
        let front = |queue: &VecDeque<Packet>| queue.front().map(|packet| packet.pts);
        front(&self.video)
            .into_iter()
            .chain(front(&self.audio))
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn packet(track: Track, pts: i64) -> Packet {
        Packet {
            track,
            pts: MediaTime(pts),
            duration: MediaTime(0),
            is_keyframe: true,
            data: Bytes::new(),
        }
    }

    fn drain(mut next: impl FnMut() -> Option<Packet>) -> Vec<(Track, i64)> {
        std::iter::from_fn(|| next().map(|p| (p.track, p.pts.0))).collect()
    }

    #[test]
    fn sound_never_waits_for_a_late_picture() {
        let mut interleaver = Interleaver::default();
        for pts in [0, 960, 1920, 2880] {
            interleaver.push(packet(Track::Audio, pts));
        }
        interleaver.push(packet(Track::Video, 0));
        let due = drain(|| interleaver.pop_due(MediaTime(1920)));
        assert_eq!(
            due,
            [
                (Track::Video, 0),
                (Track::Audio, 0),
                (Track::Audio, 960),
                (Track::Audio, 1920)
            ]
        );
        assert_eq!(interleaver.next_pts(), Some(MediaTime(2880)));
    }

    #[test]
    fn a_film_is_ordered_whatever_comes_first() {
        let mut interleaver = Interleaver::default();
        for pts in [0, 1920, 3840] {
            interleaver.push(packet(Track::Video, pts));
        }
        assert_eq!(drain(|| interleaver.pop_settled(false)), []);
        interleaver.push(packet(Track::Audio, 0));
        interleaver.push(packet(Track::Audio, 2000));
        let settled = drain(|| interleaver.pop_settled(false));
        assert_eq!(
            settled,
            [
                (Track::Video, 0),
                (Track::Audio, 0),
                (Track::Video, 1920),
                (Track::Audio, 2000)
            ]
        );
        assert_eq!(
            drain(|| interleaver.pop_settled(true)),
            [(Track::Video, 3840)]
        );
    }
}
