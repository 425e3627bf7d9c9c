//! Which sound a run reads and which instants its answers are about: all of it follows from the manifest.

use super::STEP_SECS;
use super::manifest::{AudioKind, MODEL_RATE_HZ, Manifest, Mode, STEP_SAMPLES, Stream, numbers};

/// The longest window of sound and the longest step, seconds.
const MAX_WINDOW_SECS: usize = 10;
/// More look-ahead than this many seconds behind a step is no streaming.
const MAX_LOOKAHEAD_SECS: usize = 1;
/// Frames per second that can be brought to 50 poses per second without losing some.
const MAX_FPS: f64 = 100.0;
/// Poses that are looked at to find the longest wait: many times the period in which steps and poses meet.
const SAMPLE_POSES: u64 = 3_000;

/// What is wrong: the key and the reason.
pub(super) type Problem = (String, String);

/// The arithmetic of one model. Samples count at the model's rate.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Timing {
    /// Samples per second.
    pub(super) rate_hz: u32,
    /// Samples that a run reads.
    pub(super) read: usize,
    /// Feature frames in them; 1 for raw sound.
    pub(super) feature_frames: usize,
    /// Frames in an answer, and the first and last that are used.
    pub(super) frames: usize,
    pub(super) valid: [usize; 2],
    /// Frames per second.
    pub(super) fps: f64,
    /// Frame m (counted over all runs) is about the instant (m + 0.5) / `fps` - `shift_secs`.
    pub(super) shift_secs: f64,
    /// Where the sound of run 0 ends, and samples from run to run.
    first_end: i64,
    step: f64,
}

impl Timing {
    /// The timing of a model.
    pub(super) fn of(manifest: &Manifest) -> Result<Self, Problem> {
        let (read, feature_frames) = read(manifest)?;
        let frames = &manifest.outputs.frames;
        let count = match frames.time_axis {
            None => 1,
            Some(axis) => *frames.shape.get(axis).ok_or_else(|| {
                problem(
                    "outputs.frames.time_axis",
                    format!("{axis} is no side of {:?}; they count from 0", frames.shape),
                )
            })?,
        };
        let valid = frames.valid.unwrap_or([0, count.saturating_sub(1)]);
        if valid[0] > valid[1] || valid[1] >= count {
            return Err(problem(
                "outputs.frames.valid",
                format!("{valid:?} are no frames of an answer that has {count}; they count from 0"),
            ));
        }
        let half = Self {
            rate_hz: manifest.audio.sample_rate_hz,
            read,
            feature_frames,
            frames: count,
            valid,
            fps: frames.fps.unwrap_or(0.0),
            shift_secs: 0.0,
            first_end: 0,
            step: 0.0,
        };
        let timing = match manifest.stream.mode {
            Mode::Step => half.by_step(&manifest.stream)?,
            Mode::Window => half.by_window(&manifest.stream)?,
        };
        if timing.fps > MAX_FPS || timing.fps < 1.0 {
            return Err(problem(
                "outputs.frames.fps",
                format!("{:.3} frames per second are not within 1..=100", timing.fps),
            ));
        }
        Ok(timing)
    }

