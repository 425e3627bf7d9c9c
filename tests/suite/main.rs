//! One test binary: behaviour through the public surface.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "tests look at the wall clock and make their own threads"
)]

mod align;
mod allocations;
mod anatomy;
mod anatomy_view;
mod avatar;
mod avatar_cli;
mod backgrounds;
mod bones;
mod cli;
mod clips;
mod device_loss;
mod encodings;
mod film;
mod gesture_documents;
mod gestures;
mod golden;
mod hostile;
mod hostile_compressed;
mod hostile_pictures;
#[cfg(feature = "live")]
mod http;
mod http_act;
mod http_outfit;
mod input;
mod layout;
mod lipsync;
mod lipsync_device;
mod lipsync_foreign;
mod lipsync_long;
mod lipsync_manifest;
mod lipsync_model;
mod lipsync_sound;
mod look;
mod mapping;
mod motion;
mod motion_cli;
mod motion_hour;
mod mouth;
mod mutations;
mod onnx;
mod outfits;
mod puppet;
mod render;
mod render_bench;
mod render_device;
#[cfg(feature = "live")]
mod rig;
mod scene;
mod sheets;
mod show;
mod sound;
mod springs;
mod timed;
mod toon;
mod toon_motion;
mod voice;
#[cfg(feature = "remote")]
mod voice_server;
mod vrm;
mod vrm_file;
#[cfg(feature = "live")]
mod whep;
