//! Gain that moves without clicks, and the one mixer.

/// A gain on its way: half a cosine from where it is to where it shall be.
#[derive(Clone, Debug, PartialEq)]
pub struct Ramp {
    from: f32,
    to: f32,
    length: usize,
    position: usize,
}

impl Ramp {
    /// A gain that rests at `gain`.
    pub fn new(gain: f32) -> Self {
        Self {
            from: gain,
            to: gain,
            length: 0,
            position: 0,
        }
    }

    /// Moves to `gain` within the next `samples` samples, from wherever the gain is now; at once for 0.
    pub fn set(&mut self, gain: f32, samples: usize) {
        *self = Self {
            from: self.gain(),
            to: gain,
            length: samples,
            position: 0,
        };
    }

    /// The gain of the next sample.
    pub fn gain(&self) -> f32 {
        if self.position >= self.length {
            return self.to;
        }
        let part = self.position as f32 / self.length as f32;
        let eased = 0.5 - 0.5 * (std::f32::consts::PI * part).cos();
        self.from + (self.to - self.from) * eased
    }

    /// The gain of the next sample; moves on by one sample.
    pub fn next_gain(&mut self) -> f32 {
        let gain = self.gain();
        self.position = (self.position + 1).min(self.length);
        gain
    }

    /// Where the gain rests or is heading.
    pub fn target(&self) -> f32 {
        self.to
    }

    /// Whether the gain has arrived.
    pub fn is_settled(&self) -> bool {
        self.position >= self.length
    }
}

/// What one source gives to a block. A source shorter than the block is silent for the rest of it.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// Nothing; its gain still moves.
    Silent,
    /// One sample per frame, heard on both sides.
    Mono(&'a [f32]),
    /// Left and right in turn.
    Stereo(&'a [f32]),
}

impl Source<'_> {
    /// Left and right of one frame.
    fn frame(&self, index: usize) -> (f32, f32) {
        match self {
            Self::Silent => (0.0, 0.0),
            Self::Mono(samples) => {
                let sample = samples.get(index).copied().unwrap_or(0.0);
                (sample, sample)
            }
            Self::Stereo(samples) => (
                samples.get(index * 2).copied().unwrap_or(0.0),
                samples.get(index * 2 + 1).copied().unwrap_or(0.0),
            ),
        }
    }
}

/// Adds sources up into one stereo block, each with a gain that ramps.
///
/// Sources are known by their place; gains live here so that they go on from block to block.
#[derive(Clone, Debug)]
pub struct Mixer {
    gains: Vec<Ramp>,
}

impl Mixer {
    /// A mixer with `sources` inputs at gain 1.
    pub fn new(sources: usize) -> Self {
        Self {
            gains: vec![Ramp::new(1.0); sources],
        }
    }

    /// Moves the gain of input `source` to `gain` within `samples` samples of the next blocks. An input that the mixer does
    /// not have is ignored.
    pub fn set_gain(&mut self, source: usize, gain: f32, samples: usize) {
        if let Some(ramp) = self.gains.get_mut(source) {
            ramp.set(gain, samples);
        }
    }

    /// The gain of input `source`, for a look.
    pub fn gain(&self, source: usize) -> Option<&Ramp> {
        self.gains.get(source)
    }

    /// Mixes `frames` frames into `out` as interleaved stereo (`2 * frames` samples; what was in `out` is dropped).
    ///
    /// `sources` stand in the order of the inputs; inputs without a source are silent, sources beyond the last input are not
    /// heard. The sum is not limited: a [`super::Limiter`] comes after.
    pub fn mix(&mut self, sources: &[Source<'_>], frames: usize, out: &mut Vec<f32>) {
        out.clear();
        out.resize(frames * 2, 0.0);
        for (place, ramp) in self.gains.iter_mut().enumerate() {
            let source = sources.get(place).copied().unwrap_or(Source::Silent);
            for (index, sides) in out.chunks_exact_mut(2).enumerate() {
                let gain = ramp.next_gain();
                let (left, right) = source.frame(index);
                sides[0] += left * gain;
                sides[1] += right * gain;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_ramp_has_no_step() {
        let mut ramp = Ramp::new(1.0);
        ramp.set(0.0, 480);
        let gains: Vec<f32> = (0..600).map(|_| ramp.next_gain()).collect();
        assert_eq!(gains[0], 1.0);
        assert_eq!(gains[480..], [0.0; 120]);
        let bound = std::f32::consts::FRAC_PI_2 / 480.0 * 1.01;
        assert!(
            gains
                .windows(2)
                .all(|w| w[0] >= w[1] && w[0] - w[1] <= bound)
        );
        assert!(ramp.is_settled());
    }

    #[test]
    fn a_ramp_that_changes_its_mind_goes_on_from_where_it_is() {
        let mut ramp = Ramp::new(0.0);
        ramp.set(1.0, 100);
        for _ in 0..50 {
            ramp.next_gain();
        }
        let before = ramp.gain();
        ramp.set(0.0, 100);
        assert_eq!(ramp.gain(), before);
        assert_eq!(ramp.target(), 0.0);
    }

    #[test]
    fn sources_are_added_and_short_ones_end_in_silence() {
        let mut mixer = Mixer::new(3);
        mixer.set_gain(1, 0.5, 0);
        let mut out = Vec::new();
        mixer.mix(
            &[
                Source::Mono(&[0.1, 0.2]),
                Source::Stereo(&[0.4, 0.0, 0.0, 0.4]),
            ],
            3,
            &mut out,
        );
        let expected = [0.3, 0.1, 0.2, 0.4, 0.0, 0.0];
        assert!(
            out.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6),
            "{out:?}"
        );
        mixer.set_gain(9, 1.0, 0);
        assert!(mixer.gain(9).is_none());
    }

    proptest! {
        #[test]
        fn block_sizes_do_not_matter(cuts in prop::collection::vec(1usize..700, 1..20), ramp in 0usize..2000) {
            let sound: Vec<f32> = (0..2000).map(|i| ((i * 37 % 101) as f32 - 50.0) / 60.0).collect();
            let run = |blocks: &[usize]| {
                let mut mixer = Mixer::new(2);
                mixer.set_gain(0, 0.0, ramp);
                let (mut all, mut block, mut at) = (Vec::new(), Vec::new(), 0);
                for frames in blocks {
                    let frames = (*frames).min(1000 - at);
                    mixer.mix(
                        &[Source::Mono(&sound[at..at + frames]), Source::Stereo(&sound[at * 2..(at + frames) * 2])],
                        frames,
                        &mut block,
                    );
                    all.extend_from_slice(&block);
                    at += frames;
                }
                all
            };
            let mut blocks = cuts;
            blocks.push(1000);
            prop_assert_eq!(run(&blocks), run(&[1000]));
        }
    }
}
