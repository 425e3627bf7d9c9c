//! One test binary: behaviour through the public surface.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "tests look at the wall clock and make their own threads")]

mod layout;
mod scene;
mod show;
mod film;
