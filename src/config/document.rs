//! The sections that rooms and spots share.

use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::avatar::{Avatar, Outfit};
use crate::media::{FrameRate, Size};
use crate::scene::{Framing, LightPreset, Look};

/// How finely hosts are drawn.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum PictureQuality {
    /// `cpu` on an adapter that draws on the CPU and on a GPU too slow for the frame rate, else `gpu`.
    #[default]
    Auto,
    /// One sample for each pixel, edges smoothed afterwards.
    Cpu,
    /// Four samples for each pixel and filtered pictures.
    Gpu,
}

/// Size and rate of the picture.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct PictureSection {
    /// `720x1280`; both sides even.
    #[serde(deserialize_with = "size")]
    pub size: Size,
    /// Whole frames per second, 1 to 60.
    #[serde(deserialize_with = "rate")]
    pub fps: FrameRate,
    /// Bits per second of the video; by default chosen from size and rate.
    pub bitrate_bps: Option<u32>,
    /// How finely hosts are drawn: `auto` (by the adapter and its speed), `cpu` or `gpu`.
    pub quality: PictureQuality,
    /// A picture file, the name of a built-in set (`studio`, `counter`, `tea-room`, `tech`, `sale`), or an sRGB colour such as
    /// `#20242c`.
    pub background: String,
    /// Where product cards are: from the upper left corner, in shares of the picture's sides. Hosts look and point there.
    #[serde(deserialize_with = "place")]
    pub card: [f32; 2],
    /// How far a background picture is out of focus: 0 (sharp) to 1.
    #[serde(deserialize_with = "blur")]
    pub background_blur: f32,
    /// The studio's lights: `soft`, `bright`, `dramatic` or `warm`.
    #[serde(deserialize_with = "light")]
    pub light: LightPreset,
}

impl PictureSection {
    /// How the picture looks.
    pub fn look(&self) -> Look {
        Look {
            light: self.light,
            background_blur: self.background_blur,
        }
    }
}

impl Default for PictureSection {
    fn default() -> Self {
        Self {
            size: Size::new(720, 1280),
            fps: FrameRate::whole(25),
            bitrate_bps: None,
            quality: PictureQuality::Auto,
            background: "studio".to_owned(),
            card: [0.74, 0.60],
            background_blur: 0.0,
            light: LightPreset::Soft,
        }
    }
}

/// Who stands in the picture.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct HostSection {
    /// A name for this host inside the document.
    pub id: String,
    /// A built-in host or the path of a GLB or VRM file.
    pub avatar: String,
    /// What is worn: the id of one of the avatar's outfits; its default when absent.
    pub outfit: Option<String>,
    /// `face`, `bust`, `half` or `full`.
    #[serde(deserialize_with = "framing")]
    pub framing: Framing,
}

impl HostSection {
    /// The place of the outfit in `avatar`'s list.
    ///
    /// # Errors
    /// When the avatar does not have it; `path` names the document in the message.
    pub fn worn(&self, avatar: &Avatar, path: &Path) -> super::Result<usize> {
        let Some(id) = &self.outfit else { return Ok(0) };
        Outfit::find(avatar.outfits(), id).map_err(|error| super::Error::Value {
            path: path.to_owned(),
            key: "host.outfit",
            words: error.to_string(),
        })
    }
}

impl Default for HostSection {
    fn default() -> Self {
        Self {
            id: "lina".to_owned(),
            avatar: super::DEFAULT_HOST.to_owned(),
            outfit: None,
            framing: Framing::Bust,
        }
    }
}

/// A second host beside the first.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct CoHostSection {
    /// A name for this host inside the document; lines name it in a tag, `[host chen]`.
    pub id: String,
    /// A built-in host or the path of a GLB or VRM file.
    pub avatar: String,
    /// What is worn: the id of one of the avatar's outfits; its default when absent.
    pub outfit: Option<String>,
    /// The voices of this host; those of the document when absent.
    pub voice: Option<CoVoiceSection>,
}

/// The voices of a second host.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct CoVoiceSection {
    /// The voice of every language that has no own entry.
    pub default: String,
    /// The voice of Chinese text.
    pub zh: Option<String>,
    /// The voice of English text.
    pub en: Option<String>,
}

impl CoHostSection {
    /// What is wrong with two hosts of these names, in words.
    pub(super) fn clash(&self, first: &HostSection) -> Result<(), String> {
        if self.id == first.id {
            return Err(format!(
                "`{}` is the first host's name too: give this host another",
                self.id
            ));
        }
        Ok(())
    }
}

/// What hosts can do with their hands, besides what is built in.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct GesturesSection {
    /// A folder with gestures (`.toml`) and clips (`.vrma`, `.glb`, `.gltf`), from the document's own folder on.
    pub folder: Option<std::path::PathBuf>,
}

/// Who is heard.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct VoiceSection {
    /// The voice of every language that has no own entry.
    pub default: String,
    /// The voice of Chinese text.
    pub zh: Option<String>,
    /// The voice of English text.
    pub en: Option<String>,
    /// How long one sentence may take to be spoken, seconds.
    pub deadline_secs: u32,
    /// Where `openai:` voices live.
    pub openai: OpenAiSection,
}

