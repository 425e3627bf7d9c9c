//! The mouth of one sentence: from the phones the voice reports, from the text laid over the sound, or from the sound.

use crate::lipsync::{
    Aligner, Alignment, LipSync, LipSyncOptions, MouthSource, Result, SpokenWord, TimedLips,
};
use crate::media::{Emotion, MediaTime, MouthTrack, PhoneAlphabet, WordTime};
use crate::voice::{self, PronouncedWord, Speech, SynthesisContext, Voice};

/// Everything that moves a mouth; owned by one speech worker.
#[derive(Debug)]
pub(super) struct MouthMaker {
    source: MouthSource,
    lips: LipSync,
    timed: TimedLips,
    aligner: Aligner,
}

impl MouthMaker {
    /// Opens the model, or the model-free twin together with a warning.
    ///
    /// # Errors
    /// When a pose table cannot be read.
    pub(super) fn open(options: &LipSyncOptions) -> Result<(Self, Option<String>)> {
        let (lips, warning) = LipSync::open_or_energy(options);
        let maker = Self {
            source: options.source,
            lips,
            timed: TimedLips::open(options)?,
            aligner: Aligner::new()?,
        };
        Ok((maker, warning))
    }

    /// What hears the sound, in a few words.
    pub(super) fn describe(&self) -> String {
        self.lips.describe()
    }

    /// The mouth of `speech`, which `voice` made of `text` and which is `audio` at 48 kHz. Where the text is laid over
    /// the sound, `speech` gets its words and phones in time.
    pub(super) fn mouth(
        &mut self,
        voice: &Voice,
        (text, emotion): (&str, Emotion),
        speech: &mut Speech,
        audio: &[f32],
        context: &SynthesisContext,
    ) -> Result<MouthTrack> {
        self.lips.set_emotion(emotion)?;
        let by_sound = match self.source {
            MouthSource::Audio => true,
            MouthSource::Auto => !self.lips.yields_to_phones(),
            MouthSource::Timings => false,
        };
        if by_sound {
            return self.lips.track(audio);
        }
        let has_speech = !matches!(voice, Voice::Tone);
        if speech.phones.is_empty() && has_speech {
            match self.align(text, speech, audio, context)? {
                Ok(alignment) => adopt(speech, alignment),
                Err(reason) if self.source == MouthSource::Timings => {
                    tracing::warn!("{voice}: the mouth follows the sound alone: {reason}");
                }
                Err(reason) => {
                    tracing::debug!("{voice}: mouth and words from the sound alone: {reason}");
                }
            }
        }
        if speech.phones.is_empty() {
            return self.lips.track(audio);
        }
        let duration = MediaTime::from_samples(audio.len());
        Ok(self.timed.track(&speech.phones, speech.alphabet, duration))
    }

    /// The text laid over its sound, or why not.
    fn align(
        &mut self,
        text: &str,
        speech: &Speech,
        audio: &[f32],
        context: &SynthesisContext,
    ) -> Result<std::result::Result<(Vec<PronouncedWord>, Alignment), String>> {
        let words = match voice::pronounce(&voice::for_speech(text), None, context) {
            Ok(words) => words,
            Err(error) => return Ok(Err(super::speech::chain(&error))),
        };
        let Some(posterior) = self.lips.hear(audio)? else {
            return Ok(Err("no model".to_owned()));
        };
        // The words of a voice that reports them are cut as we cut them only if there are as many.
        let known = speech.words_are_reported && speech.words.len() == words.len();
        let spoken: Vec<SpokenWord> = words
            .iter()
            .enumerate()
            .map(|(index, word)| SpokenWord {
                phones: word.phones.clone(),
                within: known.then(|| (speech.words[index].start, speech.words[index].end)),
            })
            .collect();
        let found = self.aligner.align(&posterior, &spoken, PhoneAlphabet::Ipa);
        Ok(found
            .map(|alignment| (words, alignment))
            .map_err(|mismatch| mismatch.to_string()))
    }
}

/// Takes over phones, and words where the voice reported none.
fn adopt(speech: &mut Speech, (words, alignment): (Vec<PronouncedWord>, Alignment)) {
    if !speech.words_are_reported {
        speech.words = words
            .into_iter()
            .zip(alignment.words)
            .map(|(word, (start, end))| WordTime {
                text: word.text,
                start,
                end,
            })
            .collect();
    }
    speech.phones = alignment.phones;
    speech.alphabet = PhoneAlphabet::Ipa;
}
