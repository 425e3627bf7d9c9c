//! Behaviour tests, one module for each area, in one binary.

mod avatar;
mod golden;
mod render;
mod render_bench;
