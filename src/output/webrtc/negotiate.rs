//! Offer in, peer connection and answer out: codecs, tracks, sockets, candidates.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rtc::ice::mdns::MulticastDnsMode;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::interceptor_registry::register_default_interceptors;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_H264, MIME_TYPE_OPUS};
use rtc::peer_connection::transport::RTCIceCandidateType;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodingParameters, RTCRtpEncodingParameters, RTCRtpRtxParameters, RtpCodecKind,
};
use tokio::sync::watch;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
    RTCPeerConnectionState, RTCSessionDescription, Registry, SettingEngine, SettingEngineBuilder,
};

use super::codecs::{H264, H264_NAME, OPUS, OPUS_NAME, h264, media_engine, opus};
use super::keyframes::{self, KeyframeListener};
use super::room::Room;
use super::{Error, Result, Shared, WhepOptions, random_u64};
use crate::media::Track;

/// Silence after which a viewer counts as gone, and how often we ask whether it is there.
const ICE_TIMEOUT: Duration = Duration::from_secs(5);
const ICE_KEEP_ALIVE: Duration = Duration::from_secs(2);
/// Collecting host candidates takes milliseconds; longer means that it hangs.
const GATHER_TIMEOUT: Duration = Duration::from_secs(3);

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Gathering,
    Answered,
    Connected,
    Gone,
}

/// A track that sends, and what its packets carry.
pub(super) struct Outgoing {
    pub(super) track: Arc<TrackLocalStaticRTP>,
    pub(super) ssrc: u32,
    pub(super) payload_type: u8,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outgoing(pt {}, ssrc {})", self.payload_type, self.ssrc)
    }
}

/// An answered offer.
pub(super) struct Negotiated {
    pub(super) connection: Arc<dyn PeerConnection>,
    pub(super) video: Option<Outgoing>,
    pub(super) audio: Option<Outgoing>,
    pub(super) answer_sdp: String,
}

/// Reports state changes of the connection; nothing is done on the driver's task itself.
struct Events(watch::Sender<Phase>);

impl Events {
    fn advance(&self, to: Phase) {
        self.0.send_if_modified(|phase| {
            let onward = to > *phase;
            if onward {
                *phase = to;
            }
            onward
        });
    }
}

impl PartialOrd for Phase {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (*self as u8).partial_cmp(&(*other as u8))
    }
}

type Callback<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

