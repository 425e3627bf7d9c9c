//! A host in the middle of a gesture.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};

use crate::avatar::Avatar;
use crate::config::Assets;
use crate::media::{Emotion, FrameRate, HostId, MediaTime, Pose};
use crate::motion::{Library, Motion, MotionOptions, Situation};

/// The host is brought into the gesture in steps of this rate.
const RATE: FrameRate = FrameRate::whole(50);
/// So long it stands before it begins, so that hair hangs.
const BEFORE: MediaTime = MediaTime::from_millis(1_000);

/// A gesture that was asked for, and when it is looked at.
pub(super) struct Gesturing {
    library: Arc<Library>,
    name: String,
    /// From the first movement of its preparation.
    at: MediaTime,
}

impl Gesturing {
    /// Reads `NAME[@SECS]`.
    ///
    /// # Errors
    /// When there is no such gesture, or the folder with more of them cannot be used.
    pub(super) fn find(
        wanted: &str,
        folder: Option<&Path>,
        assets: &Assets,
    ) -> anyhow::Result<Self> {
        let library = assets.gestures(folder)?;
        let (name, secs) = match wanted.split_once('@') {
            Some((name, secs)) => {
                let secs: f32 = secs.parse().with_context(|| {
                    format!("`{wanted}`: what follows @ are seconds, for example wave@0.2")
                })?;
                (name, secs)
            }
            None => (wanted, 0.0),
        };
        let Some(gesture) = library.find(name).and_then(|place| library.get(place)) else {
            let names: Vec<&str> = library.iter().map(|gesture| &*gesture.name).collect();
            bail!(
                "no gesture is called `{name}`; there are: {}",
                names.join(", ")
            );
        };
        let at = f64::from(gesture.lead_secs() + secs);
        if !(-1.0..=60.0).contains(&at) {
            bail!("`{wanted}`: at most a minute after the stroke is possible");
        }
        Ok(Self {
            name: name.to_owned(),
            library: Arc::new(library),
            at: MediaTime::from_secs_f64(at),
        })
    }

    /// All gestures that are built in or in `folder`, at their strokes, with their names.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub(super) fn all(
        folder: Option<&Path>,
        assets: &Assets,
    ) -> anyhow::Result<Vec<(String, Self)>> {
        let library = Arc::new(assets.gestures(folder)?);
        let each = library.iter().map(|gesture| {
            let name = gesture.name.to_string();
            let own = Self {
                name: name.clone(),
                library: Arc::clone(&library),
                at: MediaTime::from_secs_f64(f64::from(gesture.lead_secs())),
            };
            (name, own)
        });
        Ok(each.collect())
    }

    /// The host at that time.
    pub(super) fn pose(&self, host: HostId, avatar: &Arc<Avatar>) -> Pose {
        let mut motion = Motion::new(MotionOptions {
            host,
            seed: 1,
            avatar: Some(Arc::clone(avatar)),
            gestures: Arc::clone(&self.library),
        });
        let situation = Situation::silent(Emotion::Neutral);
        motion.ask(BEFORE, &self.name);
        let until = BEFORE + self.at;
        for index in 0..RATE.frames_covering(until) {
            motion.pose(RATE.pts_of(index).min(until), &situation);
        }
        motion.pose(until, &situation)
    }
}
