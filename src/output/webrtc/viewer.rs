//! One viewer from offer to end, and the task that sends to it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rtc::peer_connection::transport::RTCIceCandidateInit;
use rtc::rtp;
use tokio::sync::watch;
use webrtc::media_stream::track_local::TrackLocal as _;
use webrtc::peer_connection::PeerConnection;

use super::negotiate::{Negotiated, Outgoing, Phase, negotiate};
use super::queue::{Unit, ViewerQueue};
use super::room::Room;
use super::{Error, Result, Session, Shared, lock, random_u64, unguessable};
use crate::media::{MediaTime, Track};

/// ICE and DTLS take under a second; a viewer that needs longer is not coming.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// Candidates read from one fragment; a browser has a handful.
const MAX_CANDIDATES: usize = 50;
/// Packets that leave in one go. An IDR has a hundred, more than a small receive buffer holds.
const BURST_PACKETS: usize = 32;
/// The pause between bursts: 300 Mbit/s, or 3 ms for an IDR of 100 kB.
const BURST_PAUSE: Duration = Duration::from_millis(1);

/// A session: somebody who connects, or watches.
pub(super) struct Viewer {
    room: Arc<Room>,
    connection: Arc<dyn PeerConnection>,
    /// The name under which the viewer does ICE.
    ice_ufrag: Option<String>,
    /// Set by whoever wants the session to end.
    end: watch::Sender<bool>,
    /// Set by the viewer's task when all is closed.
    ended: watch::Sender<bool>,
}

impl fmt::Debug for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Viewer(of {})", self.room.id())
    }
}

impl Viewer {
    pub(super) fn room_id(&self) -> &str {
        self.room.id()
    }

    /// Asks the viewer's task to close.
    pub(super) fn end(&self) {
        self.end.send_replace(true);
    }

    /// Waits until the task has closed.
    pub(super) async fn ended(&self) {
        self.ended.subscribe().wait_for(|ended| *ended).await.ok();
    }

    pub(super) async fn trickle(&self, fragment: &str) -> Result<()> {
        let ufrag = ice_ufrag(fragment);
        if ufrag.is_some() && ufrag != self.ice_ufrag.as_deref() {
            return Err(Error::Unsupported(
                "it restarts ICE, which is not supported: POST a new offer".to_owned(),
            ));
        }
        let candidates = fragment
            .lines()
            .filter_map(|line| line.trim_end().strip_prefix("a=candidate:"));
        for candidate in candidates.take(MAX_CANDIDATES) {
            let init = RTCIceCandidateInit {
                candidate: format!("candidate:{candidate}"),
                sdp_mline_index: Some(0),
                ..RTCIceCandidateInit::default()
            };
            self.connection
                .add_ice_candidate(init)
                .await
                .map_err(|e| Error::BadOffer(format!("candidate `{candidate}`: {e}")))?;
        }
        Ok(())
    }
}

fn ice_ufrag(sdp: &str) -> Option<&str> {
    sdp.lines()
        .find_map(|line| line.trim_end().strip_prefix("a=ice-ufrag:"))
}

/// Lets a viewer in: answers its offer and starts its task.
pub(super) async fn admit(shared: Arc<Shared>, room: Arc<Room>, offer: &str) -> Result<Session> {
    check_places(&shared, &room)?;
    let (phase_sender, phase) = watch::channel(Phase::Gathering);
    let negotiated = negotiate(&shared, &room, offer, phase_sender).await?;
    let Negotiated {
        connection,
        video,
        audio,
        answer_sdp,
    } = negotiated;
    let id = unguessable().map_err(|error| Error::Internal(error.to_string()))?;
    let viewer = Arc::new(Viewer {
        room: Arc::clone(&room),
        connection: Arc::clone(&connection),
        ice_ufrag: ice_ufrag(offer).map(str::to_owned),
        end: watch::Sender::new(false),
        ended: watch::Sender::new(false),
    });
    let places = {
        let mut viewers = lock(&shared.viewers);
        let places = check_places_in(&shared, &room, viewers.values());
        if places.is_ok() {
            viewers.insert(id.clone(), Arc::clone(&viewer));
        }
        places
    };
    if let Err(error) = places {
        connection.close().await.ok();
        return Err(error);
    }
    let tracks = Tracks {
        video: video.map(Sender::new),
        audio: audio.map(Sender::new),
    };
    let session = id.clone();
    tokio::spawn(async move {
        watch_until_end(&viewer, tracks, phase).await;
        viewer.connection.close().await.ok();
        lock(&shared.viewers).remove(&session);
        viewer.ended.send_replace(true);
        tracing::debug!(room = viewer.room_id(), "viewer gone");
    });
    Ok(Session { id, answer_sdp })
}

fn check_places(shared: &Shared, room: &Arc<Room>) -> Result<()> {
    check_places_in(shared, room, lock(&shared.viewers).values())
}

