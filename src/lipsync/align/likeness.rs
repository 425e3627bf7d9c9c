//! How well each visual phone fits each step.

use super::path::Row;
use super::{Mismatch, Posterior, places};
use crate::lipsync::phones::VISUAL_PHONES;

const COUNT: usize = VISUAL_PHONES.len();

/// How often each visual phone is heard, in the order of [`VISUAL_PHONES`]: shares of time in 18 English and 12 Mandarin
/// sentences of flite and espeak-ng, at least 0.01.
const SHARES: [f32; COUNT] = [
    0.055, 0.060, 0.021, 0.012, 0.041, 0.073, 0.051, 0.072, 0.069, 0.029, 0.020, 0.029, 0.017,
    0.010, 0.092, 0.014, 0.046, 0.040, 0.030, 0.104, 0.014, 0.041, 0.010, 0.037, 0.010, 0.013,
];
/// How much of it is taken out: a rare phone needs less to be believed.
const SHARE_WEIGHT: f32 = 0.5;
/// No answer is less likely than this: a single phone that is said otherwise must not spoil the path.
const FLOOR: f32 = 0.003;
/// How much a visual phone counts for its likes: what is written as one is often said, or heard, as the other.
const LIKE_WEIGHT: f32 = 0.2;
const LIKES: [&[&str]; 10] = [
    &["AA", "AE", "AH", "EH", "AO"],
    &["AH", "IH", "EH", "UH", "ER"],
    &["IH", "IY", "YY", "EH"],
    &["OW", "UH", "UW", "AO", "WW"],
    &["UW", "YU", "IY", "YY"],
    &["TH", "DD", "nn", "LL"],
    &["SS", "CH", "TH"],
    &["RR", "ER", "CH"],
    &["HH", "kk", "sil"],
    &["DD", "kk", "sil"],
];

/// Weights between visual phones.
#[derive(Clone, Debug)]
pub(super) struct Likeness {
    weights: Vec<[f32; COUNT]>,
}

impl Likeness {
    pub(super) fn new() -> Self {
        let weight = |a: usize, b: usize| {
            let (a, b) = (VISUAL_PHONES[a], VISUAL_PHONES[b]);
            if a == b {
                1.0
            } else if LIKES
                .iter()
                .any(|group| group.contains(&a) && group.contains(&b))
            {
                LIKE_WEIGHT
            } else {
                0.0
            }
        };
        Self {
            weights: (0..COUNT)
                .map(|a| std::array::from_fn(|b| weight(a, b)))
                .collect(),
        }
    }

    /// The answers, ready for the search.
    pub(super) fn rows(&self, posterior: &Posterior) -> Result<Vec<Row>, Mismatch> {
        let places = places(&posterior.names)?;
        Ok(posterior
            .rows
            .iter()
            .map(|row| self.row(|class| row[places[class]]))
            .collect())
    }

    fn row(&self, probability: impl Fn(usize) -> f32) -> Row {
        let heard: [f32; COUNT] = std::array::from_fn(probability);
        let fit: [f32; COUNT] = std::array::from_fn(|class| {
            let sum: f32 = heard
                .iter()
                .zip(self.weights[class])
                .map(|(p, w)| p * w)
                .sum();
            sum.max(FLOOR).ln()
        });
        let (best, highest) = heard
            .iter()
            .copied()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or_default();
        Row {
            score: std::array::from_fn(|class| fit[class] - SHARE_WEIGHT * SHARES[class].ln()),
            fit,
            best,
            fit_of_best: highest.max(FLOOR).ln(),
        }
    }
}
