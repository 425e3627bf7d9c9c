//! I420 pictures to H.264 (Annex B) by OpenH264, on the encoder's own thread.

use bytes::Bytes;
use openh264::OpenH264API;
use openh264::Timestamp;
use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate as EncoderRate, FrameType,
    IntraFramePeriod, Profile, QpRange, RateControlMode, UsageType, VuiConfig,
};
use openh264::formats::YUVSlices;

use super::{Error, Result};
use crate::media::{FrameData, FrameRate, Packet, Size, Track, VideoFrame};

const CODEC: &str = "H.264";

/// How pictures are encoded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct H264Options {
    /// Picture size; both sides even.
    pub size: Size,
    /// Frames per second.
    pub rate: FrameRate,
    /// Bits per second aimed at.
    pub bitrate_bps: u32,
    /// The longest time between two IDR pictures, seconds.
    pub keyframe_interval_secs: u32,
}

impl H264Options {
    /// Settings for a live room: 1.5 Mbit/s at 720x1280 and 25 fps, scaled with the pixels per second; IDR every 4 s.
    pub fn live(size: Size, rate: FrameRate) -> Self {
        Self {
            size,
            rate,
            bitrate_bps: Self::scaled(size, rate, 1_500_000),
            keyframe_interval_secs: 4,
        }
    }

    /// Settings for a film: four times the bits of a live room, IDR every 2 s so that it can be cut and sought.
    pub fn film(size: Size, rate: FrameRate) -> Self {
        Self {
            size,
            rate,
            bitrate_bps: Self::scaled(size, rate, 6_000_000),
            keyframe_interval_secs: 2,
        }
    }

    fn scaled(size: Size, rate: FrameRate, at_720p25_bps: u32) -> u32 {
        let reference = 720.0 * 1280.0 * 25.0;
        let share = size.pixels() as f64 * rate.as_f64() / reference;
        // Bits grow slower than pixels: neighbouring pixels of a larger picture are more alike.
        (f64::from(at_720p25_bps) * share.powf(0.75)).clamp(150_000.0, 40_000_000.0) as u32
    }
}

/// A running H.264 encoder: constrained baseline, no B-frames, so packets come out in order and at once.
pub struct H264Encoder {
    encoder: Encoder,
    options: H264Options,
}

impl std::fmt::Debug for H264Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("H264Encoder")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl H264Encoder {
    /// Makes an encoder.
    ///
    /// # Errors
    /// When OpenH264 refuses the settings (it supports at most 3840x2160).
    pub fn new(options: H264Options) -> Result<Self> {
        let keyframe_frames = f64::from(options.keyframe_interval_secs) * options.rate.as_f64();
        let config = EncoderConfig::new()
            .usage_type(UsageType::CameraVideoRealTime)
            .profile(Profile::Baseline)
            .complexity(Complexity::Medium)
            .rate_control_mode(RateControlMode::Bitrate)
            .bitrate(BitRate::from_bps(options.bitrate_bps))
            .max_frame_rate(EncoderRate::from_hz(options.rate.as_f64() as f32))
            .qp(QpRange::new(12, 42))
            // Every frame must come out: a skipped frame would break the constant frame rate.
            .skip_frames(false)
            // A flash or a cut must not cost an IDR each time; joins and PLI ask for them.
            .scene_change_detect(false)
            .intra_frame_period(IntraFramePeriod::from_num_frames(
                keyframe_frames.round().max(1.0) as u32,
            ))
            // More threads gave no gain in measurements, and one is deterministic.
            .num_threads(1)
            .vui(VuiConfig::bt709());
        let mut encoder =
            Encoder::with_api_config(OpenH264API::from_source(), config).map_err(|source| {
                Error::Start {
                    codec: CODEC,
                    source: Box::new(source),
                }
            })?;
        quieten(&mut encoder);
        Ok(Self { encoder, options })
    }

