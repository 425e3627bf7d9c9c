//! Answers at the model's frame rate become answers at 50 per second, at the instants of the poses.

use super::timing::Timing;

/// Interpolates between answers, straight and exactly in time.
#[derive(Debug)]
pub(super) struct Rows {
    timing: Timing,
    /// Frames taken so far.
    frames: u64,
    /// The pose that is due next.
    pose: u64,
    before: Vec<f32>,
    newest: Vec<f32>,
    between: Vec<f32>,
}

impl Rows {
    /// For frames of `numbers` numbers.
    pub(super) fn new(timing: Timing, numbers: usize) -> Self {
        Self {
            timing,
            frames: 0,
            pose: 0,
            before: vec![0.0; numbers],
            newest: vec![0.0; numbers],
            between: vec![0.0; numbers],
        }
    }

    pub(super) fn reset(&mut self) {
        self.frames = 0;
        self.pose = 0;
    }

    /// Takes the next frame and hands on the answers of the poses that lie between it and the one before. Poses before
    /// the first frame get that one.
    pub(super) fn push(&mut self, frame: &[f32], mut give: impl FnMut(&[f32])) {
        std::mem::swap(&mut self.before, &mut self.newest);
        self.newest.copy_from_slice(frame);
        let newest = self.frames as f64;
        self.frames += 1;
        loop {
            let place = self.timing.place(self.pose).max(0.0);
            if place > newest {
                return;
            }
            self.pose += 1;
            let blend = (place - (newest - 1.0)) as f32;
            if blend >= 1.0 {
                give(&self.newest);
                continue;
            }
            let pairs = self.before.iter().zip(&self.newest);
            for (number, (before, newest)) in self.between.iter_mut().zip(pairs) {
                *number = before + (newest - before) * blend;
            }
            give(&self.between);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lipsync::Manifest;

    fn rows(mode: &str, frames: &str) -> Rows {
        let text = format!(
            "name = 'x'\nversion = '1'\nlicense = 'x'\nfile = 'x.onnx'\nsha256 = '{}'\n\
             [audio]\nkind = 'raw'\nsample_rate_hz = 16000\n[stream]\n{mode}\n\
             [inputs]\naudio = {{ name = 'x', shape = [1, 16000] }}\n\
             [outputs]\nkind = 'vrm5'\nframes = {{ name = 'y', {frames} }}\n",
            "0".repeat(64)
        );
        let manifest = Manifest::parse(&text, "model.toml").unwrap();
        Rows::new(Timing::of(&manifest).unwrap(), 5)
    }

    /// The instants that the answers claim, when each frame claims its own.
    fn instants(mut rows: Rows, fps: f64, shift_secs: f64) -> Vec<f64> {
        let mut found = Vec::new();
        for frame in 0..400 {
            let at = (f64::from(frame) + 0.5) / fps - shift_secs;
            rows.push(&[at as f32; 5], |answer| found.push(f64::from(answer[0])));
        }
        found
    }

    #[test]
    fn every_pose_gets_the_answer_of_its_own_instant() {
        for (mode, frames, fps, shift) in [
            (
                "mode = 'step'\nstep_samples = 320\nlookahead_steps = 4",
                "shape = [5]",
                50.0,
                0.08,
            ),
            (
                "mode = 'step'\nstep_samples = 640",
                "shape = [5]",
                25.0,
                0.0,
            ),
            (
                "mode = 'step'\nstep_samples = 640\nright_context = 100",
                "shape = [5]",
                25.0,
                0.00625,
            ),
            (
                "mode = 'window'",
                "shape = [30, 5], time_axis = 0, fps = 30",
                30.0,
                0.0,
            ),
            (
                "mode = 'window'",
                "shape = [60, 5], time_axis = 0, fps = 60",
                60.0,
                0.0,
            ),
            ("mode = 'window'", "shape = [5], fps = 29.97", 29.97, 0.0),
        ] {
            let found = instants(rows(mode, frames), fps, shift);
            assert!(found.len() > 200, "{mode} {frames}");
            for (pose, found) in found.iter().enumerate() {
                let at = (pose as f64 + 0.5) / 50.0;
                // Before the first frame there is nothing better than the first frame.
                let expected = at.max(0.5 / fps - shift);
                assert!(
                    (found - expected).abs() < 2e-5,
                    "{mode} {frames} pose {pose}: {found} instead of {expected}"
                );
            }
        }
    }
}
