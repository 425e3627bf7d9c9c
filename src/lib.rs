//! Zhubo, a digital human livestream engine: text becomes speech, speech moves a face, a face becomes a picture, and
//! sound and picture leave together, live over WebRTC or into a file.
//!
//! The modules below stand in the order of the signal. ARCHITECTURE.md has the tour.

pub mod cli;
pub mod config;
pub mod media;
pub mod show;
pub mod remote;
pub mod voice;
pub mod sound;
pub mod lipsync;
pub mod motion;
pub mod avatar;
pub mod scene;
pub mod render;
pub mod encode;
pub mod output;
pub mod engine;
#[cfg(feature = "live")]
pub mod live;
pub mod threads;
