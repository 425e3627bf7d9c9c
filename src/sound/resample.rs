//! Any sample rate to any other, in time with itself.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Async, FixedAsync, Indexing, Resampler as _, SincInterpolationParameters,
    SincInterpolationType, WindowFunction,
};

use super::{Error, Result};

/// The lowest rate handled, in Hz.
pub const MIN_RATE_HZ: u32 = 8_000;
/// The highest rate handled, in Hz.
pub const MAX_RATE_HZ: u32 = 192_000;

/// Taps of the filter at the lower of the two rates. 256 with the window below pass 0.93 of the band and hold what lies
/// beyond it under -90 dB (measured in the tests).
const TAPS: usize = 256;

/// With up to this many output phases the filter is tabulated at every one of them, exactly; beyond (rates with hardly a
/// common factor) it is interpolated between [`INTERPOLATED_PHASES`].
const MAX_EXACT_PHASES: usize = 640;
const INTERPOLATED_PHASES: usize = 256;

/// Input blocks per second that go through the filter at a time.
const BLOCKS_PER_SEC: u32 = 200;

/// Streams mono sound from one rate to another.
///
/// Sample `n` of the input stands at `n * to / from` in the output: the filter's delay is taken out, exactly where the two
/// rates have a usable common factor, else to half an output sample. After [`Resampler::finish`] the output has
/// `round(n * to / from)` samples for `n` of input. The sizes of the pushed blocks do not matter.
#[derive(Debug)]
pub struct Resampler {
    from_hz: u32,
    to_hz: u32,
    filter: Option<Filter>,
    taken: u64,
    given: u64,
}

#[derive(Debug)]
struct Filter {
    inner: Async<f32>,
    /// Input that does not fill a block yet.
    pending: Vec<f32>,
    block: usize,
    scratch: Vec<f32>,
    lead: Lead,
    /// Output samples still to be dropped.
    skip: usize,
}

/// How the filter's delay is taken out.
#[derive(Clone, Copy, Debug)]
struct Lead {
    /// Zeros put before the input so that the delay becomes a whole number of output samples.
    zeros: usize,
    /// Output samples to drop.
    skip: usize,
}

impl Resampler {
    /// A resampler for one stream.
    ///
    /// # Errors
    /// When a rate lies outside [`MIN_RATE_HZ`]..=[`MAX_RATE_HZ`].
    pub fn new(from_hz: u32, to_hz: u32) -> Result<Self> {
        let allowed = MIN_RATE_HZ..=MAX_RATE_HZ;
        if !allowed.contains(&from_hz) || !allowed.contains(&to_hz) {
            return Err(Error::Rate { from_hz, to_hz });
        }
        let filter = if from_hz == to_hz {
            None
        } else {
            Some(Filter::new(from_hz, to_hz)?)
        };
        Ok(Self {
            from_hz,
            to_hz,
            filter,
            taken: 0,
            given: 0,
        })
    }

    /// How many output samples a sample of input waits at most before it comes out.
    pub fn latency_samples(&self) -> usize {
        self.filter.as_ref().map_or(0, |filter| {
            let (from, to) = (u64::from(self.from_hz), u64::from(self.to_hz));
            // A block has to fill up, and the filter looks two input samples beyond its own half.
            let input = (filter.block as u64 + 2) * to / from;
            filter.lead.skip + usize::try_from(input).unwrap_or(usize::MAX) + 2
        })
    }

    /// Takes `input` and appends what is ready to `output`.
    ///
    /// # Errors
    /// Never in practice; the filter checks the blocks that we give it.
    pub fn push(&mut self, input: &[f32], output: &mut Vec<f32>) -> Result<()> {
        self.taken += input.len() as u64;
        let before = output.len();
        match &mut self.filter {
            None => output.extend_from_slice(input),
            Some(filter) => filter.push(input, output)?,
        }
        self.given += (output.len() - before) as u64;
        Ok(())
    }

    /// Appends what is left and makes the resampler ready for another stream.
    ///
    /// # Errors
    /// As [`Resampler::push`].
    pub fn finish(&mut self, output: &mut Vec<f32>) -> Result<()> {
        let (from, to) = (u128::from(self.from_hz), u128::from(self.to_hz));
        let wanted = (u128::from(self.taken) * to + from / 2) / from;
        let missing =
            usize::try_from(wanted.saturating_sub(u128::from(self.given))).unwrap_or(usize::MAX);
        if let Some(filter) = &mut self.filter {
            let end = output.len() + missing;
            let silence = vec![0.0; filter.block];
            while output.len() < end {
                filter.push(&silence, output)?;
            }
            output.truncate(end);
            filter.reset();
        }
        (self.taken, self.given) = (0, 0);
        Ok(())
    }
}

