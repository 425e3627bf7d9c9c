//! Forced alignment: the text is known, the sound is known; when does each word and phone sound?
//!
//! The phones of the text stand in a row, with an optional pause between words; the likeliest way through the model's
//! answers (Viterbi) gives their times. How much worse that way is than the likeliest answers without any text tells
//! whether the text is what is said.

mod likeness;
mod path;

use std::ops::Range;

use super::Error;
use super::phones::{PhoneTable, SIL, VISUAL_PHONES};
use super::timed::STEP_SECS;
use crate::media::{MediaTime, PhoneAlphabet, PhoneTime};

use likeness::Likeness;
use path::{Row, States};

/// Below this average the text is not what is said, and below the second value over [`WINDOW_STEPS`] a part of it is not:
/// logarithms of how much less likely the text is than the likeliest answers. Measured on flite slt and rms and
/// espeak-ng en-us and Mandarin: right texts give 0.0 to -0.2 (weakest second -0.1 to -0.4), wrong ones -1.5 to -2.2
/// (-2.3 to -3.0), a text whose second half is wrong -1.1.
const LEAST_CONFIDENCE: f32 = -1.0;
const LEAST_CONFIDENCE_ANYWHERE: f32 = -1.7;
/// One second of speech.
const WINDOW_STEPS: usize = 50;
/// Beyond so many pairs of steps and states (about six minutes of speech) the alignment is not tried: 100 MB.
const MAX_CELLS: usize = 100_000_000;

/// What a model hears in a sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Posterior {
    /// The classes.
    pub names: Vec<String>,
    /// A probability per class for each 20 ms.
    pub rows: Vec<Vec<f32>>,
}

/// A word as it is pronounced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpokenWord {
    /// Its phones; none when it is not pronounced.
    pub phones: Vec<String>,
    /// About when it sounds, where that is known from elsewhere; phones are not looked for outside (and 80 ms around).
    pub within: Option<(MediaTime, MediaTime)>,
}

/// A text laid over its sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// Start and end of each word; a word without phones stands, without length, where the word before it ends.
    pub words: Vec<(MediaTime, MediaTime)>,
    /// All phones, and `pau` for each pause, without gaps.
    pub phones: Vec<PhoneTime>,
    /// How well the text fits: 0 at best; the average logarithm of its likelihood against that of no text.
    pub confidence: f32,
    /// The same over the worst second.
    pub weakest: f32,
}

/// Why a text cannot be laid over a sound.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Mismatch {
    /// The two do not belong together.
    #[error(
        "the text does not match the sound (confidence {confidence:.2}, {weakest:.2} in the worst second at {at_secs:.1} s; at least {LEAST_CONFIDENCE} and {LEAST_CONFIDENCE_ANYWHERE} are needed)"
    )]
    Unlike {
        /// As in [`Alignment`].
        confidence: f32,
        /// As in [`Alignment`].
        weakest: f32,
        /// The middle of the worst second.
        at_secs: f32,
    },
    /// Nobody speaks so fast.
    #[error(
        "the text does not match the sound: its {phones} phones need at least {needed_secs:.1} s, the sound has {secs:.1} s"
    )]
    TooShort {
        /// Phones in the text.
        phones: usize,
        /// The least time for them.
        needed_secs: f64,
        /// What there is.
        secs: f64,
    },
    /// More than fits into memory.
    #[error(
        "{secs:.0} s of sound with {phones} phones are too much to align at once: cut it into parts of 5 minutes"
    )]
    TooLong {
        /// Phones in the text.
        phones: usize,
        /// The length of the sound.
        secs: f64,
    },
    /// No phones.
    #[error("there is nothing to align: the text has no pronounceable word")]
    NoPhones,
    /// The model answers with something else than visual phones.
    #[error(
        "the lip-sync model does not answer with the visual phones ({missing} is missing): align with the built-in model"
    )]
    Model {
        /// The first visual phone that is missing.
        missing: &'static str,
    },
}

/// Lays texts over sounds.
#[derive(Clone, Debug)]
pub struct Aligner {
    table: PhoneTable,
    likeness: Likeness,
}

impl Aligner {
    /// Reads the table of phones.
    ///
    /// # Errors
    /// When the built-in table is broken.
    pub fn new() -> Result<Self, Error> {
        Ok(Self {
            table: PhoneTable::built_in()?,
            likeness: Likeness::new(),
        })
    }

