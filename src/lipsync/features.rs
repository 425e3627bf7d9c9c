//! Sound to what a model hears: samples as they are, or log mel energies and their cosine transform.
//!
//! Everything is made once; a run allocates nothing.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use super::manifest::{Audio, AudioKind, Layout, Log, Mel};

/// Kaldi's pre-emphasis and the power of its Povey window (`feature-window.h`).
const PRE_EMPHASIS: f32 = 0.97;
const POVEY_POWER: f32 = 0.85;

/// Turns the samples of a run into the numbers of its input.
pub(super) enum Features {
    /// Samples, times this.
    Raw(f32),
    /// Frames of bands.
    Mel(Box<MelBank>),
}

/// A plan for one kind of features.
pub(super) struct MelBank {
    kaldi: bool,
    scale: f32,
    hop: usize,
    window: Vec<f32>,
    fft: Arc<dyn RealToComplex<f32>>,
    filters: Vec<Filter>,
    log: Log,
    eps: f32,
    /// Rows of the cosine transform, one per coefficient; empty when the energies are the answer.
    cosines: Vec<Vec<f32>>,
    /// Subtracted from and multiplied with each number of a frame.
    affine: Vec<(f32, f32)>,
    layout: Layout,
    samples: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    energies: Vec<f32>,
}

/// One mel filter: weights of the bins from `first` on.
#[derive(Clone, Debug, PartialEq)]
struct Filter {
    first: usize,
    weights: Vec<f32>,
}

impl std::fmt::Debug for Features {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Raw(scale) => write!(f, "Raw({scale})"),
            Self::Mel(bank) => write!(f, "Mel({} bands)", bank.filters.len()),
        }
    }
}

impl Features {
    /// The features of a checked manifest.
    pub(super) fn new(audio: &Audio) -> Self {
        match audio.kind {
            AudioKind::Raw => Self::Raw(audio.full_scale),
            _ => Self::Mel(Box::new(MelBank::new(audio))),
        }
    }

    /// Fills `input` from the samples of a run.
    pub(super) fn compute(&mut self, samples: &[f32], input: &mut [f32]) {
        match self {
            Self::Raw(scale) => {
                for (number, sample) in input.iter_mut().zip(samples) {
                    *number = sample * *scale;
                }
            }
            Self::Mel(bank) => bank.compute(samples, input),
        }
    }
}

impl MelBank {
    fn new(audio: &Audio) -> Self {
        let kaldi = audio.kind == AudioKind::Fbank;
        let length = audio.window.unwrap_or(1);
        let size = if kaldi {
            length.next_power_of_two()
        } else {
            length
        };
        let bands = audio.n_mels.unwrap_or(1);
        let fft = RealFftPlanner::new().plan_fft_forward(size);
        let cosines = match (audio.kind, audio.n_mfcc) {
            (AudioKind::Mfcc, Some(kept)) => (0..kept).map(|row| cosine_row(row, bands)).collect(),
            _ => Vec::new(),
        };
        let numbers = if cosines.is_empty() {
            bands
        } else {
            cosines.len()
        };
        let mean = audio.mean.spread(numbers).unwrap_or_default();
        let std = audio.std.spread(numbers).unwrap_or_default();
        Self {
            kaldi,
            scale: audio.full_scale,
            hop: audio.hop.unwrap_or(1),
            window: window(length, kaldi),
            filters: filters(audio, kaldi, bands, size),
            log: audio.log,
            eps: audio.eps,
            cosines,
            affine: mean
                .iter()
                .zip(&std)
                .map(|(&mean, &std)| (mean as f32, 1.0 / std as f32))
                .collect(),
            layout: audio.layout,
            samples: vec![0.0; size],
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            energies: vec![0.0; bands],
            fft,
        }
    }

    fn compute(&mut self, samples: &[f32], input: &mut [f32]) {
        let numbers = self.affine.len();
        let frames = input.len() / numbers;
        for frame in 0..frames {
            let start = frame * self.hop;
            self.energies(&samples[start..start + self.window.len()]);
            for place in 0..numbers {
                let value = match self.cosines.get(place) {
                    Some(row) => row.iter().zip(&self.energies).map(|(c, e)| c * e).sum(),
                    None => self.energies[place],
                };
                let (mean, factor) = self.affine[place];
                let at = match self.layout {
                    Layout::TF => frame * numbers + place,
                    Layout::FT => place * frames + frame,
                };
                input[at] = (value - mean) * factor;
            }
        }
    }

    /// Log energies of one window of samples.
    fn energies(&mut self, samples: &[f32]) {
        let length = self.window.len();
        self.samples.fill(0.0);
        for (to, from) in self.samples.iter_mut().zip(samples) {
            *to = from * self.scale;
        }
        if self.kaldi {
            let mean = self.samples[..length].iter().sum::<f32>() / length as f32;
            for sample in &mut self.samples[..length] {
                *sample -= mean;
            }
            for i in (1..length).rev() {
                self.samples[i] -= PRE_EMPHASIS * self.samples[i - 1];
            }
            self.samples[0] -= PRE_EMPHASIS * self.samples[0];
        }
        for (sample, weight) in self.samples.iter_mut().zip(&self.window) {
            *sample *= weight;
        }
        let transformed =
            self.fft
                .process_with_scratch(&mut self.samples, &mut self.spectrum, &mut self.scratch);
        debug_assert!(transformed.is_ok(), "buffers come from the plan");
        for (energy, filter) in self.energies.iter_mut().zip(&self.filters) {
            let power: f32 = self.spectrum[filter.first..]
                .iter()
                .zip(&filter.weights)
                .map(|(bin, weight)| bin.norm_sqr() * weight)
                .sum();
            let power = if self.kaldi {
                power.max(self.eps)
            } else {
                power + self.eps
            };
            *energy = match self.log {
                Log::Ln => power.ln(),
                Log::Log10 => power.log10(),
                Log::Db => 10.0 * power.log10(),
            };
        }
    }
}

