//! The life of a host: rates, ranges, no repeats, and poses that depend on the pts alone.

use std::sync::Arc;

use proptest::prelude::*;
use zhubo::media::{Blendshapes, Emotion, FrameRate, HostId, MediaTime, Pose, Shape};
use zhubo::motion::{Motion, MotionOptions, Situation, SpeechNow, SpeechProfile};

fn motion(seed: u64) -> Motion {
    Motion::new(MotionOptions {
        host: HostId::new("lina"),
        seed,
        avatar: None,
        gestures: Arc::default(),
    })
}

fn idle() -> Situation {
    Situation::silent(Emotion::Neutral)
}

/// Syllables of a hummed voice at 48 kHz: four a second, every third stressed, a pause after each 2.6 s.
fn speech(secs: f64) -> Vec<f32> {
    (0..(secs * 48_000.0) as usize)
        .map(|i| {
            let t = i as f64 / 48_000.0;
            if t % 3.2 > 2.6 {
                return 0.0;
            }
            let syllable = (t * 4.0) as u64;
            let loud = if syllable.is_multiple_of(3) { 0.4 } else { 0.1 };
            let swell = (std::f64::consts::PI * (t * 4.0).fract()).sin();
            (loud * swell * (std::f64::consts::TAU * 150.0 * t).sin()) as f32
        })
        .collect()
}

/// When the eyes begin to close, in seconds, with frames at 50 per second.
fn blinks(poses: impl Iterator<Item = Pose>) -> Vec<f64> {
    let mut shut = false;
    let mut starts = Vec::new();
    for (index, pose) in poses.enumerate() {
        let closed = pose.blendshapes[Shape::EyeBlinkLeft] > 0.5;
        if closed && !shut {
            starts.push(index as f64 / 50.0);
        }
        shut = closed;
    }
    starts
}

fn idle_poses(seed: u64, secs: u64) -> impl Iterator<Item = Pose> {
    let mut motion = motion(seed);
    (0..secs * 50).map(move |i| motion.pose(FrameRate::whole(50).pts_of(i), &idle()))
}

#[test]
fn a_host_blinks_8_to_21_times_in_every_minute_of_an_hour() {
    for seed in 0..20 {
        let starts = blinks(idle_poses(seed, 3600));
        for minute in 0..60 {
            let from = f64::from(minute) * 60.0;
            let count = starts
                .iter()
                .filter(|&&t| t >= from && t < from + 60.0)
                .count();
            assert!(
                (8..=21).contains(&count),
                "seed {seed} minute {minute}: {count}"
            );
        }
        let mut gaps: Vec<f64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        gaps.sort_by(f64::total_cmp);
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        let irregularity = variance.sqrt() / mean;
        assert!(
            irregularity > 0.3,
            "seed {seed}: gaps vary by {irregularity}"
        );
        let twice = gaps.iter().filter(|&&gap| gap < 0.5).count();
        assert!(twice > 10, "seed {seed}: {twice} double blinks in an hour");
    }
}

#[test]
fn a_talking_host_blinks_more_but_not_too_much() {
    let profile = SpeechProfile::new(&speech(62.0));
    let (mut talking, mut quiet) = (0, 0);
    for seed in 0..20 {
        let mut host = motion(seed);
        let poses = (0..3000).map(|i| {
            let at = FrameRate::whole(50).pts_of(i);
            host.pose(
                at,
                &Situation::heard(profile.now(at, Blendshapes::default(), Emotion::Neutral)),
            )
        });
        let count = blinks(poses).len();
        assert!((8..=30).contains(&count), "seed {seed}: {count}");
        talking += count;
        quiet += blinks(idle_poses(seed, 60)).len();
    }
    assert!(talking > quiet + 10, "{talking} talking, {quiet} quiet");
}

#[test]
fn a_blink_closes_quickly_and_opens_more_slowly() {
    let mut host = motion(1);
    let rate = FrameRate::whole(1000);
    let closed: Vec<f32> = (0..20_000)
        .map(|i| host.pose(rate.pts_of(i), &idle()).blendshapes[Shape::EyeBlinkRight])
        .collect();
    let peak = closed.iter().position(|&c| c >= 0.999).unwrap();
    // Lids hang a little with eyes that look down.
    let open = |&c: &f32| c < 0.03;
    let start = closed[..peak].iter().rposition(open).unwrap();
    let end = peak + closed[peak..].iter().position(open).unwrap();
    assert!(
        (45..=98).contains(&(peak - start)),
        "closes in {}",
        peak - start
    );
    assert!(
        (110..=240).contains(&(end - peak)),
        "open after {}",
        end - peak
    );
}

