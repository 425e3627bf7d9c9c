//! Live sound at 48 kHz whose pace can be trimmed: two clocks never agree, and a buffer between them must not run dry.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Adjustable as _, Async, FixedAsync, PolynomialDegree, Resampler as _};

use super::{Error, Resampler, Result};
use crate::media::SAMPLE_RATE_HZ;

/// Samples given at a time: 10 ms.
const CHUNK: usize = SAMPLE_RATE_HZ as usize / 100;
/// The pace may be trimmed by this factor up or down: far more than sound cards are off, and not heard.
const MOST_TRIM: f64 = 1.01;

/// Brings mono sound of any rate to 48 kHz, a little faster or slower as asked.
#[derive(Debug)]
pub struct Elastic {
    to_48k: Resampler,
    stretch: Async<f32>,
    pending: Vec<f32>,
    scratch: Vec<f32>,
}

impl Elastic {
    /// For sound at `from_hz`.
    ///
    /// # Errors
    /// When the rate lies outside [`super::MIN_RATE_HZ`]..=[`super::MAX_RATE_HZ`].
    pub fn new(from_hz: u32) -> Result<Self> {
        let degree = PolynomialDegree::Septic;
        let stretch = Async::new_poly(1.0, MOST_TRIM, degree, CHUNK, 1, FixedAsync::Output)
            .map_err(Error::Filter)?;
        Ok(Self {
            to_48k: Resampler::new(from_hz, SAMPLE_RATE_HZ)?,
            stretch,
            pending: Vec::new(),
            scratch: vec![0.0; CHUNK],
        })
    }

    /// Takes the next sound.
    ///
    /// # Errors
    /// Never in practice; the filter checks the blocks that we give it.
    pub fn push(&mut self, input: &[f32]) -> Result<()> {
        self.to_48k.push(input, &mut self.pending)
    }

    /// Samples at 48 kHz that wait.
    pub fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// Forgets the oldest samples that wait, so that `keep` are left.
    pub fn drop_oldest(&mut self, keep: usize) {
        let surplus = self.pending.len().saturating_sub(keep);
        self.pending.drain(..surplus);
    }

    /// Appends 10 ms, taking `speed` (0.99 to 1.01, else the nearest) times as much of what waits; `false` when too
    /// little waits.
    ///
    /// # Errors
    /// Never in practice; the filter checks the blocks that we give it.
    pub fn pull(&mut self, speed: f64, output: &mut Vec<f32>) -> Result<bool> {
        let ratio = 1.0 / speed.clamp(1.0 / MOST_TRIM, MOST_TRIM);
        self.stretch
            .set_resample_ratio_relative(ratio.clamp(1.0 / MOST_TRIM, MOST_TRIM), true)
            .map_err(Error::Block)?;
        let needed = self.stretch.input_frames_next();
        if self.pending.len() < needed {
            return Ok(false);
        }
        let bug = Error::BlockSize;
        let block = InterleavedSlice::new(&self.pending[..needed], 1, needed).map_err(bug)?;
        let mut out = InterleavedSlice::new_mut(&mut self.scratch, 1, CHUNK).map_err(bug)?;
        let (taken, made) = self
            .stretch
            .process_into_buffer(&block, &mut out, None)
            .map_err(Error::Block)?;
        self.pending.drain(..taken);
        output.extend_from_slice(&self.scratch[..made]);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(count: usize, hz: f32, rate: f32) -> Vec<f32> {
        (0..count)
            .map(|i| (i as f32 * hz / rate * std::f32::consts::TAU).sin() * 0.5)
            .collect()
    }

    #[test]
    fn speed_takes_more_or_less_of_the_same_tone() {
        for (speed, rate) in [(1.0, 48_000u32), (1.005, 48_000), (0.995, 44_100)] {
            let mut elastic = Elastic::new(rate).unwrap();
            elastic
                .push(&sine(rate as usize * 2, 440.0, rate as f32))
                .unwrap();
            let before = elastic.waiting();
            let mut out = Vec::new();
            for _ in 0..100 {
                assert!(elastic.pull(speed, &mut out).unwrap());
            }
            assert_eq!(out.len(), 48_000);
            let used = (before - elastic.waiting()) as f64;
            assert!((used / 48_000.0 - speed).abs() < 2e-4, "{speed}: {used}");
            // A pure tone stays one: no steps where the blocks join.
            let steepest = out[480..]
                .windows(2)
                .map(|w| (w[1] - w[0]).abs())
                .fold(0.0, f32::max);
            let allowed = 0.5 * 440.0 * 1.01 / 48_000.0 * std::f32::consts::TAU * 1.02;
            assert!(steepest < allowed, "{speed}: {steepest} over {allowed}");
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        let mut elastic = Elastic::new(48_000).unwrap();
        elastic.push(&[0.1; 200]).unwrap();
        assert!(!elastic.pull(1.0, &mut Vec::new()).unwrap());
        elastic.push(&[0.1; 2_000]).unwrap();
        elastic.drop_oldest(700);
        assert_eq!(elastic.waiting(), 700);
        assert!(elastic.pull(1.0, &mut Vec::new()).unwrap());
    }
}
