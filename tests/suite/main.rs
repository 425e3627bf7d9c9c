//! Behaviour tests, one module for each area, in one binary.

mod avatar;
mod golden;
mod puppet;
mod render;
mod render_bench;
