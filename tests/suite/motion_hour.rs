//! A host watched for an hour: no loop, no jerk, lids and lips as they should be.

use std::sync::Arc;

use zhubo::media::{Activity, Emotion, Focus, FrameRate, HostId, MediaTime, Pose, Shape};
use zhubo::motion::{Motion, MotionOptions, Places, Situation, SpeechNow};

const RATE: FrameRate = FrameRate::whole(50);

fn motion(seed: u64) -> Motion {
    Motion::new(MotionOptions {
        host: HostId::new("lina"),
        seed,
        avatar: None,
        gestures: Arc::default(),
    })
}

fn channels(pose: &Pose) -> [f64; 10] {
    let face = |shape| f64::from(pose.blendshapes[shape]);
    [
        f64::from(pose.head.yaw_deg),
        f64::from(pose.head.pitch_deg),
        f64::from(pose.head.roll_deg),
        f64::from(pose.eyes.yaw_deg),
        f64::from(pose.eyes.pitch_deg),
        face(Shape::EyeBlinkLeft),
        face(Shape::BrowInnerUp),
        face(Shape::MouthSmileLeft),
        face(Shape::CheekSquintRight),
        face(Shape::BrowOuterUpRight),
    ]
}

/// Pearson's correlation.
fn likeness(a: &[f64], b: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += (x - ma) * (y - mb);
        aa += (x - ma).powi(2);
        bb += (y - mb).powi(2);
    }
    ab / (aa * bb).sqrt().max(1e-12)
}

#[test]
fn no_ten_seconds_come_again_within_an_hour() {
    let mut host = motion(3);
    let silent = Situation::silent(Emotion::Neutral);
    // Ten values a second; each channel in units of its own spread.
    let rows: Vec<[f64; 10]> = (0..36_000)
        .map(|index| channels(&host.pose(FrameRate::whole(10).pts_of(index), &silent)))
        .collect();
    let mut all: [Vec<f64>; 10] =
        std::array::from_fn(|channel| rows.iter().map(|row| row[channel]).collect());
    for channel in &mut all {
        let mean = channel.iter().sum::<f64>() / channel.len() as f64;
        let spread = channel.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / channel.len() as f64;
        assert!(spread > 1e-7, "a channel stands still");
        for value in channel.iter_mut() {
            *value = (*value - mean) / spread.sqrt();
        }
    }
    for (name, channel) in ["yaw", "pitch", "roll"].into_iter().zip(&all) {
        let windows: Vec<&[f64]> = channel.chunks(100).collect();
        for (index, one) in windows.iter().enumerate() {
            for other in &windows[index + 1..] {
                let alike = likeness(one, other);
                assert!(alike < 0.9, "{name}: {alike}");
            }
        }
    }
    let joined: Vec<Vec<f64>> = (0..360)
        .map(|window| {
            let range = window * 100..(window + 1) * 100;
            all.iter()
                .flat_map(|channel| channel[range.clone()].to_vec())
                .collect()
        })
        .collect();
    for (index, one) in joined.iter().enumerate() {
        for other in &joined[index + 1..] {
            assert!(likeness(one, other) < 0.9);
        }
    }
}

/// What happens in the busy hours of a room, by the second.
fn busy(second: i64) -> Situation {
    let focus = match second % 23 {
        3..=4 => Some(Focus::Card),
        7 => Some(Focus::Left),
        9..=11 => Some(Focus::Comments),
        13 => Some(Focus::Right),
        17..=18 => Some(Focus::Host(HostId::new("chen"))),
        _ => None,
    };
    let activity = match second % 29 {
        1..=6 => Activity::Speaking,
        8..=9 => Activity::Thinking,
        11..=13 => Activity::Reading,
        15..=18 => Activity::Listening,
        20..=21 => Activity::Away,
        _ => Activity::Idle,
    };
    let emotion = Emotion::ALL[(second / 5 % 7) as usize];
    let far = zhubo::media::Angles {
        yaw_deg: 72.0,
        ..Default::default()
    };
    Situation {
        activity,
        focus,
        feeling: Some(emotion),
        speech: SpeechNow {
            speaking: activity == Activity::Speaking,
            accent: if second % 3 == 0 { 0.8 } else { 0.0 },
            ..SpeechNow::silent(emotion)
        },
        places: Arc::new(Places {
            hosts: vec![(HostId::new("chen"), far)],
            ..Places::default()
        }),
        ..Situation::default()
    }
}