impl Filter {
    fn new(from_hz: u32, to_hz: u32) -> Result<Self> {
        let common = greatest_common_divisor(from_hz, to_hz);
        let (from, to) = ((from_hz / common) as usize, (to_hz / common) as usize);
        // Going down, the filter is longer by the ratio, so that it is as steep at the lower rate.
        let taps = (TAPS * from.max(to) / to).next_multiple_of(16);
        let exact = to <= MAX_EXACT_PHASES && from <= 16 * MAX_EXACT_PHASES;
        let (phases, interpolation) = if exact {
            (to, SincInterpolationType::Nearest)
        } else {
            (INTERPOLATED_PHASES, SincInterpolationType::Cubic)
        };
        let parameters = SincInterpolationParameters::new(taps, WindowFunction::BlackmanHarris2)
            .oversampling_factor(phases)
            .interpolation(interpolation);
        let block = (from_hz / BLOCKS_PER_SEC) as usize;
        let inner = Async::<f32>::new_sinc(
            f64::from(to_hz) / f64::from(from_hz),
            1.0,
            &parameters,
            block,
            1,
            FixedAsync::Input,
        )
        .map_err(Error::Filter)?;
        let lead = if exact {
            exact_lead(from, to, taps)
        } else {
            let delay = (taps / 2) as f64 - 1.0 / phases as f64;
            Lead {
                zeros: 0,
                skip: (delay * f64::from(to_hz) / f64::from(from_hz)).round() as usize - 1,
            }
        };
        Ok(Self {
            scratch: vec![0.0; inner.output_frames_max()],
            inner,
            pending: vec![0.0; lead.zeros],
            block,
            lead,
            skip: lead.skip,
        })
    }

    fn push(&mut self, input: &[f32], output: &mut Vec<f32>) -> Result<()> {
        self.pending.extend_from_slice(input);
        let mut used = 0;
        while self.pending.len() - used >= self.block {
            self.run(used, output)?;
            used += self.block;
        }
        self.pending.drain(..used);
        Ok(())
    }

    /// Sends one block through the filter.
    fn run(&mut self, offset: usize, output: &mut Vec<f32>) -> Result<()> {
        let bug = Error::BlockSize;
        let capacity = self.scratch.len();
        let block =
            InterleavedSlice::new(&self.pending[offset..offset + self.block], 1, self.block)
                .map_err(bug)?;
        let mut out = InterleavedSlice::new_mut(&mut self.scratch, 1, capacity).map_err(bug)?;
        let (_, made) = self
            .inner
            .process_into_buffer(&block, &mut out, Some(&Indexing::new()))
            .map_err(Error::Block)?;
        let dropped = self.skip.min(made);
        self.skip -= dropped;
        output.extend_from_slice(&self.scratch[dropped..made]);
        Ok(())
    }

    fn reset(&mut self) {
        self.inner.reset();
        self.pending.clear();
        self.pending.resize(self.lead.zeros, 0.0);
        self.skip = self.lead.skip;
    }
}

/// Solves for the lead that puts output sample 0 exactly on input sample 0.
///
/// The filter's output `k` stands at input position `(k + 1) * from / to + 1 / to - taps / 2` (its centre lies one phase
/// early); with `z` zeros in front, position 0 is a whole output sample when `from` divides `to * (taps / 2 + z) - 1`.
fn exact_lead(from: usize, to: usize, taps: usize) -> Lead {
    let zeros = (0..from)
        .find(|zeros| (to * (taps / 2 + zeros) - 1).is_multiple_of(from))
        .unwrap_or(0);
    Lead {
        zeros,
        skip: (to * (taps / 2 + zeros) - 1) / from - 1,
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

/// A whole mono sound at another rate; `round(n * to / from)` samples.
///
/// # Errors
/// When a rate lies outside [`MIN_RATE_HZ`]..=[`MAX_RATE_HZ`].
pub fn resample(samples: &[f32], from_hz: u32, to_hz: u32) -> Result<Vec<f32>> {
    let mut resampler = Resampler::new(from_hz, to_hz)?;
    let mut output = Vec::new();
    resampler.push(samples, &mut output)?;
    resampler.finish(&mut output)?;
    Ok(output)
}

#[cfg(test)]
mod tests;