/// Head angles (yaw, pitch, roll) at 10 per second.
fn head_angles(seed: u64, secs: u64, speech: Option<&SpeechProfile>) -> [Vec<f64>; 3] {
    let mut host = motion(seed);
    let mut angles = [const { Vec::new() }; 3];
    for i in 0..secs * 10 {
        let at = FrameRate::whole(10).pts_of(i);
        let now = speech.map_or_else(idle, |profile| {
            Situation::heard(profile.now(at, Blendshapes::default(), Emotion::Neutral))
        });
        let head = host.pose(at, &now).head;
        for (list, angle) in angles
            .iter_mut()
            .zip([head.yaw_deg, head.pitch_deg, head.roll_deg])
        {
            list.push(f64::from(angle));
        }
    }
    angles
}

#[test]
fn the_head_moves_half_a_degree_to_three_in_every_minute() {
    let profile = SpeechProfile::new(&speech(60.0));
    for seed in 0..10 {
        for profile in [None, Some(&profile)] {
            for axis in head_angles(seed, 60, profile) {
                let furthest = axis
                    .iter()
                    .fold(0.0f64, |most, angle| most.max(angle.abs()));
                assert!((0.5..=3.0).contains(&furthest), "seed {seed}: {furthest}");
            }
        }
    }
}

#[test]
fn head_movement_lies_below_two_hertz() {
    for axis in head_angles(4, 409, None) {
        let n = axis.len();
        let mean = axis.iter().sum::<f64>() / n as f64;
        let (mut inside, mut all) = (0.0, 0.0);
        // Bins of a plain Fourier transform up to 5 Hz, every fourth one.
        for bin in (1..n / 2).step_by(4) {
            let (mut re, mut im) = (0.0, 0.0);
            for (i, angle) in axis.iter().enumerate() {
                let phase = std::f64::consts::TAU * (bin * i) as f64 / n as f64;
                re += (angle - mean) * phase.cos();
                im += (angle - mean) * phase.sin();
            }
            let power = re * re + im * im;
            let hertz = bin as f64 * 10.0 / n as f64;
            all += power;
            if (0.03..=2.0).contains(&hertz) {
                inside += power;
            }
        }
        assert!(inside / all > 0.8, "{}", inside / all);
    }
}

#[test]
fn the_head_does_not_repeat_itself_within_a_minute() {
    for axis in head_angles(2, 120, None) {
        let window = 100;
        let mean = axis.iter().sum::<f64>() / axis.len() as f64;
        let part = |from: usize| axis[from..from + window].iter().map(|a| a - mean);
        for from in (0..400).step_by(100) {
            // From 3 s on: closer than that a smooth movement resembles itself.
            for later in from + 30..from + 600 {
                let dot: f64 = part(from).zip(part(later)).map(|(a, b)| a * b).sum();
                let norm = |from| part(from).map(|a: f64| a * a).sum::<f64>().sqrt();
                let likeness = dot / (norm(from) * norm(later));
                assert!(
                    likeness < 0.95,
                    "10 s from {from} come again at {later}: {likeness}"
                );
            }
        }
    }
}

#[test]
fn the_eyes_stay_on_the_camera_and_come_back_from_looks_aside() {
    let mut host = motion(8);
    let off: Vec<f32> = (0..50 * 600)
        .map(|i| {
            let pose = host.pose(FrameRate::whole(50).pts_of(i), &idle());
            let yaw = pose.eyes.yaw_deg + pose.head.yaw_deg;
            let pitch = pose.eyes.pitch_deg + pose.head.pitch_deg;
            yaw.hypot(pitch)
        })
        .collect();
    let on_camera = off.iter().filter(|&&deg| deg < 1.5).count() as f32 / off.len() as f32;
    assert!(on_camera > 0.9, "{on_camera}");
    let aside = off
        .windows(2)
        .filter(|pair| pair[0] < 4.0 && pair[1] >= 4.0)
        .count();
    assert!(
        (10..=60).contains(&aside),
        "{aside} looks aside in ten minutes"
    );
    let longest = off.split(|&deg| deg < 4.0).map(<[f32]>::len).max().unwrap();
    assert!(longest < 2 * 50, "away for {longest} frames");
    let moves = off
        .windows(2)
        .filter(|pair| (pair[0] - pair[1]).abs() > 0.15)
        .count();
    assert!(moves > 300, "{moves} small saccades in ten minutes");
}