/// Hann (periodic), or Kaldi's Povey window (symmetric Hann to the power 0.85).
fn window(length: usize, kaldi: bool) -> Vec<f32> {
    let period = if kaldi { length.max(2) - 1 } else { length };
    (0..length)
        .map(|i| {
            let turn = i as f32 / period as f32 * std::f32::consts::TAU;
            let hann = 0.5 - 0.5 * turn.cos();
            if kaldi { hann.powf(POVEY_POWER) } else { hann }
        })
        .collect()
}

/// Row `row` of the orthonormal DCT-II over `bands` numbers.
fn cosine_row(row: usize, bands: usize) -> Vec<f32> {
    let norm = if row == 0 { 1.0 } else { 2.0 } / bands as f32;
    (0..bands)
        .map(|band| {
            let angle = (band as f32 + 0.5) * row as f32 * std::f32::consts::PI / bands as f32;
            norm.sqrt() * angle.cos()
        })
        .collect()
}

/// Triangles between points that are evenly spaced on the mel scale. Kaldi's slopes are straight in mel, the others' in Hz.
fn filters(audio: &Audio, kaldi: bool, bands: usize, size: usize) -> Vec<Filter> {
    let rate = f64::from(audio.sample_rate_hz);
    let scale = Scale::of(audio, kaldi);
    let low = scale.mel(f64::from(audio.fmin));
    let high = scale.mel(audio.fmax.map_or(rate / 2.0, f64::from));
    let point = |i: usize| low + (high - low) * i as f64 / (bands + 1) as f64;
    (0..bands)
        .map(|band| {
            let mels = [point(band), point(band + 1), point(band + 2)];
            let corners = if kaldi {
                mels
            } else {
                mels.map(|mel| scale.hz(mel))
            };
            let height = match audio.mel {
                Mel::Slaney if !kaldi => 2.0 / (corners[2] - corners[0]),
                _ => 1.0,
            };
            let weight = |bin: usize| {
                let hz = bin as f64 * rate / size as f64;
                let at = if kaldi { scale.mel(hz) } else { hz };
                let rise = (at - corners[0]) / (corners[1] - corners[0]);
                let fall = (corners[2] - at) / (corners[2] - corners[1]);
                (rise.min(fall).max(0.0) * height) as f32
            };
            let mut weights: Vec<f32> = (0..=size / 2).map(weight).collect();
            let first = weights.iter().position(|&w| w > 0.0).unwrap_or(0);
            let end = weights
                .iter()
                .rposition(|&w| w > 0.0)
                .map_or(first, |i| i + 1);
            weights.truncate(end);
            Filter {
                first,
                weights: weights.split_off(first),
            }
        })
        .collect()
}

/// A mel scale.
#[derive(Clone, Copy, Debug)]
enum Scale {
    /// 2595 log10(1 + f/700) (O'Shaughnessy 1987); Kaldi's 1127 ln(1 + f/700) is the same.
    Htk,
    /// Slaney's Auditory Toolbox (1998): linear up to 1 kHz, then logarithmic.
    Slaney,
}

/// Slaney's: Hz per mel below the knee, the knee in mel and Hz, and the growth above it.
const SLANEY_HZ: f64 = 200.0 / 3.0;
const SLANEY_KNEE_HZ: f64 = 1000.0;
const SLANEY_KNEE: f64 = SLANEY_KNEE_HZ / SLANEY_HZ;
const SLANEY_OCTAVE: f64 = 6.4;
const SLANEY_STEPS: f64 = 27.0;

impl Scale {
    fn of(audio: &Audio, kaldi: bool) -> Self {
        match audio.mel {
            Mel::Slaney if !kaldi => Self::Slaney,
            _ => Self::Htk,
        }
    }

    fn mel(self, hz: f64) -> f64 {
        match self {
            Self::Htk => 2595.0 * (1.0 + hz / 700.0).log10(),
            Self::Slaney if hz < SLANEY_KNEE_HZ => hz / SLANEY_HZ,
            Self::Slaney => {
                SLANEY_KNEE + (hz / SLANEY_KNEE_HZ).ln() / SLANEY_OCTAVE.ln() * SLANEY_STEPS
            }
        }
    }

    fn hz(self, mel: f64) -> f64 {
        match self {
            Self::Htk => 700.0 * (10f64.powf(mel / 2595.0) - 1.0),
            Self::Slaney if mel < SLANEY_KNEE => mel * SLANEY_HZ,
            Self::Slaney => SLANEY_KNEE_HZ * SLANEY_OCTAVE.powf((mel - SLANEY_KNEE) / SLANEY_STEPS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_and_frames_change_places_with_the_layout() {
        let audio = |layout: &str| -> Audio {
            let text = format!(
                "kind = 'logmel'\nsample_rate_hz = 16000\nwindow = 400\nhop = 160\nn_mels = 8\nlayout = '{layout}'"
            );
            toml::from_str(&text).unwrap()
        };
        let sound: Vec<f32> = (0..720)
            .map(|i| (i as f32 * 0.3).sin() * i as f32)
            .collect();
        let mut by_frame = [0.0; 24];
        Features::new(&audio("TF")).compute(&sound, &mut by_frame);
        let mut by_band = [0.0; 24];
        Features::new(&audio("FT")).compute(&sound, &mut by_band);
        for frame in 0..3 {
            for band in 0..8 {
                assert_eq!(by_frame[frame * 8 + band], by_band[band * 3 + frame]);
            }
        }
        assert_ne!(by_frame[0], by_frame[8]);
    }
}
