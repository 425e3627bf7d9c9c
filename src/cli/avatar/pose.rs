//! The pose that a command line asks for.

use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};

use crate::avatar::Avatar;
use crate::media::{Angles, Blendshapes, Pose, Shape};

/// What a face and a head are asked to do.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct PoseArgs {
    /// ARKit shapes, for example jawOpen=1,eyeBlinkLeft=0.5.
    #[arg(long, default_value = "", value_name = "SHAPE=W,..")]
    pose: String,
    /// Expressions of the avatar's own, for example happy=1; `avatar check` lists them.
    #[arg(long, default_value = "", value_name = "NAME=W,..")]
    expression: String,
    /// Head pitch and yaw in degrees, for example 5,-20.
    #[arg(long, value_name = "PITCH,YAW", allow_hyphen_values = true)]
    head: Option<String>,
    /// Eye pitch and yaw in degrees.
    #[arg(long, value_name = "PITCH,YAW", allow_hyphen_values = true)]
    look: Option<String>,
}

/// A checked [`PoseArgs`].
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    shapes: Blendshapes,
    expressions: Vec<(Arc<str>, f32)>,
    head: Angles,
    eyes: Angles,
}

impl PoseArgs {
    /// What is asked for, checked against what `avatar` has.
    ///
    /// # Errors
    /// When something is not known or not a weight.
    pub(super) fn check(&self, avatar: &Avatar) -> anyhow::Result<Wanted> {
        let mut shapes = Blendshapes::default();
        for (name, weight) in weights(&self.pose)? {
            let shape = Shape::from_name(name).with_context(|| {
                format!("there is no ARKit shape `{name}`: for example jawOpen, mouthSmileLeft")
            })?;
            shapes[shape] = weight;
        }
        let mut expressions = Vec::new();
        for (name, weight) in weights(&self.expression)? {
            let known = avatar.expressions();
            let found = known
                .iter()
                .find(|own| own.name == name)
                .or_else(|| known.iter().find(|own| own.name.eq_ignore_ascii_case(name)));
            let Some(found) = found else {
                let names: Vec<&str> = known.iter().map(|own| own.name.as_str()).collect();
                if names.is_empty() {
                    bail!("the avatar has no expressions, so none called `{name}`: use --pose");
                }
                bail!(
                    "the avatar has no expression `{name}`; it has: {}",
                    names.join(", ")
                );
            };
            expressions.push((found.name.as_str().into(), weight));
        }
        Ok(Wanted {
            shapes,
            expressions,
            head: angles(self.head.as_deref())?,
            eyes: angles(self.look.as_deref())?,
        })
    }
}

impl Wanted {
    /// Adds what is asked for to `pose`.
    pub(super) fn put_on(&self, pose: &mut Pose) {
        for (own, wanted) in pose.blendshapes.0.iter_mut().zip(self.shapes.0) {
            *own = own.max(wanted);
        }
        pose.expressions.extend(self.expressions.iter().cloned());
        for (own, wanted) in [(&mut pose.head, self.head), (&mut pose.eyes, self.eyes)] {
            own.pitch_deg += wanted.pitch_deg;
            own.yaw_deg += wanted.yaw_deg;
        }
    }
}

/// `name=weight` pairs between commas.
fn weights(text: &str) -> anyhow::Result<Vec<(&str, f32)>> {
    let parts = text.split(',').filter(|part| !part.trim().is_empty());
    let pair = |part| {
        let (name, weight) =
            str::split_once(part, '=').with_context(|| format!("`{part}` is not name=weight"))?;
        let weight: f32 = weight
            .trim()
            .parse()
            .with_context(|| format!("`{weight}` is not a number"))?;
        if !(0.0..=1.0).contains(&weight) {
            bail!("{name}={weight}: weights go from 0 to 1");
        }
        Ok((name.trim(), weight))
    };
    parts.map(pair).collect()
}

fn angles(text: Option<&str>) -> anyhow::Result<Angles> {
    let Some(text) = text else {
        return Ok(Angles::default());
    };
    let parsed = text
        .split_once(',')
        .and_then(|(p, y)| Some((p.trim().parse().ok()?, y.trim().parse().ok()?)));
    let (pitch_deg, yaw_deg) =
        parsed.ok_or_else(|| anyhow!("`{text}` is not PITCH,YAW in degrees"))?;
    Ok(Angles {
        pitch_deg,
        yaw_deg,
        roll_deg: 0.0,
    })
}
