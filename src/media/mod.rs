//! What flows: time, sound, pictures, poses, packets.
//!
//! Types and arithmetic only. Nothing here reads a clock, touches a file or knows another module.

mod acting;
mod audio;
mod bitmap;
mod blendshapes;
mod packet;
mod pose;
mod speech;
mod time;
mod video;

pub use acting::{Act, Activity, Focus, TimedAct};
pub use audio::{AudioChunk, SAMPLE_RATE_HZ};
pub use bitmap::Bitmap;
pub use blendshapes::{ARKIT_NAMES, Blendshapes, Shape};
pub use packet::{Event, Packet, Track};
pub use pose::{Angles, Bone, Emotion, HostId, MorphWeight, Pose};
pub use speech::{Mark, MouthTrack, PhoneAlphabet, PhoneTime, Utterance, WordTime};
pub use time::{FrameRate, MediaTime, TICKS_PER_SEC, Tick};
pub use video::{FrameData, Size, VideoFrame};