// The trait is made of boxed futures; written out, because that needs no macro.
impl PeerConnectionEventHandler for Events {
    fn on_ice_gathering_state_change<'s, 'f>(&'s self, state: RTCIceGatheringState) -> Callback<'f>
    where
        's: 'f,
        Self: 'f,
    {
        if state == RTCIceGatheringState::Complete {
            self.advance(Phase::Answered);
        }
        Box::pin(async {})
    }

    fn on_connection_state_change<'s, 'f>(&'s self, state: RTCPeerConnectionState) -> Callback<'f>
    where
        's: 'f,
        Self: 'f,
    {
        match state {
            RTCPeerConnectionState::Connected => self.advance(Phase::Connected),
            RTCPeerConnectionState::Disconnected
            | RTCPeerConnectionState::Failed
            | RTCPeerConnectionState::Closed => self.advance(Phase::Gone),
            _ => {}
        }
        Box::pin(async {})
    }
}

/// Which media an offer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    video: bool,
    audio: bool,
}

/// Makes a connection that answers `offer` for `room`. What happens to it later is told through `phase`.
pub(super) async fn negotiate(
    shared: &Shared,
    room: &Arc<Room>,
    offer: &str,
    phase: watch::Sender<Phase>,
) -> Result<Negotiated> {
    let wanted = read_offer(offer)?;
    // A viewer may offer to send as well; we only listen to recvonly, so that the answer is sendonly.
    let offer = offer.replace("a=sendrecv", "a=recvonly");
    let offer = RTCSessionDescription::offer(offer).map_err(|e| Error::BadOffer(e.to_string()))?;

    let mut gathered = phase.subscribe();
    let connection = connect(shared, room, phase).await?;
    let result = answer(&connection, wanted, offer, &mut gathered).await;
    match result {
        Ok((video, audio, answer_sdp)) => Ok(Negotiated {
            connection,
            video,
            audio,
            answer_sdp,
        }),
        Err(error) => {
            connection.close().await.ok();
            Err(error)
        }
    }
}

async fn answer(
    connection: &Arc<dyn PeerConnection>,
    wanted: Wanted,
    offer: RTCSessionDescription,
    gathered: &mut watch::Receiver<Phase>,
) -> Result<(Option<Outgoing>, Option<Outgoing>, String)> {
    let bad = |e: webrtc::error::Error| match e {
        webrtc::error::Error::ErrSenderWithNoCodecs => {
            Error::Unsupported(format!("it must allow {H264_NAME}, and {OPUS_NAME}"))
        }
        other => Error::BadOffer(other.to_string()),
    };
    let internal = |e: webrtc::error::Error| Error::Internal(e.to_string());
    let mut video = None;
    let mut audio = None;
    if wanted.video {
        video = Some(add_track(connection, Track::Video).await?);
    }
    if wanted.audio {
        audio = Some(add_track(connection, Track::Audio).await?);
    }
    connection
        .set_remote_description(offer)
        .await
        .map_err(bad)?;
    let answer = connection.create_answer(None).await.map_err(bad)?;
    connection
        .set_local_description(answer)
        .await
        .map_err(internal)?;
    let complete = gathered.wait_for(|phase| *phase != Phase::Gathering);
    tokio::time::timeout(GATHER_TIMEOUT, complete)
        .await
        .map_err(|_late| Error::Internal("no local address was found in time".to_owned()))?
        .map_err(|_closed| Error::Internal("the connection ended".to_owned()))?;
    let answer = connection
        .local_description()
        .await
        .ok_or_else(|| Error::Internal("there is no answer".to_owned()))?;
    for outgoing in [&mut video, &mut audio].into_iter().flatten() {
        outgoing.payload_type = negotiated_payload_type(connection, outgoing).await?;
    }
    Ok((video, audio, answer.sdp))
}

/// The payload type the viewer wants for a track; known only after the answer.
async fn negotiated_payload_type(
    connection: &Arc<dyn PeerConnection>,
    outgoing: &Outgoing,
) -> Result<u8> {
    let (codec, name) = if outgoing.payload_type == OPUS {
        (MIME_TYPE_OPUS, OPUS_NAME)
    } else {
        (MIME_TYPE_H264, H264_NAME)
    };
    for sender in connection.get_senders().await {
        let Ok(parameters) = sender.get_parameters().await else {
            continue;
        };
        let ours = parameters
            .encodings
            .iter()
            .any(|encoding| encoding.rtp_coding_parameters.ssrc == Some(outgoing.ssrc));
        let agreed = parameters
            .rtp_parameters
            .codecs
            .iter()
            .find(|agreed| agreed.rtp_codec.mime_type.eq_ignore_ascii_case(codec));
        if let (true, Some(agreed)) = (ours, agreed) {
            return Ok(agreed.payload_type);
        }
    }
    Err(Error::Unsupported(format!("it does not allow {name}")))
}

async fn add_track(connection: &Arc<dyn PeerConnection>, kind: Track) -> Result<Outgoing> {
    let [ssrc, rtx_ssrc] = [random_ssrc(), random_ssrc()];
    let (codec, kind, payload_type) = match kind {
        Track::Video => (h264(), RtpCodecKind::Video, H264),
        Track::Audio => (opus(), RtpCodecKind::Audio, OPUS),
    };
    let rtx = (kind == RtpCodecKind::Video).then_some(RTCRtpRtxParameters { ssrc: rtx_ssrc });
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(ssrc),
            rtx,
            ..RTCRtpCodingParameters::default()
        },
        active: true,
        codec,
        ..RTCRtpEncodingParameters::default()
    };
    // One stream id for both, so that the viewer plays them in step.
    let track = Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
        "zhubo".to_owned(),
        format!("zhubo-{kind}"),
        kind.to_string(),
        kind,
        vec![encoding],
    )));
    connection
        .add_track(Arc::clone(&track) as Arc<dyn TrackLocal>)
        .await
        .map_err(|e| Error::Internal(e.to_string()))?;
    Ok(Outgoing {
        track,
        ssrc,
        payload_type,
    })
}