    fn by_step(mut self, stream: &Stream) -> Result<Self, Problem> {
        let wrong = |key: &str, text: String| Err(problem(&format!("stream.{key}"), text));
        let rate = f64::from(self.rate_hz);
        let Some(step) = stream.step_samples.filter(|&step| step > 0) else {
            return wrong(
                "step_samples",
                "is missing: mode `step` needs it".to_owned(),
            );
        };
        if step > self.read || step > MAX_WINDOW_SECS * self.rate_hz as usize {
            return wrong(
                "step_samples",
                format!(
                    "{step} samples from run to run, but the input holds {}: some sound would never be heard",
                    self.read
                ),
            );
        }
        if stream.window_samples.is_some() || stream.left_context.is_some() {
            let text = "belongs to mode `window`; in mode `step` the past is in the states";
            return wrong("window_samples, stream.left_context", text.to_owned());
        }
        let behind = match (stream.lookahead_steps, stream.right_context) {
            (steps, None) => steps.saturating_mul(step),
            (0, Some(samples)) => samples,
            _ => {
                return wrong(
                    "right_context",
                    "says the same as lookahead_steps: give one".to_owned(),
                );
            }
        };
        if behind > MAX_LOOKAHEAD_SECS * self.rate_hz as usize {
            return wrong(
                "lookahead_steps",
                format!(
                    "{} (right_context {:?}) is more than {MAX_LOOKAHEAD_SECS} s of look-ahead",
                    stream.lookahead_steps, stream.right_context
                ),
            );
        }
        let fps = self.frames_per_run() as f64 * rate / step as f64;
        if self.fps != 0.0 && (self.fps / fps - 1.0).abs() > 0.005 {
            return Err(problem(
                "outputs.frames.fps",
                format!(
                    "{}, but {} frames in a step of {step} samples make {fps:.3} per second",
                    self.fps,
                    self.frames_per_run()
                ),
            ));
        }
        self.fps = fps;
        self.step = step as f64;
        self.first_end = step as i64;
        self.shift_secs = behind as f64 / rate;
        Ok(self)
    }

    fn by_window(mut self, stream: &Stream) -> Result<Self, Problem> {
        let wrong = |key: &str, text: String| Err(problem(&format!("stream.{key}"), text));
        let rate = f64::from(self.rate_hz);
        if !(self.fps > 0.0 && self.fps.is_finite()) {
            let text = "is missing: mode `window` needs the frames per second";
            return Err(problem("outputs.frames.fps", text.to_owned()));
        }
        if stream.lookahead_steps != 0 {
            let text = "belongs to mode `step`; in mode `window` give right_context in samples";
            return wrong("lookahead_steps", text.to_owned());
        }
        let window = stream.window_samples.unwrap_or(self.read);
        if window == 0 || window.max(self.read) > MAX_WINDOW_SECS * self.rate_hz as usize {
            let text = format!("{window} is not within 1 sample and {MAX_WINDOW_SECS} s");
            return wrong("window_samples", text);
        }
        let frame = rate / self.fps;
        let span = self.frames as f64 * frame;
        let room = window as f64 - span;
        let left = match (stream.left_context, stream.right_context) {
            (None, None) => room / 2.0,
            (Some(left), None) => left as f64,
            (None, Some(right)) => room - right as f64,
            (Some(left), Some(right)) if ((left + right) as f64 - room).abs() <= 1.0 => left as f64,
            (Some(left), Some(right)) => {
                let text = format!(
                    "{left} + {right} of right_context + {span:.0} of {} frames are not the {window} samples of a window",
                    self.frames
                );
                return wrong("left_context", text);
            }
        };
        if left < -1.0 || room - left < -1.0 {
            let text = format!(
                "{} frames at {} per second with their contexts take more than the {window} samples of a window",
                self.frames, self.fps
            );
            return wrong("window_samples", text);
        }
        self.step = self.frames_per_run() as f64 * frame;
        if let Some(step) = stream.step_samples
            && (step as f64 - self.step).abs() > 1.0
        {
            let text = format!(
                "{step}, but {} valid frames at {} per second are {:.0} samples",
                self.frames_per_run(),
                self.fps,
                self.step
            );
            return wrong("step_samples", text);
        }
        // The time of the first used frame begins with the sound.
        let start = -(left + self.valid[0] as f64 * frame);
        self.first_end = (start + (window + self.read) as f64 / 2.0).round() as i64;
        Ok(self)
    }

    /// Frames that a run adds.
    pub(super) fn frames_per_run(&self) -> usize {
        self.valid[1] - self.valid[0] + 1
    }

