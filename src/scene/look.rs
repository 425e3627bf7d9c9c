//! How a picture is lit and how sharp its background is.

use std::str::FromStr;

/// A studio's lights, by name. What each lamp does is written down once, in the renderer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LightPreset {
    /// A large key light and a clear fill: kind to skin.
    #[default]
    Soft,
    /// Light from everywhere, as in a shop: nothing is in the shade.
    Bright,
    /// A strong key, hardly any fill, bright edges.
    Dramatic,
    /// The colour of lamps in the evening.
    Warm,
}

impl LightPreset {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Soft, Self::Bright, Self::Dramatic, Self::Warm];

    /// As documents write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Soft => "soft",
            Self::Bright => "bright",
            Self::Dramatic => "dramatic",
            Self::Warm => "warm",
        }
    }
}

impl FromStr for LightPreset {
    type Err = String;

    /// Reads `soft`, `bright`, `dramatic` or `warm`.
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|preset| preset.name() == text);
        found.ok_or_else(|| {
            let names = Self::ALL.map(|preset| format!("`{}`", preset.name()));
            format!("light `{text}` is none of {}", names.join(", "))
        })
    }
}

/// How a picture looks, whoever stands in it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Look {
    /// The lights.
    pub light: LightPreset,
    /// How far a picture behind the hosts is out of focus: 0 (sharp) to 1 (only colours are left).
    pub background_blur: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_read_by_their_names() {
        for preset in LightPreset::ALL {
            assert_eq!(preset.name().parse(), Ok(preset));
        }
        let words = "neon".parse::<LightPreset>().unwrap_err();
        assert!(
            words.contains("neon") && words.contains("`dramatic`"),
            "{words}"
        );
    }
}
