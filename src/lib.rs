//! Zhubo, a digital human livestream engine: text becomes speech, speech moves a face, a face becomes a picture, and
//! sound and picture leave together, live over WebRTC or into a file.
//!
//! The modules below stand in the order of the signal. ARCHITECTURE.md has the tour.

pub mod avatar;
pub mod cli;
pub mod config;
pub mod encode;
pub mod engine;
pub mod input;
pub mod lipsync;
#[cfg(feature = "live")]
pub mod live;
pub mod media;
pub mod motion;
pub mod output;
pub mod remote;
pub mod render;
pub mod scene;
pub mod show;
pub mod sound;
pub mod threads;
pub mod voice;