    /// Where the sound of run `run` ends; run 0 may begin before the sound does, and hears silence there.
    pub(super) fn end(&self, run: i64) -> i64 {
        self.first_end + (run as f64 * self.step).round() as i64
    }

    /// Runs within `secs`.
    pub(super) fn runs_in(&self, secs: f32) -> u64 {
        (f64::from(secs) * f64::from(self.rate_hz) / self.step).ceil() as u64
    }

    /// Where pose `pose` stands among the frames.
    pub(super) fn place(&self, pose: u64) -> f64 {
        let at = (pose as f64 + 0.5) * STEP_SECS + self.shift_secs;
        let place = at * self.fps - 0.5;
        // A frame that falls on a pose is taken as it is.
        if (place - place.round()).abs() < 1e-6 {
            place.round()
        } else {
            place
        }
    }

    /// The longest time from a pose's instant to the sound it needs, in samples at [`MODEL_RATE_HZ`]. Sound comes in steps
    /// of 20 ms; `resampler` samples at the model's rate wait in a resampler.
    pub(super) fn lookahead_samples(&self, resampler: usize) -> usize {
        let ratio = f64::from(MODEL_RATE_HZ) / f64::from(self.rate_hz);
        let wait = |pose: u64| {
            let frame = self.place(pose).ceil().max(0.0) as i64;
            let end = self.end(frame / self.frames_per_run() as i64) + resampler as i64;
            let steps = (end as f64 * ratio / STEP_SAMPLES as f64 - 1e-6).ceil();
            let at = (pose as f64 + 0.5) * STEP_SAMPLES as f64;
            (steps.max(1.0) * STEP_SAMPLES as f64 - at).max(0.0) as usize
        };
        (0..SAMPLE_POSES).map(wait).max().unwrap_or(0)
    }
}

/// Samples that a run reads, and feature frames in them.
fn read(manifest: &Manifest) -> Result<(usize, usize), Problem> {
    let audio = &manifest.audio;
    let key = if manifest.encoder.is_some() {
        "encoder.audio"
    } else {
        "inputs.audio"
    };
    let Some(tensor) = manifest.sound_input() else {
        let text = "is missing: the model, or an [encoder], must take the sound";
        return Err(problem(key, text.to_owned()));
    };
    let shape_key = format!("{key}.shape");
    let room = MAX_WINDOW_SECS * audio.sample_rate_hz as usize;
    let held = numbers(&tensor.shape)
        .filter(|&held| held <= room * 4)
        .ok_or_else(|| {
            let text = format!(
                "{:?} holds nothing, or more than {MAX_WINDOW_SECS} s",
                tensor.shape
            );
            problem(&shape_key, text)
        })?;
    if audio.kind == AudioKind::Raw {
        return Ok((held, 1));
    }
    let given = |value: Option<usize>, name: &str| {
        value
            .filter(|&value| (1..=room).contains(&value))
            .ok_or_else(|| {
                let text = format!("{value:?} will not do: features need a number of 1 and more");
                problem(&format!("audio.{name}"), text)
            })
    };
    let (window, hop) = (given(audio.window, "window")?, given(audio.hop, "hop")?);
    let mut bands = given(audio.n_mels, "n_mels")?;
    if audio.kind == AudioKind::Mfcc {
        let kept = given(audio.n_mfcc, "n_mfcc")?;
        if kept > bands {
            let text = format!("{kept} coefficients of {bands} bands");
            return Err(problem("audio.n_mfcc", text));
        }
        bands = kept;
    }
    if !held.is_multiple_of(bands) {
        let text = format!(
            "{:?} holds no whole frames of {bands} numbers",
            tensor.shape
        );
        return Err(problem(&shape_key, text));
    }
    let frames = held / bands;
    Ok(((frames - 1) * hop + window, frames))
}

/// A key and what is wrong with it.
pub(super) fn problem(key: &str, text: String) -> Problem {
    (key.to_owned(), text)
}