    /// The times of `words`, whose phones are in `alphabet`.
    ///
    /// # Errors
    /// When the words are not what sounds, or cannot be aligned.
    pub fn align(
        &self,
        posterior: &Posterior,
        words: &[SpokenWord],
        alphabet: PhoneAlphabet,
    ) -> Result<Alignment, Mismatch> {
        let rows = self.likeness.rows(posterior)?;
        let states = States::new(words, |phone| self.table.classes_of(phone, alphabet));
        let secs = rows.len() as f64 * STEP_SECS;
        let phones = states.phones;
        if phones == 0 {
            return Err(Mismatch::NoPhones);
        }
        let needed_secs = states.least_steps() as f64 * STEP_SECS;
        if needed_secs > secs {
            return Err(Mismatch::TooShort {
                phones,
                needed_secs,
                secs,
            });
        }
        if states.len().saturating_mul(rows.len()) > MAX_CELLS {
            return Err(Mismatch::TooLong { phones, secs });
        }
        let path = path::likeliest(&states, &rows);
        let (confidence, (weakest, at_step)) = confidence(&states, &path, &rows);
        if confidence < LEAST_CONFIDENCE || weakest < LEAST_CONFIDENCE_ANYWHERE {
            let at_secs = at_step as f32 * STEP_SECS as f32;
            return Err(Mismatch::Unlike {
                confidence,
                weakest,
                at_secs,
            });
        }
        let pieces = pieces(&states, &path, &rows);
        Ok(Alignment {
            words: word_times(words, &pieces),
            phones: phone_times(words, pieces),
            confidence,
            weakest,
        })
    }
}

/// A pause or a phone in time.
#[derive(Clone, Debug)]
struct Piece {
    /// Word and place in the word.
    phone: Option<(usize, usize)>,
    secs: Range<f64>,
}

/// The path as phones and pauses, their borders where the one becomes likelier than the other, between steps.
fn pieces(states: &States, path: &[usize], rows: &[Row]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (step, &at) in path.iter().enumerate() {
        let phone = states.phone(at);
        let is_new = pieces.last().is_none_or(|last| last.phone != phone);
        if is_new {
            let start = if step == 0 {
                0.0
            } else {
                border(step, states.class(path[step - 1]), states.class(at), rows)
            };
            if let Some(last) = pieces.last_mut() {
                last.secs.end = start;
            }
            pieces.push(Piece {
                phone,
                secs: start..start,
            });
        }
    }
    if let Some(last) = pieces.last_mut() {
        last.secs.end = path.len() as f64 * STEP_SECS;
    }
    pieces
}

/// Where `after` overtakes `before`, whose border the path puts before `step`; the middles of steps are taken as points.
fn border(step: usize, before: usize, after: usize, rows: &[Row]) -> f64 {
    let lead = |row: &Row| f64::from(row.fit[after] - row.fit[before]);
    let (lead_before, lead_after) = (lead(&rows[step - 1]), lead(&rows[step]));
    let place = if lead_before < 0.0 && lead_after > 0.0 {
        lead_before / (lead_before - lead_after) - 0.5
    } else {
        0.0
    };
    (step as f64 + place) * STEP_SECS
}

fn word_times(words: &[SpokenWord], pieces: &[Piece]) -> Vec<(MediaTime, MediaTime)> {
    let mut spans: Vec<Option<(f64, f64)>> = vec![None; words.len()];
    for piece in pieces {
        if let Some((word, _)) = piece.phone {
            spans[word].get_or_insert((piece.secs.start, 0.0)).1 = piece.secs.end;
        }
    }
    let first = pieces.iter().find(|piece| piece.phone.is_some());
    let mut last = first.map_or(0.0, |piece| piece.secs.start);
    let at = MediaTime::from_secs_f64;
    spans
        .into_iter()
        .map(|span| {
            let (start, end) = span.unwrap_or((last, last));
            last = end;
            (at(start), at(end))
        })
        .collect()
}

fn phone_times(words: &[SpokenWord], pieces: Vec<Piece>) -> Vec<PhoneTime> {
    pieces
        .into_iter()
        .map(|piece| PhoneTime {
            phone: match piece.phone {
                Some((word, place)) => words[word].phones[place].clone(),
                None => "pau".to_owned(),
            },
            start: MediaTime::from_secs_f64(piece.secs.start),
            end: MediaTime::from_secs_f64(piece.secs.end),
        })
        .collect()
}

/// The average of how much less likely the path is than the likeliest answers, and the least average over a window of
/// speech with the step in its middle. Pauses that everyone agrees on do not count.
fn confidence(states: &States, path: &[usize], rows: &[Row]) -> (f32, (f32, usize)) {
    let losses: Vec<(usize, f32)> = path
        .iter()
        .zip(rows)
        .enumerate()
        .filter(|(_, (at, row))| !(states.class(**at) == SIL && row.best == SIL))
        .map(|(step, (at, row))| {
            (
                step,
                (row.fit[states.class(*at)] - row.fit_of_best).min(0.0),
            )
        })
        .collect();
    if losses.is_empty() {
        return (f32::NEG_INFINITY, (f32::NEG_INFINITY, 0));
    }
    let mean = |part: &[(usize, f32)]| part.iter().map(|(_, x)| x).sum::<f32>() / part.len() as f32;
    let weakest = losses
        .windows(WINDOW_STEPS.min(losses.len()))
        .map(|part| (mean(part), part[part.len() / 2].0))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    (mean(&losses), weakest.unwrap_or((f32::NEG_INFINITY, 0)))
}

/// The place of each visual phone in the answers of a model.
fn places(names: &[String]) -> Result<Vec<usize>, Mismatch> {
    VISUAL_PHONES
        .iter()
        .map(|&missing| {
            let place = names.iter().position(|name| name == missing);
            place.ok_or(Mismatch::Model { missing })
        })
        .collect()
}

#[cfg(test)]
mod tests;
