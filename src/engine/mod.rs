//! The order of things: clock, pipeline, the one loop, the speech worker, the threads behind them, statistics.

mod cast;
mod clock;
mod director;
mod handle;
mod mouth;
mod pipeline;
mod play;
mod player;
mod run;
mod script;
mod speech;
mod stages;

pub use cast::{Cast, Wish};
pub use clock::{Clock, Timebase, Turn};
pub use handle::{
    ActError, ActRequest, Line, MAX_SAY_CHARS, Request, RoomEvent, RoomHandle, RoomSnapshot,
    RoomState, RoomStats, Said, SayError, SayLine, SayMode, SayRequest, WearError,
};
pub use pipeline::{Pipeline, PipelineOptions, Step};
pub use play::{CoHost, PlayOptions, Rehearsed, rehearse};
pub use player::{Performance, Want};
pub use run::{Ending, Progress, ShowOptions, Summary, run};
pub use script::sentences;
pub(crate) use speech::chain;
pub use speech::perform;
pub use stages::SEND_DELAY;

/// Why a show cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is in the picture.
    #[error("the document names no host")]
    NoHost,
    /// A thread could not be started.
    #[error("{0}")]
    Thread(String),
    /// A thread panicked: our bug.
    #[error("a media thread died: this is a bug in zhubo, the log above says where")]
    ThreadDied,
    /// A film's sentence cannot be spoken.
    #[error("a sentence could not be spoken: {message}")]
    Speech {
        /// What happened, in words.
        message: String,
    },
    /// The live sound of a room.
    #[error(transparent)]
    Input(#[from] crate::input::Error),
    /// Drawing.
    #[error(transparent)]
    Render(#[from] crate::render::Error),
    /// Encoding.
    #[error(transparent)]
    Encode(#[from] crate::encode::Error),
    /// Writing.
    #[error(transparent)]
    Output(#[from] crate::output::Error),
}

/// A result of this module.
pub type Result<T> = std::result::Result<T, Error>;
