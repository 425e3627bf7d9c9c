//! The likeliest way through the answers.

use super::SpokenWord;
use crate::lipsync::phones::{Class, FIRST_VOWEL, SIL, VISUAL_PHONES};
use crate::lipsync::timed::STEP_SECS;
use crate::media::MediaTime;

/// A pause is at least this long (60 ms): shorter silences belong to stops.
const PAUSE_STEPS: usize = 3;
/// A vowel that is not reduced is at least this long (40 ms).
const VOWEL_STEPS: usize = 2;
/// How far a word may leave the time that is known for it, and the cost of each step outside.
const WITHIN_SLACK_SECS: f64 = 0.08;
const OUTSIDE_COST: f32 = 20.0;

/// One step of the answers: logarithms per visual phone.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What the search adds up.
    pub(super) score: [f32; VISUAL_PHONES.len()],
    /// How likely it is.
    pub(super) fit: [f32; VISUAL_PHONES.len()],
    /// The likeliest visual phone, and how likely that is.
    pub(super) best: Class,
    pub(super) fit_of_best: f32,
}

/// One state, in which at least one step is spent.
#[derive(Clone, Debug)]
struct State {
    class: Class,
    /// Whether more than one step may be spent in it.
    stays: bool,
    /// Word and place in the word; none in a pause.
    phone: Option<(usize, usize)>,
    /// The state that may be left out before this one: where it is reached from besides its neighbour.
    shortcut: Option<usize>,
    /// The steps in which it is looked for.
    steps: (usize, usize),
}

/// All states in a row: pause, word, pause, word, ... pause.
#[derive(Clone, Debug)]
pub(super) struct States {
    states: Vec<State>,
    /// Phones in all words.
    pub(super) phones: usize,
    /// Where a path may start besides the first state, and end besides the last.
    first_spoken: usize,
    last_spoken: usize,
}

impl States {
    pub(super) fn new(words: &[SpokenWord], classes_of: impl Fn(&str) -> Vec<Class>) -> Self {
        let mut states = Vec::new();
        let mut phones = 0;
        push_pause(&mut states);
        for (index, word) in words.iter().enumerate() {
            let first = states.len();
            let steps = word.within.map_or((0, usize::MAX), steps_within);
            for (place, phone) in word.phones.iter().enumerate() {
                let classes = classes_of(phone);
                let is_known = classes.iter().any(|&class| class != SIL);
                phones += usize::from(is_known);
                for &class in classes.iter().filter(|&&class| class != SIL) {
                    let is_reduced = VISUAL_PHONES[class] == "AH" || classes.len() > 1;
                    let least = if class >= FIRST_VOWEL && !is_reduced {
                        VOWEL_STEPS
                    } else {
                        1
                    };
                    push(&mut states, class, least, Some((index, place)), steps);
                }
            }
            if states.len() > first {
                // From the end of the word before, over the pause; the very first has no word before it.
                states[first].shortcut = first.checked_sub(PAUSE_STEPS + 1);
                push_pause(&mut states);
            }
        }
        Self {
            first_spoken: PAUSE_STEPS.min(states.len() - 1),
            last_spoken: states.len().saturating_sub(PAUSE_STEPS + 1),
            states,
            phones,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    /// The fewest steps in which all phones can be said.
    pub(super) fn least_steps(&self) -> usize {
        self.states
            .iter()
            .filter(|state| state.phone.is_some())
            .count()
    }

    pub(super) fn class(&self, state: usize) -> Class {
        self.states[state].class
    }

    pub(super) fn phone(&self, state: usize) -> Option<(usize, usize)> {
        self.states[state].phone
    }
}

fn push_pause(states: &mut Vec<State>) {
    push(states, SIL, PAUSE_STEPS, None, (0, usize::MAX));
}

fn push(
    states: &mut Vec<State>,
    class: Class,
    least: usize,
    phone: Option<(usize, usize)>,
    steps: (usize, usize),
) {
    for place in 1..=least {
        states.push(State {
            class,
            stays: place == least,
            phone,
            shortcut: None,
            steps,
        });
    }
}

fn steps_within((start, end): (MediaTime, MediaTime)) -> (usize, usize) {
    let step = |secs: f64| (secs / STEP_SECS).max(0.0) as usize;
    (
        step(start.as_secs_f64() - WITHIN_SLACK_SECS),
        step(end.as_secs_f64() + WITHIN_SLACK_SECS),
    )
}

/// How a state was reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    Stayed,
    FromNeighbour,
    ByShortcut,
}

/// The state at each step on the likeliest way; `rows` are at least [`States::least_steps`].
pub(super) fn likeliest(states: &States, rows: &[Row]) -> Vec<usize> {
    let count = states.len();
    let mut came = vec![Came::Stayed; count * rows.len()];
    let mut scores = vec![f32::NEG_INFINITY; count];
    for (step, row) in rows.iter().enumerate() {
        // Backwards, so that what is read still belongs to the step before.
        for (at, state) in states.states.iter().enumerate().rev() {
            let (mut best, mut how) = if step == 0 {
                let is_start = at == 0 || at == states.first_spoken;
                (if is_start { 0.0 } else { f32::NEG_INFINITY }, Came::Stayed)
            } else {
                let stayed = if state.stays {
                    scores[at]
                } else {
                    f32::NEG_INFINITY
                };
                let neighbour = at
                    .checked_sub(1)
                    .map_or(f32::NEG_INFINITY, |before| scores[before]);
                if neighbour > stayed {
                    (neighbour, Came::FromNeighbour)
                } else {
                    (stayed, Came::Stayed)
                }
            };
            if step > 0
                && let Some(from) = state.shortcut
                && scores[from] > best
            {
                (best, how) = (scores[from], Came::ByShortcut);
            }
            let (first, last) = state.steps;
            let outside = if (first..=last).contains(&step) {
                0.0
            } else {
                OUTSIDE_COST
            };
            scores[at] = best + row.score[state.class] - outside;
            came[step * count + at] = how;
        }
    }
    let mut at = if scores[states.last_spoken] > scores[count - 1] {
        states.last_spoken
    } else {
        count - 1
    };
    let mut path = vec![0; rows.len()];
    for step in (0..rows.len()).rev() {
        path[step] = at;
        at = match came[step * count + at] {
            Came::Stayed => at,
            Came::FromNeighbour => at - 1,
            Came::ByShortcut => states.states[at].shortcut.unwrap_or(at),
        };
    }
    path
}
