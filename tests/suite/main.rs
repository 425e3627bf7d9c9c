//! Behaviour tests: one binary, one module per area.

#[cfg(feature = "live")]
mod http;
#[cfg(feature = "live")]
mod rig;
#[cfg(feature = "live")]
mod whep;
