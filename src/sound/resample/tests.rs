use super::*;
use proptest::prelude::*;

/// A windowed tone of `hz`, sampled at `rate_hz`, whose centre is at `centre_secs`.
fn burst(rate_hz: u32, secs: f64, hz: f64, centre_secs: f64) -> Vec<f32> {
    let count = (secs * f64::from(rate_hz)).round() as usize;
    (0..count)
        .map(|n| {
            let t = n as f64 / f64::from(rate_hz) - centre_secs;
            ((-(t / 0.02).powi(2)).exp() * (std::f64::consts::TAU * hz * t + 0.4).cos() * 0.8)
                as f32
        })
        .collect()
}

/// Signal against error in dB, both ends left out.
fn snr_db(got: &[f32], wanted: &[f32]) -> f64 {
    assert_eq!(got.len(), wanted.len());
    let (mut signal, mut noise) = (0.0, 1e-20);
    for (g, w) in got.iter().zip(wanted) {
        signal += f64::from(*w).powi(2);
        noise += f64::from(g - w).powi(2);
    }
    10.0 * (signal / noise).log10()
}

#[test]
fn tones_keep_shape_and_place() {
    for (from, to) in [
        (8_000, 48_000),
        (16_000, 48_000),
        (22_050, 48_000),
        (24_000, 48_000),
        (44_100, 48_000),
        (48_000, 16_000),
        (44_100, 16_000),
        (24_000, 16_000),
        (22_050, 16_000),
        (96_000, 48_000),
        (192_000, 16_000),
    ] {
        for hz in [200.0, 1000.0, 3300.0] {
            let got = resample(&burst(from, 0.4, hz, 0.2), from, to).unwrap();
            let snr = snr_db(&got, &burst(to, 0.4, hz, 0.2));
            assert!(snr > 80.0, "{from} to {to} Hz, {hz} Hz: {snr:.1} dB");
        }
    }
}

#[test]
fn odd_rates_stay_within_half_a_sample() {
    for (from, to) in [
        (47_999, 48_000),
        (11_025, 48_000),
        (44_101, 16_000),
        (37_799, 16_000),
    ] {
        let got = resample(&burst(from, 0.4, 500.0, 0.2), from, to).unwrap();
        let best = (-110i32..=110)
            .map(|shift| {
                (
                    shift,
                    snr_db(
                        &got,
                        &burst(
                            to,
                            0.4,
                            500.0,
                            0.2 + f64::from(shift) / 200.0 / f64::from(to),
                        ),
                    ),
                )
            })
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap();
        assert!(
            best.0.abs() <= 101,
            "{from} to {to}: off by {} samples",
            f64::from(best.0) / 200.0
        );
        assert!(best.1 > 55.0, "{from} to {to}: {:.1} dB", best.1);
    }
}

#[test]
fn an_impulse_stays_where_it_is() {
    let mut sound = vec![0.0; 16_000];
    sound[4_000] = 1.0;
    let out = resample(&sound, 16_000, 48_000).unwrap();
    let top = (0..out.len())
        .max_by(|a, b| out[*a].total_cmp(&out[*b]))
        .unwrap();
    assert_eq!(top, 12_000);
}

#[test]
fn what_does_not_fit_the_lower_rate_is_gone() {
    let got = resample(&burst(48_000, 0.4, 10_000.0, 0.2), 48_000, 16_000).unwrap();
    let loudest = got.iter().fold(0.0f32, |most, s| most.max(s.abs()));
    assert!(loudest < 1e-4, "aliasing of {loudest}");
}

#[test]
fn speech_band_passes() {
    for hz in [3_400.0, 7_000.0] {
        let snr = snr_db(
            &resample(&burst(48_000, 0.4, hz, 0.2), 48_000, 16_000).unwrap(),
            &burst(16_000, 0.4, hz, 0.2),
        );
        assert!(snr > 60.0, "{hz} Hz: {snr:.1} dB");
    }
}

#[test]
fn rates_out_of_range_are_refused() {
    for (from, to) in [
        (0, 48_000),
        (7_999, 48_000),
        (48_000, 192_001),
        (u32::MAX, 48_000),
    ] {
        assert!(matches!(Resampler::new(from, to), Err(Error::Rate { .. })));
    }
}

#[test]
fn a_resampler_can_be_used_again() {
    let sound = burst(22_050, 0.3, 440.0, 0.1);
    let mut resampler = Resampler::new(22_050, 48_000).unwrap();
    let mut run = || {
        let mut out = Vec::new();
        resampler.push(&sound, &mut out).unwrap();
        resampler.finish(&mut out).unwrap();
        out
    };
    assert_eq!(run(), run());
}

#[test]
fn latency_is_what_is_said() {
    let mut resampler = Resampler::new(16_000, 48_000).unwrap();
    let mut out = Vec::new();
    let mut taken = 0;
    for _ in 0..100 {
        resampler.push(&[0.1; 37], &mut out).unwrap();
        taken += 37;
        assert!(
            out.len() + resampler.latency_samples() >= taken * 3,
            "{} of {}",
            out.len(),
            taken * 3
        );
    }
    assert!(resampler.latency_samples() < 960, "20 ms");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn length_is_exact_and_blocks_do_not_matter(
        from in prop::sample::select(vec![8_000u32, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 48_001]),
        to in prop::sample::select(vec![16_000u32, 48_000]),
        samples in 0usize..5_000,
        cuts in prop::collection::vec(0usize..900, 0..12),
    ) {
        let sound: Vec<f32> = (0..samples).map(|i| ((i * 53 % 97) as f32 - 48.0) / 50.0).collect();
        let whole = resample(&sound, from, to).unwrap();
        let exact = (samples as f64 * f64::from(to) / f64::from(from)).round() as usize;
        prop_assert_eq!(whole.len(), exact);
        let mut resampler = Resampler::new(from, to).unwrap();
        let (mut parts, mut rest) = (Vec::new(), sound.as_slice());
        for cut in cuts {
            let (block, more) = rest.split_at(cut.min(rest.len()));
            resampler.push(block, &mut parts).unwrap();
            rest = more;
        }
        resampler.push(rest, &mut parts).unwrap();
        resampler.finish(&mut parts).unwrap();
        prop_assert_eq!(whole, parts);
    }
}