impl Default for VoiceSection {
    fn default() -> Self {
        Self {
            default: "flite:slt".to_owned(),
            zh: Some("espeak:cmn-latn-pinyin".to_owned()),
            en: None,
            deadline_secs: 30,
            openai: OpenAiSection::default(),
        }
    }
}

/// A server that speaks OpenAI's `POST /v1/audio/speech`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct OpenAiSection {
    /// Up to but without `/v1`, for example `http://127.0.0.1:8880`.
    pub base_url: String,
    /// The model the server is asked for.
    pub model: String,
    /// `wav` or `pcm`.
    pub format: String,
    /// 0.25 to 4.
    pub speed: f32,
    /// The environment variable that holds the key.
    pub key_env: String,
    /// How the server tells when its words sound: `kokoro` (`POST /dev/captioned_speech`), or `none`.
    pub timestamps: String,
}

impl Default for OpenAiSection {
    fn default() -> Self {
        Self {
            base_url: "https://api.openai.com".to_owned(),
            model: "gpt-4o-mini-tts".to_owned(),
            format: "wav".to_owned(),
            speed: 1.0,
            key_env: "OPENAI_API_KEY".to_owned(),
            timestamps: "none".to_owned(),
        }
    }
}

/// How the mouth follows the sound.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct LipSyncSection {
    /// A `model.toml`; the built-in model when absent.
    pub model: Option<std::path::PathBuf>,
    /// The ONNX Runtime library; searched for when absent.
    pub runtime: Option<std::path::PathBuf>,
    /// `neutral`, `broadcast` or `soft`.
    pub style: Option<String>,
    /// Where the model runs: `auto` (default), `cpu`, `cuda`, `tensorrt`, `coreml` or `directml`.
    pub device: Option<String>,
    /// Who speaks, for models that know several by name.
    pub identity: Option<String>,
    /// What moves the mouth: `auto` (phones in time from the voice, else the text laid over the sound, else the sound),
    /// `audio` (the sound alone) or `timings` (as `auto`, with a warning where only the sound is left).
    pub source: Option<String>,
}

/// Sound that comes in live.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct InputSection {
    /// `default`, a part of a device's name, or `file:PATH` for a sound file played as if live; none when absent.
    pub microphone: Option<String>,
}

/// Whether words stand in the picture.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Captions {
    /// The words being said.
    #[default]
    On,
    /// None.
    Off,
}

/// The mark that says that this is made by AI.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct LabelSection {
    /// Whose rules: `cn` (default) or `eu`.
    pub profile: LabelProfile,
    /// Other words than the profile's; they must contain `AI` or 人工智能.
    pub text: Option<String>,
    /// Leaves the label out. The reason is recorded in the log; the law of the place of showing still applies.
    pub off_because: Option<String>,
}

/// Whose rules the label follows.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LabelProfile {
    /// China: 「数字人·AI生成」.
    #[default]
    Cn,
    /// European Union: AI GENERATED.
    Eu,
}

impl LabelSection {
    /// The words of the label; `None` when it is left out for a recorded reason.
    ///
    /// # Errors
    /// When the words do not say that this is AI, or the reason is empty.
    pub fn words(&self) -> Result<Option<String>, String> {
        if let Some(reason) = &self.off_because {
            return if reason.trim().is_empty() {
                Err("`off_because` needs a reason".to_owned())
            } else {
                Ok(None)
            };
        }
        let profile = match self.profile {
            LabelProfile::Cn => "数字人·AI生成",
            LabelProfile::Eu => "AI GENERATED",
        };
        let words = self.text.as_deref().unwrap_or(profile).trim();
        if words.contains("AI") || words.contains("人工智能") {
            Ok(Some(words.to_owned()))
        } else {
            Err(format!("the label `{words}` must contain AI or 人工智能"))
        }
    }
}

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Size, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(D::Error::custom)
}

fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FrameRate, D::Error> {
    match u32::deserialize(deserializer)? {
        fps @ 1..=60 => Ok(FrameRate::whole(fps)),
        other => Err(D::Error::custom(format!(
            "{other} frames per second: 1 to 60 are possible"
        ))),
    }
}

fn blur<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    let blur = f32::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&blur) {
        Ok(blur)
    } else {
        Err(D::Error::custom(format!(
            "background_blur {blur}: 0 (sharp) to 1 is possible"
        )))
    }
}

fn place<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[f32; 2], D::Error> {
    let place = <[f32; 2]>::deserialize(deserializer)?;
    if place.iter().all(|share| (0.0..=1.0).contains(share)) {
        Ok(place)
    } else {
        Err(D::Error::custom(format!(
            "card {place:?}: shares of the picture's width and height, 0 to 1"
        )))
    }
}

fn light<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LightPreset, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(D::Error::custom)
}

fn framing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Framing, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quality_of_a_picture_is_one_of_three_words() {
        let read = |text: &str| toml::from_str::<PictureSection>(text);
        assert_eq!(read("").unwrap().quality, PictureQuality::Auto);
        assert_eq!(
            read("quality = \"gpu\"").unwrap().quality,
            PictureQuality::Gpu
        );
        let error = read("quality = \"best\"").unwrap_err().to_string();
        assert!(
            error.contains("auto") && error.contains("cpu") && error.contains("gpu"),
            "{error}"
        );
    }
}