#[test]
fn a_host_breathes_12_to_16_times_a_minute() {
    use zhubo::media::Bone;
    let mut host = motion(3);
    let lift: Vec<f32> = (0..20 * 600)
        .map(|i| {
            let pose = host.pose(FrameRate::whole(20).pts_of(i), &idle());
            // Breath lifts both, weight one against the other.
            let up = |wanted| {
                let found = pose.bones.iter().find(|(bone, _)| *bone == wanted);
                found.unwrap().1.z
            };
            up(Bone::LeftShoulder) - up(Bone::RightShoulder)
        })
        .collect();
    let middle = lift.iter().copied().fold(0.0, f32::max) / 2.0;
    let breaths = lift
        .windows(2)
        .filter(|p| p[0] < middle && p[1] >= middle)
        .count();
    assert!((120..=160).contains(&breaths), "{breaths} in ten minutes");
}

#[test]
fn stress_makes_the_head_nod_and_the_brows_rise() {
    let profile = SpeechProfile::new(&speech(20.0));
    let mut talking = motion(5);
    let mut quiet = motion(5);
    let (mut nods, mut down, mut brows, mut accents) = (0.0, 0.0f32, 0.0, 0.0f32);
    for i in 0..1000 {
        let at = FrameRate::whole(50).pts_of(i);
        let now = profile.now(at, Blendshapes::default(), Emotion::Neutral);
        let flat = SpeechNow { accent: 0.0, ..now };
        let (with, without) = (
            talking.pose(at, &Situation::heard(now)),
            quiet.pose(at, &Situation::heard(flat)),
        );
        accents = accents.max(now.accent);
        if now.accent > 0.3 {
            nods += 1.0;
            down += without.head.pitch_deg - with.head.pitch_deg;
            brows += with.blendshapes[Shape::BrowInnerUp] - without.blendshapes[Shape::BrowInnerUp];
        }
    }
    assert!(
        accents > 0.4 && nods > 50.0,
        "accents {accents}, {nods} frames"
    );
    assert!(down / nods > 0.15, "{} degrees", down / nods);
    assert!(brows / nods > 0.02, "{}", brows / nods);
}

#[test]
fn hosts_of_one_seed_do_not_move_together() {
    let mut a = Motion::new(MotionOptions {
        host: HostId::new("lina"),
        seed: 7,
        avatar: None,
        gestures: Arc::default(),
    });
    let mut b = Motion::new(MotionOptions {
        host: HostId::new("kai"),
        seed: 7,
        avatar: None,
        gestures: Arc::default(),
    });
    let together = (0..3000)
        .filter(|&i| {
            let at = FrameRate::whole(50).pts_of(i);
            let (a, b) = (a.pose(at, &idle()), b.pose(at, &idle()));
            (a.head.yaw_deg - b.head.yaw_deg).abs() < 0.02
        })
        .count();
    assert!(together < 300, "{together}");
}

