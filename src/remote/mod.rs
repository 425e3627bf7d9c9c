//! HTTP clients: what comes from other machines, with time-outs, retries and keys from the environment.
//!
//! Calls block; each watches a [`Deadline`]. Without the cargo feature `remote` every call fails with a clear message.

#[cfg(feature = "remote")]
mod captioned;
mod deadline;
#[cfg(feature = "remote")]
mod http;
mod speech;

pub use deadline::{Deadline, Stop};
pub use speech::{
    Format, MAX_INPUT_CHARS, PCM_RATE_HZ, SpeechServer, Spoken, SpokenWord, Timestamps, speak,
};

/// What can go wrong with another machine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Built without HTTP clients.
    #[error("this build has no HTTP clients: build with `--features remote`")]
    NotBuilt,
    /// The text is longer than the interface allows.
    #[error(
        "ask {url} for speech: {chars} characters are more than the {MAX_INPUT_CHARS} allowed: cut the text into sentences"
    )]
    TooLong {
        /// The address asked.
        url: String,
        /// Characters in the text.
        chars: usize,
    },
    /// No connection, or it broke.
    #[error("ask {url}: {what}: is the server running there, and is base_url right?")]
    Connection {
        /// The address asked.
        url: String,
        /// What happened.
        what: String,
    },
    /// The server took too long.
    #[error("ask {url}: no complete answer within {secs:.1} s: the server hangs or is overloaded")]
    TimedOut {
        /// The address asked.
        url: String,
        /// How long was waited in all, in seconds.
        secs: f64,
    },
    /// The caller does not want the answer any more.
    #[error("ask {url}: cancelled")]
    Cancelled {
        /// The address asked.
        url: String,
    },
    /// The server refused.
    #[error("ask {url}: the server says {status}{hint}: {body}")]
    Status {
        /// The address asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What to do about it, starting with a blank, or empty.
        hint: String,
        /// The beginning of its answer.
        body: String,
    },
    /// The server answered with something else than sound.
    #[error(
        "ask {url}: the answer is {content_type}, not the sound that was asked for: is base_url that of a speech server? It begins: {body}"
    )]
    NotSound {
        /// The address asked.
        url: String,
        /// What the answer calls itself.
        content_type: String,
        /// Its beginning.
        body: String,
    },
    /// The answer is larger than is accepted.
    #[error("ask {url}: the answer is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The address asked.
        url: String,
        /// The limit in bytes.
        limit_bytes: usize,
    },
}

/// A result of this module.
pub type Result<T> = std::result::Result<T, Error>;
