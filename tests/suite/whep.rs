//! WHEP from the viewer's side: a receiver in this process, with the media engine's end driven by hand.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails where it stands, in helper functions too"
)]

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp;
use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
    RTCIceGatheringState, RTCSessionDescription, Registry, SettingEngineBuilder,
    register_default_interceptors,
};
use zhubo::media::{FrameRate, MediaTime, Packet, Track};
use zhubo::output::webrtc::{Error, RoomFeed, Session, WhepOptions, WhepServer};

/// Far longer than anything here takes; reached only when something is broken.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn start(options: WhepOptions) -> WhepServer {
    WhepServer::start(options).unwrap()
}

/// Polls until `holds`.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, wait).await.is_ok(),
        "never: {what}"
    );
}

/// The engine's end: pictures and sound with a number in them.
struct Engine {
    feed: RoomFeed,
    frame: u64,
    /// Added to every pts.
    shift: MediaTime,
    idrs: Vec<u64>,
}

impl Engine {
    fn new(feed: RoomFeed) -> Self {
        Self {
            feed,
            frame: 0,
            shift: MediaTime::ZERO,
            idrs: vec![],
        }
    }

    /// Sends one picture, 5 000 bytes or so, and its 40 ms of sound.
    fn tick(&mut self) {
        let tick = FrameRate::whole(25).tick(self.frame);
        let is_keyframe = self.feed.take_idr_request() || self.frame == 0;
        let mut data = vec![];
        if is_keyframe {
            self.idrs.push(self.frame);
            data.extend([0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x1f, 0, 0, 0, 1, 0x68, 0xce]);
        }
        data.extend([0, 0, 0, 1, if is_keyframe { 0x65 } else { 0x41 }]);
        data.extend([0xaa; 5_000]);
        self.feed.send(&Packet {
            track: Track::Video,
            pts: tick.pts + self.shift,
            duration: MediaTime::from_samples(tick.samples),
            is_keyframe,
            data: data.into(),
        });
        for part in 0..2 {
            self.feed.send(&Packet {
                track: Track::Audio,
                pts: tick.pts + self.shift + MediaTime::from_millis(20 * part),
                duration: MediaTime::from_millis(20),
                is_keyframe: true,
                data: Bytes::from(vec![0xbb; 100]),
            });
        }
        self.frame += 1;
    }

