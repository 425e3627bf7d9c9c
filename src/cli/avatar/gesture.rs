//! The gesture that a command line asks for, made as on air.

use std::sync::Arc;

use anyhow::{Context as _, bail};

use crate::avatar::Avatar;
use crate::media::{Emotion, HostId, MediaTime, Pose};
use crate::motion::{
    Library, Motion, MotionOptions, Reason, Score, Side, Situation, Spoken, Stroke,
};

/// The stroke lands so long after the start, seconds: before it there is time for any preparation.
const STROKE_SECS: f64 = 12.0;
/// The furthest from a stroke that can be asked for, seconds.
const FAR_SECS: f64 = 10.0;
/// From pose to pose on the way there, milliseconds.
const STEP_MS: i64 = 40;
/// Held for as long as anybody can ask for.
const HELD: MediaTime = MediaTime::from_millis(60_000);

/// A gesture at an instant.
pub(super) struct Wanted {
    /// Its place in the library.
    gesture: usize,
    /// Seconds against its stroke.
    secs: f64,
    side: Side,
}

impl Wanted {
    /// `NAME` or `NAME@SECS`; `left` as viewers see it.
    ///
    /// # Errors
    /// When there is no such gesture or time.
    pub(super) fn parse(text: &str, left: bool, library: &Library) -> anyhow::Result<Self> {
        let (name, secs) = match text.split_once('@') {
            Some((name, secs)) => {
                let number = secs.parse::<f64>();
                let number =
                    number.with_context(|| format!("`{secs}` in `{text}` is no number"))?;
                (name, number)
            }
            None => (text, 0.0),
        };
        if !(-FAR_SECS..=FAR_SECS).contains(&secs) {
            bail!("--gesture {text}: -{FAR_SECS} to {FAR_SECS} seconds are possible");
        }
        let Some(gesture) = library.find(name) else {
            let known: Vec<&str> = library.iter().map(|own| &*own.name).collect();
            bail!(
                "there is no gesture `{name}`; there are: {}",
                known.join(", ")
            );
        };
        // The host's right hand is at the left of the picture.
        let side = if left { Side::Right } else { Side::Left };
        Ok(Self {
            gesture,
            secs,
            side,
        })
    }

    /// All of a library at their strokes.
    pub(super) fn all(library: &Library) -> impl Iterator<Item = Self> {
        let places = 0..library.iter().count();
        places.map(|gesture| Self {
            gesture,
            secs: 0.0,
            side: Side::Left,
        })
    }

    /// What it is called.
    pub(super) fn name<'a>(&self, library: &'a Library) -> &'a str {
        library.get(self.gesture).map_or("", |own| &*own.name)
    }

    /// The host then.
    pub(super) fn pose(&self, avatar: &Arc<Avatar>, library: &Arc<Library>, host: HostId) -> Pose {
        let mut motion = Motion::new(MotionOptions {
            host,
            seed: 1,
            avatar: Some(Arc::clone(avatar)),
            gestures: Arc::clone(library),
        });
        let stroke = MediaTime::from_secs_f64(STROKE_SECS);
        let mut situation = Situation::silent(Emotion::Neutral);
        situation.now = Some(Spoken {
            start: MediaTime::ZERO,
            score: Arc::new(Score {
                duration: HELD,
                strokes: vec![Stroke {
                    gesture: self.gesture,
                    at: stroke,
                    hold: HELD,
                    word: stroke..stroke + MediaTime::from_millis(300),
                    side: self.side,
                    size: 1.0,
                    reason: Reason::Asked,
                }],
                ..Score::default()
            }),
        });
        let end = MediaTime::from_secs_f64(STROKE_SECS + self.secs);
        let mut at = MediaTime::ZERO;
        while at < end {
            motion.pose(at, &situation);
            at = at + MediaTime::from_millis(STEP_MS);
        }
        motion.pose(end, &situation)
    }
}
