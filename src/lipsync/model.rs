//! A model with its past: takes sound step by step, runs when the sound of a run is there, and gives frames of numbers.

use super::device::Device;
use super::features::Features;
use super::front::Block;
use super::graph::Graph;
use super::manifest::{
    Encoder, Feed, Init, MODEL_RATE_HZ, Manifest, Outputs, STEP_SAMPLES, Source,
};
use super::retarget::finish_frame;
use super::timing::Timing;
use super::{Error, Result};
use crate::sound::Resampler;

/// A model ready to run.
#[derive(Debug)]
pub(super) struct Model {
    name: String,
    timing: Timing,
    outputs: Outputs,
    features: Features,
    encoder: Option<(Graph, Vec<Feed>)>,
    graph: Graph,
    /// To the model's rate.
    resampler: Option<Resampler>,
    /// The sound that is still needed; its first sample is `start` of the utterance (negative: silence before it).
    sound: Vec<f32>,
    start: i64,
    /// The next run.
    run: i64,
    /// Runs since the states had their initial values.
    age: u64,
    /// When states are made anew, and from how many runs.
    renewal: Option<(u64, i64)>,
    frame: Vec<f32>,
}

impl Model {
    /// Puts a model together from its opened graphs.
    pub(super) fn new(
        manifest: &Manifest,
        timing: Timing,
        encoder: Option<(Graph, &Encoder)>,
        graph: Graph,
    ) -> Result<Self> {
        let resampler = if timing.rate_hz == MODEL_RATE_HZ {
            None
        } else {
            Some(Resampler::new(MODEL_RATE_HZ, timing.rate_hz).map_err(resample_error)?)
        };
        let warmup = i64::try_from(manifest.stream.warmup_steps).unwrap_or(0);
        let renewal = manifest
            .stream
            .max_state_age
            .map(|secs| (timing.runs_in(secs), warmup));
        let kept = renewal.map_or(0, |(_, runs)| timing.end(runs) - timing.end(0));
        let capacity = timing.read + 4 * STEP_SAMPLES + usize::try_from(kept).unwrap_or(0);
        let numbers = super::retarget::names(&manifest.outputs).len();
        let mut model = Self {
            name: manifest.name.clone(),
            outputs: manifest.outputs.clone(),
            features: Features::new(&manifest.audio),
            encoder: encoder.map(|(graph, encoder)| (graph, encoder.feeds.clone())),
            graph,
            resampler,
            sound: Vec::with_capacity(capacity),
            start: 0,
            run: 0,
            age: 0,
            renewal,
            frame: vec![0.0; numbers],
            timing,
        };
        model.reset();
        let states = &manifest.inputs.states;
        if states.iter().any(|state| state.init == Init::Silence) {
            model.settle(manifest.stream.warmup_steps)?;
        }
        Ok(model)
    }

    /// Hears silence for `runs` runs, and begins from there from now on.
    fn settle(&mut self, runs: usize) -> Result<()> {
        let silence = vec![0.0; self.timing.read];
        for _ in 0..runs {
            self.features.compute(&silence, self.graph.input(0)?);
            self.graph.run()?;
        }
        self.graph.settle();
        Ok(())
    }

    /// Where it runs.
    pub(super) fn device(&self) -> Device {
        self.graph.device()
    }

    /// The arithmetic of its frames.
    pub(super) fn timing(&self) -> &Timing {
        &self.timing
    }

    /// From a pose's instant to the sound it needs, in samples at [`MODEL_RATE_HZ`].
    pub(super) fn lookahead_samples(&self) -> usize {
        let waiting = self
            .resampler
            .as_ref()
            .map_or(0, Resampler::latency_samples);
        self.timing.lookahead_samples(waiting)
    }

    /// Forgets the past.
    pub(super) fn reset(&mut self) {
        self.graph.reset();
        self.sound.clear();
        if let Some(resampler) = &mut self.resampler {
            // Ends its stream; what was left in it is forgotten too.
            resampler.finish(&mut self.sound).ok();
            self.sound.clear();
        }
        self.run = 0;
        self.age = 0;
        self.start = (self.timing.end(0) - self.timing.read as i64).min(0);
        self.sound.resize(self.start.unsigned_abs() as usize, 0.0);
    }

    /// Takes up the numbers of `name` in inputs that depend on `source`.
    pub(super) fn choose(&mut self, source: Source, name: &str) -> Result<()> {
        if let Some((encoder, _)) = &mut self.encoder {
            encoder.choose(source, name)?;
        }
        self.graph.choose(source, name)
    }