    /// Encodes one picture; `force_keyframe` makes it an IDR.
    ///
    /// # Errors
    /// When the picture has another size or is not I420, or OpenH264 fails.
    pub fn push(&mut self, frame: &VideoFrame, force_keyframe: bool) -> Result<Packet> {
        let Size { width, height } = self.options.size;
        let FrameData::I420 { y, u, v } = &frame.data else {
            return Err(self.wrong_picture(format!("{:?}", frame.data)));
        };
        if frame.size != self.options.size {
            return Err(self.wrong_picture(frame.size.to_string()));
        }
        if force_keyframe {
            self.encoder.force_intra_frame();
        }
        let (width, height) = (width as usize, height as usize);
        let source = YUVSlices::new((y, u, v), (width, height), (width, width / 2, width / 2));
        let millis = (frame.pts.as_millis_f64().max(0.0)) as u64;
        let encoded = self
            .encoder
            .encode_at(&source, Timestamp::from_millis(millis))
            .map_err(|source| Error::Encode {
                codec: CODEC,
                pts: frame.pts,
                source: Box::new(source),
            })?;
        let is_keyframe = matches!(encoded.frame_type(), FrameType::IDR);
        let data = Bytes::from(encoded.to_vec());
        let index = (frame.pts.as_secs_f64() * self.options.rate.as_f64())
            .round()
            .max(0.0) as u64;
        let duration = self.options.rate.pts_of(index + 1) - self.options.rate.pts_of(index);
        Ok(Packet {
            track: Track::Video,
            pts: frame.pts,
            duration,
            is_keyframe,
            data,
        })
    }

    /// What is still inside: nothing, since there are no B-frames. Here for the common shape.
    pub fn flush(&mut self) -> Vec<Packet> {
        Vec::new()
    }

    fn wrong_picture(&self, given: String) -> Error {
        Error::Picture {
            expected: self.options.size,
            given,
        }
    }
}

/// OpenH264 prints a warning for each encoder that may not skip frames; that is what we ask for.
#[allow(
    unsafe_code,
    reason = "the safe interface sets the log level only after the warning"
)]
fn quieten(encoder: &mut Encoder) {
    let mut level = openh264_sys2::WELS_LOG_QUIET;
    // SAFETY: the option takes a pointer to an int, which lives until the call returns. That it could not be set does
    // no harm.
    unsafe {
        encoder.raw_api().set_option(
            openh264_sys2::ENCODER_OPTION_TRACE_LEVEL,
            (&raw mut level).cast(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::MediaTime;

    fn frame(size: Size, index: u64) -> VideoFrame {
        let luma = (0..size.pixels())
            .map(|i| ((i as u64 * 7 + index * 13) % 200) as u8 + 20)
            .collect();
        let chroma = vec![128; size.pixels() / 4];
        VideoFrame {
            pts: FrameRate::whole(25).pts_of(index),
            size,
            data: FrameData::I420 {
                y: luma,
                u: chroma.clone(),
                v: chroma,
            },
        }
    }

    #[test]
    fn every_frame_comes_out_and_keyframes_come_on_demand() {
        let size = Size::new(160, 96);
        let mut encoder = H264Encoder::new(H264Options::live(size, FrameRate::whole(25))).unwrap();
        let packets: Vec<_> = (0..150)
            .map(|i| encoder.push(&frame(size, i), i == 30).unwrap())
            .collect();
        let keyframes: Vec<_> = packets
            .iter()
            .enumerate()
            .filter(|(_, p)| p.is_keyframe)
            .map(|(i, _)| i)
            .collect();
        assert!(
            packets
                .iter()
                .all(|p| p.data.starts_with(&[0, 0, 0, 1]) && p.duration == MediaTime(1920))
        );
        assert_eq!(
            keyframes,
            [0, 30, 130],
            "first, on demand, and 100 frames later"
        );
    }

    #[test]
    fn the_wrong_picture_is_an_error() {
        let mut encoder =
            H264Encoder::new(H264Options::live(Size::new(64, 64), FrameRate::whole(25))).unwrap();
        assert!(matches!(
            encoder.push(&frame(Size::new(32, 64), 0), false),
            Err(Error::Picture { .. })
        ));
    }

    #[test]
    fn same_input_gives_same_bytes() {
        let size = Size::new(160, 96);
        let run = || {
            let mut encoder =
                H264Encoder::new(H264Options::film(size, FrameRate::whole(25))).unwrap();
            (0..40)
                .map(|i| encoder.push(&frame(size, i), false).unwrap().data)
                .collect::<Vec<_>>()
        };
        assert_eq!(run(), run());
    }
}
