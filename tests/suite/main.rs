//! Behaviour tests, one module per area.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "a test may stop where it fails, and counts small numbers"
)]

mod lipsync;
mod lipsync_model;
mod motion;
