//! How loud a voice is, pauses not counted.

/// The length of one measured block, in milliseconds.
const BLOCK_MS: u32 = 50;

/// Blocks below this level are silence, in dB relative to full scale.
const ABSOLUTE_GATE_DBFS: f32 = -60.0;

/// Blocks this far below the mean of the others are pauses, in dB. The idea of two gates is that of ITU-R BS.1770; the wide
/// gap and the missing filter fit single voices.
const RELATIVE_GATE_DB: f32 = 20.0;

/// A level in dB as a factor.
pub fn db_to_gain(db: f32) -> f32 {
    10f32.powf(db / 20.0)
}

/// A factor as a level in dB; minus infinity for zero.
pub fn gain_to_db(gain: f32) -> f32 {
    20.0 * gain.log10()
}

/// The highest absolute value.
pub fn peak(samples: &[f32]) -> f32 {
    samples
        .iter()
        .fold(0.0, |most, sample| most.max(sample.abs()))
}

/// The root mean square of mono sound over the parts that are not pauses, in dB relative to full scale (a full-scale square
/// wave has 0, a sine -3). `None` when everything is silent.
pub fn gated_rms_dbfs(samples: &[f32], sample_rate_hz: u32) -> Option<f32> {
    let block = (sample_rate_hz * BLOCK_MS / 1000).max(1) as usize;
    let powers: Vec<f64> = samples
        .chunks(block)
        .map(|part| part.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / part.len() as f64)
        .collect();
    let above = |gate: f64| {
        let (sum, count) = powers
            .iter()
            .filter(|power| **power > gate)
            .fold((0.0, 0u32), |(sum, count), power| (sum + power, count + 1));
        (count > 0).then(|| sum / f64::from(count))
    };
    let loud = above(f64::from(db_to_gain(ABSOLUTE_GATE_DBFS)).powi(2))?;
    let speech = above(loud * f64::from(db_to_gain(-RELATIVE_GATE_DB)).powi(2))?;
    Some((10.0 * speech.log10()) as f32)
}

/// The factor that brings `level_dbfs` to `target_dbfs`, never more than `max_gain_db` up; softer is always allowed.
pub fn gain_towards(level_dbfs: f32, target_dbfs: f32, max_gain_db: f32) -> f32 {
    db_to_gain((target_dbfs - level_dbfs).min(max_gain_db))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(amplitude: f32, samples: usize) -> Vec<f32> {
        (0..samples)
            .map(|i| (i as f32 * 0.1).sin() * amplitude)
            .collect()
    }

    #[test]
    fn pauses_do_not_count() {
        let mut sound = sine(0.1, 48_000);
        let level = gated_rms_dbfs(&sound, 48_000).unwrap();
        assert!((level + 23.01).abs() < 0.1, "{level}");
        sound.extend(vec![0.0001; 96_000]);
        let with_pause = gated_rms_dbfs(&sound, 48_000).unwrap();
        assert!((level - with_pause).abs() < 0.1, "{with_pause}");
    }

    #[test]
    fn silence_has_no_level() {
        assert_eq!(gated_rms_dbfs(&[], 48_000), None);
        assert_eq!(gated_rms_dbfs(&[0.0; 48_000], 48_000), None);
    }

    #[test]
    fn gain_is_capped_upwards_only() {
        assert!((gain_towards(-38.0, -18.0, 12.0) - db_to_gain(12.0)).abs() < 1e-6);
        assert!((gain_towards(2.0, -18.0, 12.0) - db_to_gain(-20.0)).abs() < 1e-6);
        assert!((gain_to_db(db_to_gain(-7.5)) + 7.5).abs() < 1e-4);
    }
}
