//! Packets to the world.

#[cfg(feature = "live")]
pub mod webrtc;
