//! Which voice speaks which text in a room or film.

use std::str::FromStr as _;

use super::{Error, Language, Result, Voice};
use crate::remote::SpeechServer;

/// The voices of a document: one for all, and others for single languages.
#[derive(Clone, Debug)]
pub struct VoiceChoice {
    default: Voice,
    zh: Option<Voice>,
    en: Option<Voice>,
    server: SpeechServer,
}

impl VoiceChoice {
    /// Voices by name.
    ///
    /// # Errors
    /// When one of them is not understood.
    pub fn new(
        default: &str,
        zh: Option<&str>,
        en: Option<&str>,
        server: SpeechServer,
    ) -> Result<Self> {
        let parse = |name: &str| Voice::from_str(name);
        let (zh, en) = (zh.map(parse).transpose()?, en.map(parse).transpose()?);
        Ok(Self {
            default: parse(default)?,
            zh,
            en,
            server,
        })
    }

    /// A voice by name.
    ///
    /// # Errors
    /// When it is not understood.
    pub fn parse(&self, name: &str) -> Result<Voice, Error> {
        name.parse()
    }

    /// Whether somebody outside may ask for this voice, and whether it can be used now.
    ///
    /// Outsiders get the document's own voices and those of espeak and flite: a `command:` from outside would run any
    /// program on this machine, a `clip:` read any file, an `openai:` spend money.
    ///
    /// # Errors
    /// When it is not understood, not allowed or not there.
    pub fn check_from_outside(&self, name: &str) -> Result<()> {
        let voice = self.parse(name)?;
        let own = [Some(&self.default), self.zh.as_ref(), self.en.as_ref()].contains(&Some(&voice));
        if own
            || matches!(
                voice,
                Voice::Espeak { .. } | Voice::Flite { .. } | Voice::Tone
            )
        {
            return voice.check(&self.server);
        }
        let what =
            "only the room's own voices, espeak:, flite: and tone can be asked for".to_owned();
        Err(Error::Spec {
            spec: name.to_owned(),
            what,
        })
    }

    /// Whether every voice of this choice can be used now.
    ///
    /// # Errors
    /// The first one that cannot.
    pub fn check_all(&self) -> Result<()> {
        let all = [Some(&self.default), self.zh.as_ref(), self.en.as_ref()];
        all.into_iter()
            .flatten()
            .try_for_each(|voice| voice.check(&self.server))
    }

    /// The voice for `text`, by its language.
    pub fn for_text(&self, text: &str) -> Voice {
        let special = match Language::of(text) {
            Language::Zh => &self.zh,
            Language::En => &self.en,
            Language::Other => &None,
        };
        special.as_ref().unwrap_or(&self.default).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_chooses_the_voice() {
        let server = SpeechServer::default();
        let choice = VoiceChoice::new(
            "flite:slt",
            Some("espeak:cmn-latn-pinyin"),
            None,
            server.clone(),
        )
        .unwrap();
        assert_eq!(choice.for_text("Hello there"), "flite:slt".parse().unwrap());
        assert_eq!(
            choice.for_text("大家好"),
            "espeak:cmn-latn-pinyin".parse().unwrap()
        );
        for danger in ["command:reboot", "clip:/etc/passwd", "openai:alloy"] {
            assert!(
                matches!(choice.check_from_outside(danger), Err(Error::Spec { .. })),
                "{danger}"
            );
        }
        choice.check_from_outside("tone").unwrap();
        assert!(VoiceChoice::new("nobody:x", None, None, server).is_err());
    }
}
