//! Zhubo, a digital human livestream engine: text becomes speech, speech moves a face, a face becomes a picture, and
//! sound and picture leave together, live over WebRTC or into a file.
//!
//! The modules below stand in the order of the signal. ARCHITECTURE.md has the tour.

pub mod engine;
#[cfg(feature = "live")]
pub mod live;
pub mod media;
pub mod output;
pub mod scene;