fn check_places_in<'a>(
    shared: &Shared,
    room: &Arc<Room>,
    viewers: impl Iterator<Item = &'a Arc<Viewer>>,
) -> Result<()> {
    let here = viewers
        .filter(|viewer| Arc::ptr_eq(&viewer.room, room))
        .count();
    if here >= shared.options.max_viewers_per_room {
        return Err(Error::Full {
            room: room.id().to_owned(),
            viewers: here,
        });
    }
    Ok(())
}

struct Tracks {
    video: Option<Sender>,
    audio: Option<Sender>,
}

/// One RTP stream: sequence numbers and timestamps are ours.
struct Sender {
    outgoing: Outgoing,
    next_sequence_number: u16,
    timestamp_offset: u32,
}

impl Sender {
    fn new(outgoing: Outgoing) -> Self {
        let random = random_u64().to_le_bytes();
        Self {
            outgoing,
            next_sequence_number: u16::from_le_bytes([random[0], random[1]]),
            timestamp_offset: u32::from_le_bytes([random[2], random[3], random[4], random[5]]),
        }
    }

    async fn send(&mut self, unit: &Unit) -> Result<()> {
        let last = unit.payloads.len().saturating_sub(1);
        for (index, payload) in unit.payloads.iter().enumerate() {
            if index > 0 && index.is_multiple_of(BURST_PACKETS) {
                tokio::time::sleep(BURST_PAUSE).await;
            }
            let packet = rtp::Packet {
                header: rtp::Header {
                    version: 2,
                    marker: unit.track == Track::Video && index == last,
                    payload_type: self.outgoing.payload_type,
                    sequence_number: self.next_sequence_number,
                    timestamp: self
                        .timestamp_offset
                        .wrapping_add(rtp_timestamp(unit.track, unit.pts)),
                    ssrc: self.outgoing.ssrc,
                    ..rtp::Header::default()
                },
                payload: payload.clone(),
            };
            self.next_sequence_number = self.next_sequence_number.wrapping_add(1);
            self.outgoing
                .track
                .write_rtp(packet)
                .await
                .map_err(|e| Error::Internal(e.to_string()))?;
        }
        Ok(())
    }
}

/// A pts on the RTP clock of its track: 48 kHz for Opus, 90 kHz for video (rounded down, never drifting).
fn rtp_timestamp(track: Track, pts: MediaTime) -> u32 {
    let ticks = match track {
        Track::Audio => pts.ticks(),
        // 90 000 / 48 000 = 15 / 8.
        Track::Video => (pts.ticks() * 15).div_euclid(8),
    };
    // RTP time wraps around, and so does the time before the start.
    let [a, b, c, d, ..] = ticks.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// Waits for the viewer, then sends to it until it goes, or the session is ended.
async fn watch_until_end(viewer: &Arc<Viewer>, tracks: Tracks, mut phase: watch::Receiver<Phase>) {
    let mut end = viewer.end.subscribe();
    let connected = phase.wait_for(|phase| *phase >= Phase::Connected);
    let reached = tokio::select! {
        reached = tokio::time::timeout(CONNECT_TIMEOUT, connected) => match reached {
            Ok(Ok(phase)) => *phase,
            _ => Phase::Gone,
        },
        _ = end.wait_for(|end| *end) => Phase::Gone,
    };
    if reached != Phase::Connected {
        return;
    }
    let queue = Arc::new(ViewerQueue::default());
    viewer.room.join(Arc::clone(&queue));
    tokio::select! {
        result = send_all(&queue, tracks) => {
            if let Err(error) = result {
                tracing::debug!(room = viewer.room_id(), "viewer lost: {error}");
            }
        }
        _ = phase.wait_for(|phase| *phase == Phase::Gone) => {}
        _ = end.wait_for(|end| *end) => {}
    }
    viewer.room.leave(&queue);
}

async fn send_all(queue: &ViewerQueue, mut tracks: Tracks) -> Result<()> {
    loop {
        let unit = queue.next().await;
        let sender = match unit.track {
            Track::Video => &mut tracks.video,
            Track::Audio => &mut tracks.audio,
        };
        if let Some(sender) = sender {
            sender.send(&unit).await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rtp_time_follows_the_pts() {
        let at = |track, ticks| rtp_timestamp(track, MediaTime(ticks));
        // 25 fps: 1 920 ticks, 3 600 RTP ticks; exact after ten hours.
        assert_eq!(at(Track::Video, 1_920), 3_600);
        let ten_hours = 48_000 * 36_000;
        assert_eq!(
            at(Track::Video, ten_hours + 1_920),
            at(Track::Video, ten_hours) + 3_600
        );
        assert_eq!(at(Track::Audio, 960), 960);
        assert_eq!(at(Track::Audio, -960), 960_u32.wrapping_neg());
        assert_eq!(at(Track::Video, -1), (-2_i32).cast_unsigned());
    }
}
