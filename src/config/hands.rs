//! Words for directions and for how a hand is held.

use glam::Vec3;
use serde::Deserialize;

use crate::motion::Fingers;

/// Words for directions: (out, up, front).
const DIRECTIONS: [(&str, Vec3); 6] = [
    ("up", Vec3::Y),
    ("down", Vec3::NEG_Y),
    ("in", Vec3::NEG_X),
    ("out", Vec3::X),
    ("front", Vec3::Z),
    ("back", Vec3::NEG_Z),
];

/// Hands by name.
const SHAPES: [(&str, Fingers); 14] = [
    ("relaxed", held([0.15, 0.17, 0.2, 0.22, 0.24], 0.3, 0.35)),
    ("open", held([0.05, 0.04, 0.04, 0.05, 0.08], 0.45, 0.15)),
    ("flat", held([0.1, 0.02, 0.0, 0.0, 0.02], 0.0, 0.3)),
    ("spread", held([0.0; 5], 1.0, 0.0)),
    ("cup", held([0.15, 0.16, 0.18, 0.2, 0.24], 0.2, 0.25)),
    ("fist", held([0.7, 1.0, 1.0, 1.0, 1.0], 0.0, 0.9)),
    ("point", held([0.6, 0.0, 0.92, 0.96, 1.0], 0.1, 0.85)),
    ("thumb-up", held([0.0, 1.0, 1.0, 1.0, 1.0], 1.0, 0.0)),
    ("ok", held([0.4, 0.55, 0.12, 0.06, 0.02], 0.6, 0.75)),
    ("heart", held([0.1, 0.5, 1.0, 1.0, 1.0], 0.0, 0.6)),
    ("two", held([0.7, 0.0, 0.0, 0.96, 1.0], 0.7, 0.95)),
    ("three", held([0.7, 0.0, 0.0, 0.0, 1.0], 0.7, 0.95)),
    ("four", held([0.7, 0.0, 0.0, 0.0, 0.0], 0.6, 0.95)),
    ("pinch", held([0.4, 0.6, 0.65, 0.75, 0.8], 0.1, 0.75)),
];

const fn held(curl: [f32; 5], spread: f32, thumb: f32) -> Fingers {
    Fingers {
        curl,
        spread,
        thumb,
    }
}

/// A hand that has no name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    curl: [f32; 5],
    #[serde(default)]
    spread: f32,
    #[serde(default)]
    thumb: f32,
}

/// A word or (out, up, front) as a direction of length 1.
pub(super) fn direction(value: toml::Value) -> Result<Vec3, String> {
    if let toml::Value::String(word) = &value {
        let found = DIRECTIONS.iter().find(|(own, _)| own == word);
        return found.map(|(_, way)| *way).ok_or_else(|| {
            let known = DIRECTIONS.map(|(own, _)| own).join(", ");
            format!("`{word}` is no direction: {known} or [out, up, front] are possible")
        });
    }
    let [out, up, front] = <[f32; 3]>::deserialize(value).map_err(|error| error.to_string())?;
    let way = Vec3::new(out, up, front);
    way.try_normalize()
        .filter(|_| way.abs().max_element() <= 1000.0)
        .ok_or_else(|| "a direction is three numbers that are not all zero, 1000 at most".into())
}

/// A name or curls as a hand.
pub(super) fn shape(value: toml::Value) -> Result<Fingers, String> {
    if let toml::Value::String(word) = &value {
        let found = SHAPES.iter().find(|(own, _)| own == word);
        return found.map(|(_, hand)| *hand).ok_or_else(|| {
            let known = SHAPES.map(|(own, _)| own).join(", ");
            format!("no hand is called `{word}`: {known} or curls of one's own are possible")
        });
    }
    let own = Own::deserialize(value).map_err(|error| error.to_string())?;
    let all = own.curl.iter().chain([&own.spread, &own.thumb]);
    for number in all {
        if !(0.0..=1.0).contains(number) {
            return Err(format!(
                "{number} is out of range: curl, spread and thumb go from 0 to 1"
            ));
        }
    }
    Ok(held(own.curl, own.spread, own.thumb))
}