#[test]
fn the_head_never_jerks_whatever_happens() {
    let mut host = motion(5);
    let mut speeds = Vec::new();
    let mut last: Option<Pose> = None;
    for index in 0..50 * 600 {
        let at = RATE.pts_of(index);
        let mut situation = busy(at.0 / 48_000);
        // Nods come and go in time, as a profile has them.
        let part = at.as_secs_f64().fract();
        situation.speech.accent *= (std::f64::consts::PI * part).sin().powi(2) as f32;
        let pose = host.pose(at, &situation);
        if let Some(last) = last {
            let turn = last.head.to_quat().angle_between(pose.head.to_quat());
            speeds.push(turn.to_degrees() * 50.0);
        }
        last = Some(pose);
    }
    speeds.sort_by(f32::total_cmp);
    let p99 = speeds[speeds.len() * 99 / 100];
    let most = speeds[speeds.len() - 1];
    assert!(p99 < 120.0 && most < 150.0, "p99 {p99}, most {most} deg/s");
    assert!(most > 15.0, "the head does turn: {most}");
}

#[test]
fn eyes_and_head_together_reach_what_is_looked_at() {
    let mut host = motion(7);
    let places = Places::default();
    let look = |host: &mut Motion, millis: i64, focus: Option<Focus>| {
        let situation = Situation {
            focus,
            ..Situation::default()
        };
        let pose = host.pose(MediaTime::from_millis(millis), &situation);
        let yaw = pose.head.yaw_deg + pose.eyes.yaw_deg;
        (
            yaw,
            pose.head.pitch_deg + pose.eyes.pitch_deg,
            pose.head.yaw_deg,
        )
    };
    for millis in (0..2000).step_by(20) {
        look(&mut host, millis, Some(Focus::Camera));
    }
    for millis in (2000..2120).step_by(20) {
        look(&mut host, millis, Some(Focus::Card));
    }
    for millis in (2120..3200).step_by(20) {
        let (yaw, pitch, _) = look(&mut host, millis, Some(Focus::Card));
        let off = (yaw - places.card.yaw_deg).hypot(pitch - places.card.pitch_deg);
        assert!(off < 1.5, "{millis}: {off} degrees off the card");
    }
    let (_, _, head) = look(&mut host, 3200, Some(Focus::Card));
    assert!(head > 5.0, "the head goes along: {head}");
    for millis in (3220..4600).step_by(20) {
        look(&mut host, millis, Some(Focus::Camera));
    }
    let (yaw, pitch, _) = look(&mut host, 4600, Some(Focus::Camera));
    assert!(yaw.hypot(pitch) < 1.5, "back on the lens: {yaw} {pitch}");
}

#[test]
fn a_feeling_takes_300_to_500_ms_and_never_jumps() {
    let mut host = motion(9);
    let smile = |host: &mut Motion, millis: i64, feeling| {
        let situation = Situation {
            feeling: Some(feeling),
            ..Situation::default()
        };
        let pose = host.pose(MediaTime::from_millis(millis), &situation);
        pose.blendshapes[Shape::MouthSmileLeft]
    };
    for millis in (0..1000).step_by(20) {
        smile(&mut host, millis, Emotion::Neutral);
    }
    let start = smile(&mut host, 1000, Emotion::Joy);
    let mut last = start;
    let mut course = Vec::new();
    for millis in (1020..2000).step_by(20) {
        let now = smile(&mut host, millis, Emotion::Joy);
        assert!((now - last).abs() < 0.05, "{millis}: {last} {now}");
        course.push(now);
        last = now;
    }
    let (least, most) = (start, course[30]);
    assert!(most - least > 0.2);
    let share = |part: f32| {
        let level = least + part * (most - least);
        20 * (1 + course.iter().position(|&now| now > level).unwrap())
    };
    let (begins, ends) = (share(0.02), share(0.95));
    assert!(
        (300..=500).contains(&(ends - begins + 60)),
        "{begins} to {ends} ms"
    );
}
