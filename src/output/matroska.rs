//! The stream that ffmpeg reads from our pipe: Matroska, because it carries timestamps and needs no seeking.
//!
//! Only what a live mux needs (RFC 9559): an EBML head, one segment of unknown size, the track list, and a cluster per
//! packet. The time scale is one microsecond; a cluster holds its own absolute time, so rounding never adds up.

use crate::media::{MediaTime, Packet, SAMPLE_RATE_HZ, Size, Track};

/// What the audio packets hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioCodec {
    /// Opus at 48 kHz.
    Opus,
    /// 32-bit float PCM at 48 kHz, little-endian.
    Pcm,
}

const VIDEO_TRACK: u64 = 1;
const AUDIO_TRACK: u64 = 2;
/// Nanoseconds per timestamp unit.
const TIMESTAMP_SCALE: u64 = 1_000;
/// Matroska's "size not known".
const UNKNOWN_SIZE: [u8; 8] = [0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

/// The head of the stream. `avc_config` is the `avcC` record of the video (see [`avc_config`]).
pub(super) fn header(
    size: Size,
    frame_nanos: u64,
    audio: AudioCodec,
    channels: u16,
    avc_config: &[u8],
) -> Vec<u8> {
    let mut head = element(
        0x1A45_DFA3,
        &[
            uint(0x4286, 1),
            uint(0x42F7, 1),
            uint(0x42F2, 4),
            uint(0x42F3, 8),
            element(0x4282, b"matroska"),
            uint(0x4287, 4),
            uint(0x4285, 2),
        ]
        .concat(),
    );
    head.extend(id(0x1853_8067));
    head.extend(UNKNOWN_SIZE);
    let info = [
        uint(0x2A_D7B1, TIMESTAMP_SCALE),
        element(0x4D80, b"zhubo"),
        element(0x5741, b"zhubo"),
    ]
    .concat();
    head.extend(element(0x1549_A966, &info));
    let picture = [
        uint(0xB0, size.width.into()),
        uint(0xBA, size.height.into()),
        colour(),
    ]
    .concat();
    let video = [
        uint(0xD7, VIDEO_TRACK),
        uint(0x73C5, VIDEO_TRACK),
        uint(0x83, 1),
        element(0x86, b"V_MPEG4/ISO/AVC"),
        uint(0x23_E383, frame_nanos),
        element(0x63A2, avc_config),
        element(0xE0, &picture),
    ]
    .concat();
    let mut sound = vec![
        uint(0xD7, AUDIO_TRACK),
        uint(0x73C5, AUDIO_TRACK),
        uint(0x83, 2),
        element(0xE1, &sound_format(audio, channels)),
    ];
    match audio {
        AudioCodec::Pcm => sound.push(element(0x86, b"A_PCM/FLOAT/IEEE")),
        AudioCodec::Opus => {
            sound.push(element(0x86, b"A_OPUS"));
            sound.push(element(0x63A2, &opus_head(channels)));
        }
    }
    let tracks = [element(0xAE, &video), element(0xAE, &sound.concat())].concat();
    head.extend(element(0x1654_AE6B, &tracks));
    head
}

/// One packet as a cluster of its own. Video is converted from Annex B to length-prefixed NAL units.
pub(super) fn cluster(packet: &Packet) -> Vec<u8> {
    let (track, payload) = match packet.track {
        Track::Video => (VIDEO_TRACK, length_prefixed(&packet.data)),
        Track::Audio => (AUDIO_TRACK, packet.data.to_vec()),
    };
    // SimpleBlock: track, time relative to the cluster (0), flags.
    let mut block = vec![
        0x80 | track as u8,
        0,
        0,
        if packet.is_keyframe { 0x80 } else { 0 },
    ];
    block.extend(payload);
    let body = [uint(0xE7, micros(packet.pts)), element(0xA3, &block)].concat();
    element(0x1F43_B675, &body)
}

/// The `avcC` record (ISO/IEC 14496-15) from an IDR packet in Annex B form; `None` without SPS and PPS.
pub(super) fn avc_config(annex_b: &[u8]) -> Option<Vec<u8>> {
    let of_type = |wanted: u8| {
        nal_units(annex_b).find(move |nal| nal.first().is_some_and(|b| b & 0x1F == wanted))
    };
    let (sps, pps) = (of_type(7)?, of_type(8)?);
    let &[_, profile, compatibility, level, ..] = sps else {
        return None;
    };
    let mut record = vec![1, profile, compatibility, level, 0xFF, 0xE1];
    record.extend(u16::try_from(sps.len()).ok()?.to_be_bytes());
    record.extend(sps);
    record.push(1);
    record.extend(u16::try_from(pps.len()).ok()?.to_be_bytes());
    record.extend(pps);
    Some(record)
}

fn length_prefixed(annex_b: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(annex_b.len() + 16);
    for nal in nal_units(annex_b) {
        out.extend((nal.len() as u32).to_be_bytes());
        out.extend(nal);
    }
    out
}

/// NAL units between Annex B start codes (00 00 01 or 00 00 00 01).
fn nal_units(annex_b: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut starts: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while at + 3 <= annex_b.len() {
        if annex_b[at..at + 3] == [0, 0, 1] {
            let begin = if at > 0 && annex_b[at - 1] == 0 {
                at - 1
            } else {
                at
            };
            starts.push((begin, at + 3));
            at += 3;
        } else {
            at += 1;
        }
    }
    let ends: Vec<usize> = starts
        .iter()
        .skip(1)
        .map(|(begin, _)| *begin)
        .chain([annex_b.len()])
        .collect();
    starts
        .into_iter()
        .zip(ends)
        .map(|((_, from), to)| &annex_b[from..to])
        .filter(|nal| !nal.is_empty())
}

fn micros(pts: MediaTime) -> u64 {
    let ticks = u64::try_from(pts.0).unwrap_or(0);
    (ticks * 1_000_000 + 24_000) / 48_000
}

/// BT.709, limited range.
fn colour() -> Vec<u8> {
    element(
        0x55B0,
        &[
            uint(0x55B1, 1),
            uint(0x55B9, 1),
            uint(0x55BA, 1),
            uint(0x55BB, 1),
        ]
        .concat(),
    )
}

fn sound_format(audio: AudioCodec, channels: u16) -> Vec<u8> {
    let mut format = [
        element(0xB5, &f64::from(SAMPLE_RATE_HZ).to_be_bytes()),
        uint(0x9F, channels.into()),
    ]
    .concat();
    if audio == AudioCodec::Pcm {
        format.extend(uint(0x6264, 32));
    }
    format
}

/// The identification header of RFC 7845 without pre-skip: our stream starts with its first packet.
fn opus_head(channels: u16) -> Vec<u8> {
    let mut head = b"OpusHead\x01".to_vec();
    head.push(channels as u8);
    head.extend([0, 0]);
    head.extend(SAMPLE_RATE_HZ.to_le_bytes());
    head.extend([0, 0, 0]);
    head
}

fn element(element_id: u32, body: &[u8]) -> Vec<u8> {
    let mut out = id(element_id);
    let mut size = (body.len() as u64).to_be_bytes();
    size[0] = 0x01;
    out.extend(size);
    out.extend(body);
    out
}

fn id(element_id: u32) -> Vec<u8> {
    element_id
        .to_be_bytes()
        .into_iter()
        .skip_while(|byte| *byte == 0)
        .collect()
}

fn uint(element_id: u32, value: u64) -> Vec<u8> {
    element(element_id, &value.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nal_units_are_found_behind_both_start_codes() {
        let stream = [
            &[0, 0, 0, 1, 0x67, 66, 0, 31, 9][..],
            &[0, 0, 1, 0x68, 1],
            &[0, 0, 0, 1, 0x65, 7, 0],
        ]
        .concat();
        let units: Vec<&[u8]> = nal_units(&stream).collect();
        assert_eq!(
            units,
            [&[0x67, 66, 0, 31, 9][..], &[0x68, 1], &[0x65, 7, 0]]
        );
        let record = avc_config(&stream).unwrap();
        assert_eq!(
            record,
            [
                1, 66, 0, 31, 0xFF, 0xE1, 0, 5, 0x67, 66, 0, 31, 9, 1, 0, 2, 0x68, 1
            ]
        );
        assert_eq!(avc_config(&stream[9..]), None);
        assert_eq!(length_prefixed(&stream)[..4], [0, 0, 0, 5]);
    }

    #[test]
    fn times_round_to_the_microsecond() {
        assert_eq!(micros(MediaTime(1920)), 40_000);
        assert_eq!(micros(MediaTime(1)), 21);
        assert_eq!(micros(MediaTime(48_000 * 86_400)), 86_400_000_000);
    }
}
