//! What to say next. Pure: lines come in, the next sentence comes out, and nobody here reads a clock.

mod queue;

pub use queue::{Place, Queue, Sentence};
