//! espeak-ng: voices of many languages that report when their phones and words sound.
//!
//! The reports come from its library, which a small Python program loads: espeak-ng's licence (GPL-3) stays in processes
//! of its own. Where Python or the library is missing, the program espeak-ng speaks, without reports.

mod events;
mod helper;
mod markup;

use std::process::Command;

use crate::remote::Deadline;

use super::{Error, Result, Speech, Voice};

use markup::Input;

/// Words per minute: espeak's own 175 is hurried.
const WORDS_PER_MIN: u32 = 165;

impl Voice {
    pub(super) fn espeak(&self, voice: &str, text: &str, deadline: &Deadline) -> Result<Speech> {
        let input = Input::new(voice, text);
        match helper::speak(self, voice, &input, deadline) {
            Ok(spoken) => return Ok(events::speech(text, &input, spoken)),
            Err(error @ (Error::Cancelled { .. } | Error::TimedOut { .. })) => return Err(error),
            Err(error) => tracing::debug!("{self} without times of phones: {error}"),
        }
        let mut command = Command::new("espeak-ng");
        command
            .args(["-b", "1", "-s", &WORDS_PER_MIN.to_string(), "-v", voice])
            .args(["--stdin", "--stdout"]);
        if input.is_markup {
            command.arg("-m");
        }
        let remedy = "is espeak-ng installed? (apt install espeak-ng)";
        let hint = "; is the voice listed by `espeak-ng --voices`?";
        self.wav_from(command, &input.text, remedy, hint, deadline)
    }
}
