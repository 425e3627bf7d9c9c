//! What viewers are sent: H.264 with retransmission, and Opus.

use rtc::peer_connection::configuration::media_engine::{
    MIME_TYPE_H264, MIME_TYPE_OPUS, MediaEngine,
};
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RtpCodecKind,
};

use super::{Error, Result};

/// Payload types we propose; the viewer's own are used when it offers others.
pub(super) const H264: u8 = 102;
const H264_RTX: u8 = 103;
pub(super) const OPUS: u8 = 111;
const MIME_TYPE_RTX: &str = "video/rtx";
pub(super) const H264_NAME: &str = "H.264 with packetization-mode=1 and profile-level-id=42e01f";
pub(super) const OPUS_NAME: &str = "Opus at 48 kHz";

/// The codecs of a new connection.
pub(super) fn media_engine() -> Result<MediaEngine> {
    let mut engine = MediaEngine::default();
    let rtx = RTCRtpCodec {
        mime_type: MIME_TYPE_RTX.to_owned(),
        clock_rate: 90_000,
        channels: 0,
        sdp_fmtp_line: format!("apt={H264}"),
        rtcp_feedback: vec![],
    };
    for (rtp_codec, payload_type, kind) in [
        (h264(), H264, RtpCodecKind::Video),
        (rtx, H264_RTX, RtpCodecKind::Video),
        (opus(), OPUS, RtpCodecKind::Audio),
    ] {
        let codec = RTCRtpCodecParameters {
            rtp_codec,
            payload_type,
        };
        engine
            .register_codec(codec, kind)
            .map_err(|e| Error::Internal(e.to_string()))?;
    }
    Ok(engine)
}

/// Constrained Baseline, which every browser decodes (RFC 7742).
pub(super) fn h264() -> RTCRtpCodec {
    let feedback = |typ: &str, parameter: &str| RTCPFeedback {
        typ: typ.to_owned(),
        parameter: parameter.to_owned(),
    };
    RTCRtpCodec {
        mime_type: MIME_TYPE_H264.to_owned(),
        clock_rate: 90_000,
        channels: 0,
        sdp_fmtp_line: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
            .to_owned(),
        rtcp_feedback: vec![
            feedback("nack", ""),
            feedback("nack", "pli"),
            feedback("ccm", "fir"),
        ],
    }
}

/// Opus may always be stereo (RFC 7587); lost packets are rebuilt from in-band FEC.
pub(super) fn opus() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: vec![],
    }
}
