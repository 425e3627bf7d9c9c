//! Behaviour tests: one binary, one module per area.

#[cfg(feature = "live")]
mod rig;
