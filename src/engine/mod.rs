//! The order of things: clock, pipeline, the one loop, the speech workers, threads, statistics.

mod handle;
pub mod threads;

pub use handle::{
    Line, MAX_SAY_CHARS, RoomEvent, RoomHandle, RoomSnapshot, RoomState, RoomStats, SayError,
    SayMode, SayRequest,
};
