//! What happens to sound before a model hears it: cut into steps of 20 ms and brought to an even loudness.

use super::Result;
use super::manifest::{MODEL_RATE_HZ, STEP_SAMPLES};

/// One step of sound at 16 kHz.
pub(super) type Block = [f32; STEP_SAMPLES];

/// Samples below this (-40 dB) do not count as speech when loudness is measured.
const GATE: f32 = 0.01;
/// Speech is never taken to be quieter than this (-34 dB), so that room noise is not blown up.
const MIN_LEVEL: f32 = 0.02;
/// How much speech the slow gain remembers, in samples (4 s), and how much it assumes at the start (0.3 s).
const LEVEL_MEMORY: f32 = 4.0 * MODEL_RATE_HZ as f32;
const LEVEL_PRIOR: f32 = 0.3 * MODEL_RATE_HZ as f32;

/// Makes speech about as loud as the model expects.
#[derive(Clone, Debug)]
pub(super) struct Level {
    /// The wanted RMS.
    target: f32,
    /// Known for the whole utterance, or nothing: then it follows the sound.
    fixed_gain: Option<f32>,
    energy: f32,
    samples: f32,
    gain: f32,
}

impl Level {
    /// `level_dbfs` is the wanted RMS of speech.
    pub(super) fn new(level_dbfs: f32) -> Self {
        let target = 10f32.powf(level_dbfs / 20.0);
        Self {
            target,
            fixed_gain: None,
            energy: target * target * LEVEL_PRIOR,
            samples: LEVEL_PRIOR,
            gain: 1.0,
        }
    }

    /// Keeps one gain for a whole sound, whose loudness is known.
    pub(super) fn fix(&mut self, loudness: &Loudness) {
        self.fixed_gain = Some(self.target / loudness.rms().max(MIN_LEVEL));
    }

    pub(super) fn reset(&mut self) {
        *self = Self {
            target: self.target,
            fixed_gain: None,
            energy: self.target * self.target * LEVEL_PRIOR,
            samples: LEVEL_PRIOR,
            gain: 1.0,
        };
    }

    /// Evens out one block; the gain moves smoothly over it.
    fn apply(&mut self, block: &mut Block) {
        if let Some(gain) = self.fixed_gain {
            for sample in block {
                *sample *= gain;
            }
            return;
        }
        let (energy, count) = loud_part(block);
        let keep = 1.0 - count / LEVEL_MEMORY;
        self.energy = self.energy * keep + energy;
        self.samples = self.samples * keep + count;
        let rms = (self.energy / self.samples).sqrt();
        let before = self.gain;
        self.gain = self.target / rms.max(MIN_LEVEL);
        for (i, sample) in block.iter_mut().enumerate() {
            let part = (i + 1) as f32 / STEP_SAMPLES as f32;
            *sample *= before + (self.gain - before) * part;
        }
    }
}

/// How loud the speech of a whole sound is, pauses not counted: measured piece by piece, before the sound is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loudness {
    energy: f64,
    samples: u64,
}

impl Loudness {
    /// The loudness of `samples_16k`.
    pub fn of(samples_16k: &[f32]) -> Self {
        let mut loudness = Self::default();
        loudness.push(samples_16k);
        loudness
    }

    /// Takes the next sound at 16 kHz; the sizes of the pieces do not matter.
    pub fn push(&mut self, samples_16k: &[f32]) {
        for sample in samples_16k.iter().map(|sample| tame(*sample)) {
            if sample.abs() > GATE {
                self.energy += f64::from(sample * sample);
                self.samples += 1;
            }
        }
    }

    /// The root mean square of what is above the gate; 0 for silence.
    pub fn rms(&self) -> f32 {
        (self.energy / self.samples.max(1) as f64).sqrt() as f32
    }
}

/// Energy and number of the samples above the gate.
fn loud_part(samples: &[f32]) -> (f32, f32) {
    samples
        .iter()
        .filter(|sample| sample.abs() > GATE)
        .fold((0.0, 0.0), |(energy, count), sample| {
            (energy + sample * sample, count + 1.0)
        })
}

/// Cuts sound into blocks: n samples give ceil(n / 320) poses in the end, however they are handed over.
#[derive(Clone, Debug)]
pub(super) struct Front {
    pub(super) level: Level,
    pending: Vec<f32>,
    /// Samples taken in and poses given since the last reset.
    taken: u64,
    given: u64,
}

impl Front {
    pub(super) fn new(level_dbfs: f32) -> Self {
        Self {
            level: Level::new(level_dbfs),
            pending: Vec::with_capacity(STEP_SAMPLES),
            taken: 0,
            given: 0,
        }
    }

    pub(super) fn reset(&mut self) {
        self.level.reset();
        self.pending.clear();
        self.taken = 0;
        self.given = 0;
    }

    /// Feeds `samples` block by block to `step`, which appends to `poses` what comes out.
    pub(super) fn push<T>(
        &mut self,
        samples: &[f32],
        poses: &mut Vec<T>,
        mut step: impl FnMut(&Block, &mut Vec<T>) -> Result<()>,
    ) -> Result<()> {
        self.taken += samples.len() as u64;
        let before = poses.len();
        let mut rest = samples;
        while !rest.is_empty() {
            let (part, after) = rest.split_at(rest.len().min(STEP_SAMPLES - self.pending.len()));
            self.pending.extend(part.iter().map(|&sample| tame(sample)));
            rest = after;
            if self.pending.len() == STEP_SAMPLES {
                let mut block = [0.0; STEP_SAMPLES];
                block.copy_from_slice(&self.pending);
                self.pending.clear();
                self.level.apply(&mut block);
                step(&block, poses)?;
            }
        }
        self.given += (poses.len() - before) as u64;
        Ok(())
    }

    /// Completes the last block with silence and feeds more of it until every sample taken in has its pose.
    pub(super) fn finish<T>(
        &mut self,
        poses: &mut Vec<T>,
        mut step: impl FnMut(&Block, &mut Vec<T>) -> Result<()>,
    ) -> Result<()> {
        let all = self.taken.div_ceil(STEP_SAMPLES as u64);
        let owed = all.saturating_sub(self.given);
        let wanted = poses.len() + owed as usize;
        if !self.pending.is_empty() {
            let padding = [0.0; STEP_SAMPLES];
            let missing = STEP_SAMPLES - self.pending.len();
            self.push(&padding[..missing], poses, &mut step)?;
        }
        while poses.len() < wanted {
            step(&[0.0; STEP_SAMPLES], poses)?;
        }
        poses.truncate(wanted);
        Ok(())
    }
}

/// A broken sample must not poison the states: NaN and infinity become silence, absurd values are cut.
fn tame(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-4.0, 4.0)
    } else {
        0.0
    }
}