    /// A tick every 10 ms (four times real time), `ticks` times.
    async fn run(&mut self, ticks: u64) {
        for _ in 0..ticks {
            self.tick();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Ticks until `holds`.
    async fn run_until(&mut self, what: &str, holds: impl Fn() -> bool) {
        let wait = async {
            while !holds() {
                self.run(1).await;
            }
        };
        assert!(
            tokio::time::timeout(PATIENCE, wait).await.is_ok(),
            "never: {what}"
        );
    }
}

#[derive(Default)]
struct Received {
    video: Mutex<Vec<rtp::Packet>>,
    audio: Mutex<Vec<rtp::Packet>>,
    video_track: Mutex<Option<Arc<dyn TrackRemote>>>,
}

impl Received {
    fn video(&self) -> Vec<rtp::Packet> {
        self.video.lock().unwrap().clone()
    }

    fn audio(&self) -> Vec<rtp::Packet> {
        self.audio.lock().unwrap().clone()
    }

    /// The place of each IDR's parameter sets (STAP-A) among the video packets.
    fn idr_starts(&self) -> Vec<usize> {
        let video = self.video();
        let starts = video.iter().enumerate();
        starts
            .filter(|(_, packet)| packet.payload[0] & 0x1f == 24)
            .map(|(index, _)| index)
            .collect()
    }
}

/// One RTP timestamp per picture, in order of arrival.
fn picture_times(packets: &[rtp::Packet]) -> Vec<u32> {
    let mut times: Vec<u32> = packets
        .iter()
        .map(|packet| packet.header.timestamp)
        .collect();
    times.dedup();
    times
}

fn in_sequence(packets: &[rtp::Packet]) -> bool {
    packets.windows(2).all(|pair| {
        pair[1].header.sequence_number == pair[0].header.sequence_number.wrapping_add(1)
    })
}

struct Events {
    received: Arc<Received>,
    gathered: tokio::sync::watch::Sender<bool>,
}

type Callback<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

impl PeerConnectionEventHandler for Events {
    fn on_ice_gathering_state_change<'s, 'f>(&'s self, state: RTCIceGatheringState) -> Callback<'f>
    where
        's: 'f,
        Self: 'f,
    {
        self.gathered
            .send_replace(state == RTCIceGatheringState::Complete);
        Box::pin(async {})
    }

    fn on_track<'s, 'f>(&'s self, track: Arc<dyn TrackRemote>) -> Callback<'f>
    where
        's: 'f,
        Self: 'f,
    {
        let received = Arc::clone(&self.received);
        tokio::spawn(async move {
            let is_video = track.kind().await == RtpCodecKind::Video;
            if is_video {
                *received.video_track.lock().unwrap() = Some(Arc::clone(&track));
            }
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event {
                    let packets = if is_video {
                        &received.video
                    } else {
                        &received.audio
                    };
                    packets.lock().unwrap().push(packet);
                }
            }
        });
        Box::pin(async {})
    }
}

/// A viewer with a connection of its own.
pub(crate) struct Viewer {
    connection: Arc<dyn PeerConnection>,
    received: Arc<Received>,
    pub(crate) offer: String,
}

impl Viewer {
    pub(crate) async fn new() -> Self {
        let received = Arc::new(Received::default());
        let (gathered, mut is_gathered) = tokio::sync::watch::channel(false);
        let handler = Arc::new(Events {
            received: Arc::clone(&received),
            gathered,
        });
        let mut media_engine = MediaEngine::default();
        media_engine.register_default_codecs().unwrap();
        let registry = register_default_interceptors(Registry::new(), &mut media_engine).unwrap();
        let settings = SettingEngineBuilder::new().with_include_loopback_candidate(true);
        let connection = PeerConnectionBuilder::new()
            .with_media_engine(media_engine)
            .with_interceptor_registry(registry)
            .with_setting_engine(settings.build())
            .with_handler(handler)
            .with_udp_addrs(vec!["127.0.0.1:0"])
            .build()
            .await
            .unwrap();
        for kind in [RtpCodecKind::Audio, RtpCodecKind::Video] {
            let recvonly = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Recvonly,
                streams: vec![],
                send_encodings: vec![],
            };
            connection
                .add_transceiver_from_kind(kind, Some(recvonly))
                .await
                .unwrap();
        }
        let offer = connection.create_offer(None).await.unwrap();
        connection.set_local_description(offer).await.unwrap();
        is_gathered.wait_for(|gathered| *gathered).await.unwrap();
        let offer = connection.local_description().await.unwrap().sdp;
        Self {
            connection: Arc::new(connection),
            received,
            offer,
        }
    }

    pub(crate) async fn take_answer(&self, sdp: String) {
        let answer = RTCSessionDescription::answer(sdp).unwrap();
        self.connection
            .set_remote_description(answer)
            .await
            .unwrap();
    }

    async fn join(server: &WhepServer) -> (Self, Session) {
        let viewer = Self::new().await;
        let session = server.accept("demo", &viewer.offer).await.unwrap();
        viewer.take_answer(session.answer_sdp.clone()).await;
        (viewer, session)
    }

    async fn close(&self) {
        self.connection.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_starts_with_an_idr_and_rtp_time_follows_the_pts_over_a_gap() {
    let server = start(WhepOptions::default());
    let feed = server.room("demo");
    let mut engine = Engine::new(feed.clone());
    engine.run(5).await;
    let (viewer, session) = Viewer::join(&server).await;
    assert!(session.answer_sdp.contains("a=sendonly"));
    assert!(!session.answer_sdp.contains("a=sendrecv"));
    let received = Arc::clone(&viewer.received);
    engine
        .run_until("20 pictures", || {
            picture_times(&received.video()).len() >= 20
        })
        .await;
    // The show stands still for ten seconds of media time and a bit, then goes on.
    let gap = MediaTime(480_000 + 7);
    engine.shift = gap;
    let seen = picture_times(&received.video()).len();
    engine
        .run_until("pictures after the gap", || {
            picture_times(&received.video()).len() >= seen + 20
        })
        .await;
    viewer.close().await;

    let (video, audio) = (received.video(), received.audio());
    assert_eq!(
        received.idr_starts().first(),
        Some(&0),
        "the first packet belongs to an IDR"
    );
    assert!(
        in_sequence(&video) && in_sequence(&audio),
        "packets are missing"
    );
    assert!(video.iter().all(|packet| packet.payload.len() <= 1_180));
    let steps = |times: Vec<u32>| -> Vec<u32> {
        times
            .windows(2)
            .map(|pair| pair[1].wrapping_sub(pair[0]))
            .filter(|step| ![3_600, 960].contains(step))
            .collect()
    };
    // 10 s and 7 ticks: 900 013.1 ticks of 90 kHz, rounded down.
    assert_eq!(steps(picture_times(&video)), [3_600 + 900_013]);
    assert_eq!(steps(picture_times(&audio)), [960 + 480_007]);
    // The last packet of each picture, and only that, carries the marker.
    let markers = video.iter().filter(|packet| packet.header.marker).count();
    let pictures = picture_times(&video).len();
    assert!(
        (pictures - 1..=pictures).contains(&markers),
        "{markers} of {pictures}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_and_a_lost_picture_each_bring_an_idr() {
    let server = start(WhepOptions::default());
    let feed = server.room("demo");
    let mut engine = Engine::new(feed.clone());
    engine.run(20).await;
    assert_eq!(engine.idrs, [0], "nobody asked");
    let (viewer, _) = Viewer::join(&server).await;
    let received = Arc::clone(&viewer.received);
    engine
        .run_until("a picture", || !received.idr_starts().is_empty())
        .await;
    assert_eq!((engine.idrs.len(), feed.viewers()), (2, 1));

    let track = received.video_track.lock().unwrap().clone().unwrap();
    let media_ssrc = track.ssrcs().await[0];
    let pli = PictureLossIndication {
        sender_ssrc: 0,
        media_ssrc,
    };
    track.write_rtcp(vec![Box::new(pli)]).await.unwrap();
    engine
        .run_until("another IDR", || received.idr_starts().len() == 2)
        .await;
    assert_eq!(engine.idrs.len(), 3);
    assert!(feed.stats().keyframe_requests >= 1);
    viewer.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_that_stops_dead_does_not_touch_the_others_and_is_forgotten() {
    let server = start(WhepOptions::default());
    let feed = server.room("demo");
    let mut engine = Engine::new(feed.clone());

    // The frozen viewer lives on a runtime that stops turning once it is connected.
    let frozen = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (offer, viewer, frozen) = tokio::task::spawn_blocking(move || {
        let viewer = frozen.block_on(Viewer::new());
        (viewer.offer.clone(), viewer, frozen)
    })
    .await
    .unwrap();
    let session = server.accept("demo", &offer).await.unwrap();
    let counted = feed.clone();
    let still_here = tokio::task::spawn_blocking(move || {
        frozen.block_on(async {
            viewer.take_answer(session.answer_sdp).await;
            until("connected", || counted.viewers() == 1).await;
        });
        (viewer, frozen)
    })
    .await
    .unwrap();

    let (healthy, _) = Viewer::join(&server).await;
    let received = Arc::clone(&healthy.received);
    engine
        .run_until("both here", || {
            feed.viewers() == 2 && received.video().len() > 100
        })
        .await;
    engine
        .run_until("the dead one is forgotten", || {
            feed.viewers() == 1 && server.sessions() == 1
        })
        .await;
    let before = received.video().len();
    engine.run(20).await;
    assert!(
        received.video().len() >= before + 50,
        "the healthy one goes on"
    );
    assert_eq!(
        received.idr_starts().len(),
        1,
        "and never had to start again"
    );
    assert!(in_sequence(&received.video()));
    healthy.close().await;
    // A runtime may not be dropped inside another one.
    tokio::task::spawn_blocking(move || drop(still_here))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_who_come_and_go_leave_nothing_behind() {
    let server = start(WhepOptions::default());
    let feed = server.room("demo");
    let mut engine = Engine::new(feed.clone());
    for _ in 0..16 {
        let (viewer, session) = Viewer::join(&server).await;
        let received = Arc::clone(&viewer.received);
        engine
            .run_until("a picture", || !received.video().is_empty())
            .await;
        assert!(server.close(&session.id).await);
        assert!(!server.close(&session.id).await, "twice");
        assert_eq!((server.sessions(), feed.viewers()), (0, 0));
        viewer.close().await;
    }
    // Some just vanish.
    for _ in 0..4 {
        let (viewer, _) = Viewer::join(&server).await;
        let received = Arc::clone(&viewer.received);
        engine
            .run_until("a picture", || !received.video().is_empty())
            .await;
        viewer.close().await;
    }
    until("nobody is left", || {
        server.sessions() == 0 && feed.viewers() == 0
    })
    .await;
    assert_eq!(feed.stats().joined, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_room_refuses_and_has_room_again() {
    let server = start(WhepOptions {
        max_viewers_per_room: 1,
        ..WhepOptions::default()
    });
    server.room("demo");
    let (first, session) = Viewer::join(&server).await;
    let second = Viewer::new().await;
    let refused = server.accept("demo", &second.offer).await;
    assert!(
        matches!(refused, Err(Error::Full { viewers: 1, .. })),
        "{refused:?}"
    );
    assert!(server.close(&session.id).await);
    server.accept("demo", &second.offer).await.unwrap();
    first.close().await;
    second.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_range_is_kept_and_its_end_is_said() {
    let probe = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = probe.local_addr().unwrap().port();
    drop(probe);
    let server = start(WhepOptions {
        udp_ports: Some(port..=port),
        ..WhepOptions::default()
    });
    server.room("demo");
    let (first, session) = Viewer::join(&server).await;
    assert!(
        session.answer_sdp.contains(&format!(" {port} typ host")),
        "{}",
        session.answer_sdp
    );
    let second = Viewer::new().await;
    let refused = server.accept("demo", &second.offer).await;
    assert!(matches!(refused, Err(Error::Bind { .. })), "{refused:?}");
    first.close().await;
    second.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_offers_are_refused_and_harm_nobody() {
    let server = start(WhepOptions::default());
    let feed = server.room("demo");
    let viewer = Viewer::new().await;
    let offer = &viewer.offer;
    let lines: Vec<&str> = offer.lines().collect();
    assert!(matches!(
        server.accept("nowhere", offer).await,
        Err(Error::UnknownRoom(_))
    ));

    let no_h264: String = lines
        .iter()
        .map(|line| line.replace("H264", "HXXX") + "\r\n")
        .collect();
    let refused = server.accept("demo", &no_h264).await;
    assert!(matches!(refused, Err(Error::Unsupported(_))), "{refused:?}");
    let mut hostile = vec![
        String::new(),
        "hello".to_owned(),
        "v=0".to_owned(),
        "v=0\r\n".repeat(5_000),
        offer.replace("m=video 9", "m=video 99999999"),
        offer.replace("fingerprint:sha-256 ", "fingerprint:sha-256 zz:"),
        offer.replace("a=ice-pwd:", "a=ice-pwd:\u{0}"),
        offer.replace("a=mid:0", "a=mid:1"),
        offer.replace("a=recvonly", "a=sendonly"),
        offer.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
        offer.replace("IN IP4", "IN IP9"),
        offer.replace("\r\n", "\n\n\n"),
    ];
    // Cut off anywhere, or with one line missing or doubled.
    hostile.extend(
        (0..offer.len())
            .step_by(97)
            .map(|end| offer[..end].to_owned()),
    );
    for skip in (0..lines.len()).step_by(3) {
        let without: Vec<&str> = [&lines[..skip], &lines[skip + 1..]].concat();
        hostile.push(without.join("\r\n") + "\r\n");
        let doubled: Vec<&str> = [&lines[..=skip], &lines[skip..]].concat();
        hostile.push(doubled.join("\r\n") + "\r\n");
    }
    for (index, offer) in hostile.iter().enumerate() {
        match server.accept("demo", offer).await {
            // Some damage does not matter.
            Ok(session) => {
                assert!(index >= 4, "answered: {offer}");
                assert!(server.close(&session.id).await);
            }
            Err(Error::BadOffer(_) | Error::Unsupported(_)) => {}
            Err(other) => panic!("{other:?} for:\n{offer}"),
        }
    }
    assert_eq!(server.sessions(), 0);

    let mut engine = Engine::new(feed);
    let (healthy, _) = Viewer::join(&server).await;
    let received = Arc::clone(&healthy.received);
    engine
        .run_until("a picture", || !received.video().is_empty())
        .await;
    healthy.close().await;
    viewer.close().await;
}
