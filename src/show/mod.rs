//! What to say next. Pure: lines come in, the next sentence comes out, and nobody here reads a clock.

mod feeling;
mod markup;
mod queue;

pub use feeling::guess_feeling;
pub use markup::{Content, Cue, MAX_PAUSE_SECS, Markup, Names, Piece, parse as parse_markup};
pub use queue::{Place, Queue, Sentence};