/// Opens sockets and starts the connection's driver.
async fn connect(
    shared: &Shared,
    room: &Arc<Room>,
    phase: watch::Sender<Phase>,
) -> Result<Arc<dyn PeerConnection>> {
    let options = &shared.options;
    let handler = Arc::new(Events(phase));
    let tries = options.udp_ports.as_ref().map_or(1, ExactSizeIterator::len);
    let mut cause = "the port range is empty".to_owned();
    for _ in 0..tries {
        let mut media_engine = media_engine()?;
        let registry = register_default_interceptors(Registry::new(), &mut media_engine)
            .map_err(|e| Error::Internal(e.to_string()))?
            .with(keyframes::slot(), KeyframeListener::new(Arc::clone(room)));
        let built = PeerConnectionBuilder::new()
            .with_media_engine(media_engine)
            .with_interceptor_registry(registry)
            .with_setting_engine(setting_engine(options))
            .with_handler(Arc::clone(&handler) as Arc<dyn PeerConnectionEventHandler>)
            .with_udp_addrs(next_addresses(shared))
            .build()
            .await;
        match built {
            Ok(connection) => return Ok(Arc::new(connection)),
            Err(error) => cause = error.to_string(),
        }
    }
    Err(Error::Bind {
        ip: options
            .bind_ips
            .first()
            .copied()
            .unwrap_or(IpAddr::from([127, 0, 0, 1])),
        ports: options.udp_ports.as_ref().map_or_else(
            || "any port".to_owned(),
            |range| format!("ports {} to {}", range.start(), range.end()),
        ),
        cause,
    })
}

fn next_addresses(shared: &Shared) -> Vec<SocketAddr> {
    let port = shared.options.udp_ports.as_ref().map_or(0, |range| {
        let count = u16::try_from(range.len().max(1)).unwrap_or(u16::MAX);
        let step = shared.next_port.fetch_add(1, Ordering::Relaxed) % count;
        range.start().saturating_add(step)
    });
    let ips = shared.options.bind_ips.iter();
    ips.map(|ip| SocketAddr::new(*ip, port)).collect()
}

fn setting_engine(options: &WhepOptions) -> SettingEngine {
    let mut settings = SettingEngineBuilder::new()
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_include_loopback_candidate(options.bind_ips.iter().any(IpAddr::is_loopback))
        .with_ice_timeouts(Some(ICE_TIMEOUT), Some(ICE_TIMEOUT), Some(ICE_KEEP_ALIVE));
    if !options.public_ips.is_empty() {
        let ips = options.public_ips.iter().map(IpAddr::to_string).collect();
        settings = settings.with_nat_1to1_ips(ips, RTCIceCandidateType::Host);
    }
    settings.build()
}

fn random_ssrc() -> u32 {
    // Zero is legal but taken for "none" here and there.
    ((random_u64() >> 32) as u32).max(1)
}

/// Checks what an offer asks for before any socket is opened.
fn read_offer(offer: &str) -> Result<Wanted> {
    if !offer.starts_with("v=0") {
        return Err(Error::BadOffer("it does not begin with v=0".to_owned()));
    }
    let media = |name: &str| {
        let prefix = format!("m={name} ");
        offer
            .lines()
            .filter(|line| line.starts_with(&prefix))
            .filter(|line| line.split(' ').nth(1) != Some("0"))
            .count()
    };
    let (video, audio) = (media("video"), media("audio"));
    if video > 1 || audio > 1 {
        return Err(Error::Unsupported(
            "offer at most one video and one audio section".to_owned(),
        ));
    }
    if video + audio == 0 {
        return Err(Error::Unsupported(
            "it asks for neither video nor audio".to_owned(),
        ));
    }
    let receives = |line: &str| matches!(line.trim_end(), "a=recvonly" | "a=sendrecv");
    if !offer.lines().any(receives) {
        return Err(Error::Unsupported(
            "it does not receive: offer recvonly".to_owned(),
        ));
    }
    Ok(Wanted {
        video: video == 1,
        audio: audio == 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_checked_before_a_socket_is_opened() {
        let offer = |media: &str| read_offer(&format!("v=0\r\n{media}"));
        assert!(matches!(read_offer("hello"), Err(Error::BadOffer(_))));
        assert!(matches!(offer(""), Err(Error::Unsupported(_))));
        assert!(matches!(
            offer("m=video 9 RTP 96\r\na=sendonly\r\n"),
            Err(Error::Unsupported(_))
        ));
        assert!(matches!(
            offer("m=video 9 RTP 96\r\na=recvonly\r\nm=video 9 RTP 96\r\na=recvonly\r\n"),
            Err(Error::Unsupported(_))
        ));
        assert_eq!(
            offer("m=audio 9 RTP 96\r\na=recvonly\r\nm=video 0 RTP 96\r\n").unwrap(),
            Wanted {
                video: false,
                audio: true
            }
        );
    }

    #[test]
    fn a_connection_never_comes_back() {
        let (sender, receiver) = watch::channel(Phase::Gathering);
        let events = Events(sender);
        events.advance(Phase::Gone);
        events.advance(Phase::Connected);
        assert_eq!(*receiver.borrow(), Phase::Gone);
    }
}