    /// Takes the next 20 ms of sound and hands on the frames that it completes.
    pub(super) fn push(&mut self, block: &Block, mut give: impl FnMut(&[f32])) -> Result<()> {
        match &mut self.resampler {
            None => self.sound.extend_from_slice(block),
            Some(resampler) => resampler
                .push(block, &mut self.sound)
                .map_err(resample_error)?,
        }
        while self.timing.end(self.run) <= self.start + self.sound.len() as i64 {
            if let Some((oldest, warmup)) = self.renewal
                && self.age >= oldest
            {
                self.graph.reset();
                self.age = 0;
                for run in self.run - warmup..self.run {
                    self.run_on_sound(run)?;
                }
            }
            self.run_on_sound(self.run)?;
            for index in self.timing.valid[0]..=self.timing.valid[1] {
                self.take_frame(index)?;
                give(&self.frame);
            }
            self.run += 1;
            self.forget();
        }
        Ok(())
    }

    fn run_on_sound(&mut self, run: i64) -> Result<()> {
        let end = (self.timing.end(run) - self.start).max(0) as usize;
        let sound = &self.sound[end.saturating_sub(self.timing.read)..end];
        if let Some((encoder, feeds)) = &mut self.encoder {
            self.features.compute(sound, encoder.input(0)?);
            encoder.run()?;
            for (index, feed) in feeds.iter().enumerate() {
                let shapes = (feed.from.shape.as_slice(), feed.to.shape.as_slice());
                stretch(encoder.output(index), self.graph.input(index)?, shapes);
            }
        } else {
            self.features.compute(sound, self.graph.input(0)?);
        }
        self.graph.run()?;
        self.age += 1;
        Ok(())
    }

    /// Drops the sound that no run will read again.
    fn forget(&mut self) {
        let oldest = self.renewal.map_or(0, |(_, runs)| runs);
        let needed = self.timing.end(self.run - oldest) - self.timing.read as i64;
        let passed = (needed - self.start).clamp(0, self.sound.len() as i64);
        self.sound.drain(..passed as usize);
        self.start += passed;
    }

    /// Copies frame `index` of the answer.
    fn take_frame(&mut self, index: usize) -> Result<()> {
        let answer = self.graph.output(0);
        let shape = &self.outputs.frames.shape;
        let inner: usize = match self.outputs.frames.time_axis {
            Some(axis) => shape[axis + 1..].iter().product(),
            None => answer.len(),
        };
        for (place, number) in self.frame.iter_mut().enumerate() {
            let (outer, inner_place) = (place / inner, place % inner);
            *number = answer[(outer * self.timing.frames + index) * inner + inner_place];
        }
        finish_frame(&self.outputs, &mut self.frame).map_err(|value| Error::Answer {
            model: self.name.clone(),
            value,
        })
    }
}

/// Copies a tensor; where one side of its shape differs, that side is time, and it is interpolated.
fn stretch(from: &[f32], to: &mut [f32], (from_shape, to_shape): (&[usize], &[usize])) {
    let differing = from_shape.iter().zip(to_shape).position(|(a, b)| a != b);
    let Some(axis) = differing else {
        to.copy_from_slice(from);
        return;
    };
    let (old, new) = (from_shape[axis], to_shape[axis]);
    let inner: usize = to_shape[axis + 1..].iter().product();
    for (place, number) in to.iter_mut().enumerate() {
        let (row, column) = (place / inner, place % inner);
        let (outer, time) = (row / new, row % new);
        let at = (time as f32 + 0.5) * old as f32 / new as f32 - 0.5;
        let at = at.clamp(0.0, (old - 1) as f32);
        let (first, blend) = (at.floor() as usize, at.fract());
        let value = |time: usize| from[(outer * old + time.min(old - 1)) * inner + column];
        *number = value(first) + (value(first + 1) - value(first)) * blend;
    }
}

fn resample_error(error: crate::sound::Error) -> Error {
    Error::Resample {
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_is_stretched_along_its_time() {
        let mut to = [0.0; 8];
        stretch(&[0.0, 10.0, 2.0, 12.0], &mut to, (&[1, 2, 2], &[1, 4, 2]));
        assert_eq!(to, [0.0, 10.0, 0.5, 10.5, 1.5, 11.5, 2.0, 12.0]);
        let mut same = [0.0; 2];
        stretch(&[3.0, 4.0], &mut same, (&[2], &[2]));
        assert_eq!(same, [3.0, 4.0]);
    }
}