/// The speech of a test at a pts: quiet, then talking with a feeling.
fn scripted(profile: &SpeechProfile, at: MediaTime) -> SpeechNow {
    let start = MediaTime::from_millis(2000);
    let emotion = if at < start {
        Emotion::Neutral
    } else {
        Emotion::Joy
    };
    let now = profile.now(at - start, Blendshapes::default(), emotion);
    // Whether he speaks changes on a pts that 25 and 50 frames per second share.
    let shared = MediaTime::from_millis(40).0;
    let shared_at = MediaTime(at.0.div_euclid(shared) * shared);
    let speaking = profile.now(shared_at - start, now.mouth, emotion).speaking;
    SpeechNow { speaking, ..now }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_pose_depends_on_the_pts_and_not_on_the_frames_before(seed: u64, skip in 1u64..40) {
        let profile = SpeechProfile::new(&speech(6.0));
        let rate = FrameRate::whole(50);
        let mut every = motion(seed);
        let mut some = motion(seed);
        for i in 0..400 {
            let at = rate.pts_of(i);
            let full = every.pose(at, &Situation::heard(scripted(&profile, at)));
            // 25 fps, some frames left out, but not those at which the feeling or the speaking may change.
            if i % 2 == 0 && (i % skip != 1 || (80..=110).contains(&i) || i > 380) {
                prop_assert_eq!(&full, &some.pose(at, &Situation::heard(scripted(&profile, at))), "frame {}", i);
            }
        }
    }

    #[test]
    fn any_time_and_any_speech_give_a_sound_pose(
        seed: u64,
        ticks in -10_000_000_000_000i64..10_000_000_000_000,
        weight in prop_oneof![Just(f32::NAN), Just(-3.0), Just(9.0), 0.0f32..1.0],
        level in prop_oneof![Just(0.0f32), Just(1.0), 0.0f32..1.0],
    ) {
        let now = SpeechNow {
            mouth: Blendshapes([weight; 52]),
            speaking: level > 0.5,
            energy: level,
            accent: level,
            since_accent: None,
            asking: level,
            since_phrase_end: Some(MediaTime::from_millis(100)),
            emotion: Emotion::Surprise,
        };
        let pose = motion(seed).pose(MediaTime(ticks), &Situation::heard(now));
        prop_assert!(pose.blendshapes.0.iter().all(|w| (0.0..=1.0).contains(w)));
        for angle in [pose.head.yaw_deg, pose.head.pitch_deg, pose.head.roll_deg] {
            prop_assert!(angle.abs() <= 34.0);
        }
        prop_assert!(pose.bones.iter().all(|(_, turn)| turn.is_normalized()));
    }

    #[test]
    fn any_sound_gives_a_sound_profile(samples in prop::collection::vec(
        prop_oneof![Just(f32::NAN), Just(f32::INFINITY), -2.0f32..2.0], 0..6000), millis in -2000i64..4000) {
        let now = SpeechProfile::new(&samples).now(MediaTime::from_millis(millis), Blendshapes::default(), Emotion::Joy);
        for value in [now.energy, now.accent] {
            prop_assert!((0.0..=1.0).contains(&value), "{now:?}");
        }
    }
}

#[test]
fn poses_do_not_jump_from_frame_to_frame() {
    let profile = SpeechProfile::new(&speech(30.0));
    let mut host = motion(11);
    let mut last: Option<Pose> = None;
    for i in 0..1500 {
        let at = FrameRate::whole(50).pts_of(i);
        let pose = host.pose(at, &Situation::heard(scripted(&profile, at)));
        if let Some(last) = last {
            assert!(
                (pose.head.pitch_deg - last.head.pitch_deg).abs() < 0.6,
                "frame {i}"
            );
            assert!(
                (pose.head.yaw_deg - last.head.yaw_deg).abs() < 0.45,
                "frame {i}"
            );
            for shape in [
                Shape::BrowInnerUp,
                Shape::MouthSmileLeft,
                Shape::CheekSquintLeft,
            ] {
                let step = (pose.blendshapes[shape] - last.blendshapes[shape]).abs();
                assert!(step < 0.06, "frame {i}: {shape:?} jumps by {step}");
            }
        }
        last = Some(pose);
    }
}

#[test]
fn ten_seconds_of_life() {
    let profile = SpeechProfile::new(&speech(5.0));
    let mut host = motion(1);
    let mut text = String::from(
        "time blink smile brow head_yaw head_pitch head_roll eye_yaw eye_pitch chest\n",
    );
    for i in 0..=50 {
        let at = FrameRate::whole(5).pts_of(i);
        let pose = host.pose(at, &Situation::heard(scripted(&profile, at)));
        let face = |shape| pose.blendshapes[shape];
        text += &format!(
            "{:4.1} {:.2} {:.2} {:.2} {:5.2} {:5.2} {:5.2} {:5.1} {:5.1} {:.4}\n",
            at.as_secs_f64(),
            face(Shape::EyeBlinkLeft),
            face(Shape::MouthSmileLeft),
            face(Shape::BrowInnerUp),
            pose.head.yaw_deg,
            pose.head.pitch_deg,
            pose.head.roll_deg,
            pose.eyes.yaw_deg,
            pose.eyes.pitch_deg,
            pose.bones[1].1.x,
        );
    }
    insta::with_settings!({snapshot_path => "../golden", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("motion_ten_seconds", text);
    });
}
