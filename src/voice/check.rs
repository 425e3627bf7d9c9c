//! What can be used on this machine, and how to get what cannot.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::remote::{Deadline, SpeechServer};

use super::{Error, Result, Voice, flite, process};

/// How long a program may take to list its voices.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);
/// The most that is read of such a list.
const MAX_LIST_BYTES: usize = 1 << 20;

impl Voice {
    /// Whether this voice can be used now. Servers are not asked: only whether the build and the key are there.
    ///
    /// # Errors
    /// When something is missing; the message says what, and how to install it.
    pub fn check(&self, server: &SpeechServer) -> Result<()> {
        match self {
            Self::Espeak { voice } => self.check_espeak(voice),
            Self::Flite { voice } => self.check_flite(voice),
            Self::OpenAi { .. } if !cfg!(feature = "remote") => {
                Err(self.missing("this build has no HTTP clients: build with `--features remote`"))
            }
            Self::OpenAi { .. }
                if !server.is_local() && !server.key_env.is_empty() && !server.has_key() =>
            {
                Err(self.missing(&format!(
                    "put the key of {} into the environment variable {}",
                    server.base_url, server.key_env
                )))
            }
            Self::Command { program, .. } if !is_program(program) => Err(self.missing(&format!(
                "the program {program} is not there or not executable"
            ))),
            Self::Clip { path } if !path.is_file() => {
                Err(self.missing(&format!("there is no file {}", path.display())))
            }
            Self::OpenAi { .. } | Self::Command { .. } | Self::Clip { .. } | Self::Tone => Ok(()),
        }
    }

    fn missing(&self, remedy: &str) -> Error {
        Error::Missing {
            voice: self.to_string(),
            remedy: remedy.to_owned(),
        }
    }

    fn check_espeak(&self, voice: &str) -> Result<()> {
        if !is_program("espeak-ng") {
            return Err(self.missing("install it: apt install espeak-ng"));
        }
        let mut command = Command::new("espeak-ng");
        // Says nothing, but fails when the voice is unknown.
        command.args(["-q", "--stdin", "-v", voice]);
        match listed(self, command) {
            Err(Error::Failed { .. }) => {
                Err(self
                    .missing("espeak-ng does not have this voice; `espeak-ng --voices` lists them"))
            }
            other => other.map(|_| ()),
        }
    }

    pub(super) fn check_flite(&self, voice: &str) -> Result<()> {
        if !is_program("flite") {
            return Err(self.missing("install it: apt install flite"));
        }
        let voices = flite_voices()?;
        if voices.iter().any(|known| known == voice) {
            return Ok(());
        }
        Err(self.missing(&format!("flite has the voices {}", voices.join(", "))))
    }
}

/// The voices of the programs on this machine, in the form that parses; `tone` is always there.
pub fn installed_voices() -> Vec<String> {
    let mut voices: Vec<String> = flite_voices()
        .unwrap_or_default()
        .into_iter()
        .map(|voice| format!("flite:{voice}"))
        .collect();
    voices.extend(
        espeak_voices()
            .unwrap_or_default()
            .into_iter()
            .map(|voice| format!("espeak:{voice}")),
    );
    voices.push("tone".to_owned());
    voices
}

/// Without `awb_time`, which can only tell the time.
fn flite_voices() -> Result<Vec<String>> {
    let voice = Voice::Flite {
        voice: "slt".to_owned(),
    };
    let mut command = Command::new("flite");
    command.arg("-lv");
    let list = listed(&voice, command)?;
    let names = list.split_once(':').map_or("", |(_, names)| names);
    Ok(names
        .split_whitespace()
        .filter(|name| *name != "awb_time")
        .map(str::to_owned)
        .collect())
}

/// Second column of the list, without the voices that need the program mbrola.
fn espeak_voices() -> Result<Vec<String>> {
    let voice = Voice::Espeak {
        voice: "en-us".to_owned(),
    };
    let mut command = Command::new("espeak-ng");
    command.arg("--voices");
    let list = listed(&voice, command)?;
    let mut found: Vec<String> = Vec::new();
    for line in list.lines().skip(1) {
        let mut columns = line.split_whitespace().skip(1);
        let (Some(name), Some(file)) = (columns.next(), columns.nth(2)) else {
            continue;
        };
        if !file.starts_with("mb/") && !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
    }
    Ok(found)
}

/// What a program prints.
fn listed(voice: &Voice, command: Command) -> Result<String> {
    let deadline = Deadline::new(LIST_TIMEOUT, Arc::default());
    let mut list = Vec::new();
    let remedy = match voice {
        Voice::Flite { .. } => flite::REMEDY,
        _ => "is espeak-ng installed? (apt install espeak-ng)",
    };
    process::run(voice, command, "", remedy, &deadline, &mut |block| {
        let room = MAX_LIST_BYTES.saturating_sub(list.len()).min(block.len());
        list.extend_from_slice(&block[..room]);
        Ok(())
    })?;
    Ok(String::from_utf8_lossy(&list).into_owned())
}

/// Whether `program` names a file that may be executed, in the search path unless it holds a slash.
fn is_program(program: &str) -> bool {
    if program.contains(std::path::MAIN_SEPARATOR) {
        return is_executable(Path::new(program));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| is_executable(&folder.join(program)))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file() || path.with_extension("exe").is_file()
}
