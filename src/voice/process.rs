//! Runs a program: input in, output out as it comes, never longer than the deadline, nothing left behind.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

use crate::remote::{Deadline, Stop};

use super::{Error, Result, Voice};

/// Blocks of 64 KiB between the program and us, about 1.4 s of 22 kHz sound each.
const BLOCKS_IN_FLIGHT: usize = 4;
/// How often we look at the clock and the cancel flag.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Of the standard error, the first bytes are kept.
const MAX_STDERR_BYTES: usize = 4096;
/// A program that ended may leave children that hold its output open; we listen so many looks longer (0.5 s).
const LOOKS_AFTER_EXIT: u32 = 25;

/// Kills the program and what it started when dropped, unless it has ended.
struct Guard {
    child: Child,
    ended: Option<ExitStatus>,
}

impl Guard {
    fn poll(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
        }
        self.ended
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.poll().is_some() {
            return;
        }
        // The program leads a process group of its own: a shell script's children go with it. The program itself still
        // holds its number, so no stranger can be hit.
        #[cfg(unix)]
        {
            let group = format!("-{}", self.child.id());
            let killed = Command::new("kill")
                .args(["-KILL", "--", &group])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            drop(killed);
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Runs `command` with `input` on its standard input and hands its standard output to `sink` block by block.
///
/// # Errors
/// When it cannot be started (`remedy` says what to do), ends with a failure, or takes too long; an error of `sink` ends it.
pub(super) fn run(
    voice: &Voice,
    mut command: Command,
    input: &str,
    remedy: &str,
    deadline: &Deadline,
    sink: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let start_error = |source| Error::Start {
        voice: voice.to_string(),
        program: program.clone(),
        remedy: remedy.to_owned(),
        source,
    };
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn().map_err(start_error)?;
    let mut guard = Guard { child, ended: None };
    feed(guard.child.stdin.take(), input.to_owned()).map_err(start_error)?;
    let output = blocks(guard.child.stdout.take(), usize::MAX).map_err(start_error)?;
    let errors = blocks(guard.child.stderr.take(), MAX_STDERR_BYTES).map_err(start_error)?;

    let mut looks_left = LOOKS_AFTER_EXIT;
    let mut sunk = Ok(());
    while sunk.is_ok() {
        match output.recv_timeout(LOOK_EVERY) {
            Ok(block) => sunk = sink(&block),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                if guard.poll().is_some() {
                    looks_left -= 1;
                }
                if looks_left == 0 {
                    break;
                }
            }
        }
        deadline
            .check()
            .map_err(|stop| stopped(voice, stop, deadline))?;
    }
    if let Err(error) = sunk {
        // When the program failed as well, its own words say more than what we made of its output.
        for _ in 0..LOOKS_AFTER_EXIT {
            if guard.poll().is_some() || deadline.wait(LOOK_EVERY).is_err() {
                break;
            }
        }
        return match guard
            .poll()
            .filter(|status| status.code().is_some_and(|code| code != 0))
        {
            Some(status) => Err(failed(voice, program, status, &errors)),
            None => Err(error),
        };
    }
    let status = loop {
        if let Some(status) = guard.poll() {
            break status;
        }
        deadline
            .wait(Duration::from_millis(1))
            .map_err(|stop| stopped(voice, stop, deadline))?;
    };
    if status.success() {
        return Ok(());
    }
    Err(failed(voice, program, status, &errors))
}

/// A program that stays: it answers one request after the other. Killed when dropped.
pub(super) struct Session {
    guard: Guard,
    input: ChildStdin,
    output: Receiver<Vec<u8>>,
}

impl Session {
    /// Starts `command`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn start(mut command: Command) -> std::io::Result<Self> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut guard = Guard {
            child: command.spawn()?,
            ended: None,
        };
        let output = blocks(guard.child.stdout.take(), usize::MAX)?;
        let input = guard.child.stdin.take();
        let input = input.ok_or(std::io::ErrorKind::BrokenPipe)?;
        Ok(Self {
            guard,
            input,
            output,
        })
    }

    /// Writes `request` (less than a pipe holds: 64 KiB) and hands what comes back to `sink` until that has enough.
    ///
    /// # Errors
    /// When the program is gone or takes too long, or with an error of `sink`; then the session is to be dropped.
    pub(super) fn ask(
        &mut self,
        voice: &Voice,
        request: &str,
        deadline: &Deadline,
        sink: &mut dyn FnMut(&[u8]) -> Result<bool>,
    ) -> Result<()> {
        let gone = |how: &str| Error::Missing {
            voice: voice.to_string(),
            remedy: format!("its program ended{how}"),
        };
        let written = self.input.write_all(request.as_bytes());
        written
            .and_then(|()| self.input.flush())
            .map_err(|error| gone(&format!(" ({error})")))?;
        loop {
            match self.output.recv_timeout(LOOK_EVERY) {
                Ok(block) => {
                    if sink(&block)? {
                        return Ok(());
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Err(gone("")),
                Err(RecvTimeoutError::Timeout) if self.guard.poll().is_some() => {
                    return Err(gone(""));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            deadline
                .check()
                .map_err(|stop| stopped(voice, stop, deadline))?;
        }
    }
}

fn failed(voice: &Voice, program: String, status: ExitStatus, errors: &Receiver<Vec<u8>>) -> Error {
    Error::Failed {
        voice: voice.to_string(),
        program,
        status: status.to_string(),
        stderr: message(errors),
    }
}

pub(super) fn stopped(voice: &Voice, stop: Stop, deadline: &Deadline) -> Error {
    let voice = voice.to_string();
    match stop {
        Stop::Cancelled => Error::Cancelled { voice },
        Stop::TimedOut => Error::TimedOut {
            voice,
            secs: deadline.limit().as_secs_f64(),
        },
    }
}

/// Writes the input from a thread of its own: a program that does not read must not hold us.
fn feed(pipe: Option<impl Write + Send + 'static>, input: String) -> std::io::Result<()> {
    let Some(mut pipe) = pipe else { return Ok(()) };
    let write = move || {
        // A program may end without reading; then the pipe is closed, and that is fine.
        pipe.write_all(input.as_bytes()).ok();
    };
    thread::Builder::new()
        .name("voice-input".to_owned())
        .spawn(write)?;
    Ok(())
}

/// Reads a pipe on a thread of its own; beyond `limit` bytes it is read and thrown away.
fn blocks(
    pipe: Option<impl Read + Send + 'static>,
    limit: usize,
) -> std::io::Result<Receiver<Vec<u8>>> {
    let (send, receive) = bounded(BLOCKS_IN_FLIGHT);
    let Some(mut pipe) = pipe else {
        return Ok(receive);
    };
    let read = move || {
        let mut block = vec![0; 64 * 1024];
        let mut left = limit;
        loop {
            match pipe.read(&mut block) {
                Ok(0) => return,
                Ok(count) => {
                    let kept = count.min(left);
                    left -= kept;
                    // The rest is drained so that the program does not block; a full channel of a message is enough.
                    let is_message = limit < usize::MAX;
                    if is_message && kept > 0 {
                        send.try_send(block[..kept].to_vec()).ok();
                    } else if !is_message && send.send(block[..count].to_vec()).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    };
    thread::Builder::new()
        .name("voice-output".to_owned())
        .spawn(read)?;
    Ok(receive)
}

/// What the program had to say, on one line.
fn message(errors: &Receiver<Vec<u8>>) -> String {
    let mut bytes = Vec::new();
    while let Ok(block) = errors.recv_timeout(LOOK_EVERY) {
        bytes.extend_from_slice(&block);
    }
    let text = String::from_utf8_lossy(&bytes);
    let words: Vec<&str> = text.split_whitespace().collect();
    let line: String = words
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .take(400)
        .collect();
    if line.is_empty() {
        "it said nothing about why".to_owned()
    } else {
        line
    }
}
