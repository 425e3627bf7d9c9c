//! A graphics device that is lost in the middle of a show.

use std::sync::Arc;

use crossbeam_channel::{Receiver, bounded};
use zhubo::engine::{self, Clock, RoomHandle, SayRequest, Summary, Timebase};
use zhubo::media::{FrameRate, MediaTime, Packet, Track};
use zhubo::output::Sink;

use crate::show::{ending, of, options};

/// Runs a show of `millis`; the device is lost when its clock reaches `lost_at`.
fn run(clock: Clock, millis: i64, lost_at: Option<i64>) -> (Vec<Packet>, Summary, RoomHandle) {
    let (door, inbox) = RoomHandle::new("test", |_| Ok(()));
    door.say(SayRequest {
        text: "The host speaks while the device goes away, and goes on speaking.".to_owned(),
        ..SayRequest::default()
    })
    .unwrap();
    let options = options();
    let gpu = options.gpu.clone();
    let mut lost_at = lost_at.map(MediaTime::from_millis);
    let (sender, packets): (_, Receiver<Packet>) = bounded(64);
    let collector = std::thread::spawn(move || packets.into_iter().collect::<Vec<_>>());
    let summary = engine::run(
        options,
        clock,
        &ending(millis),
        &door,
        &inbox,
        vec![Sink::Channel(sender)],
        &mut |pts, _| {
            if lost_at.take_if(|at| pts >= *at).is_some() {
                gpu.lose();
            }
        },
    )
    .unwrap();
    (collector.join().unwrap(), summary, door)
}

#[test]
fn a_film_is_complete_and_the_same() {
    let (whole, summary, _) = run(Clock::Offline, 3_000, None);
    assert_eq!(summary.stats.devices_lost, 0);
    let (broken, summary, _) = run(Clock::Offline, 3_000, Some(1_000));
    assert_eq!(summary.stats.devices_lost, 1);
    assert_eq!(summary.stats.frames_drawn, 75);
    assert!(whole == broken, "not one packet differs");
}

#[test]
fn a_room_goes_on_with_its_sound_and_gets_its_picture_back() {
    let clock = Clock::Live(Timebase::start_now());
    let (packets, summary, door) = run(clock, 8_000, Some(1_000));
    assert_eq!(summary.stats.devices_lost, 1);
    let incident = door.snapshot().last_incident.unwrap_or_default();
    assert!(
        incident.contains("the graphics device was lost"),
        "{incident}"
    );
    let rate = FrameRate::whole(25);
    let sound: Vec<MediaTime> = of(Track::Audio, &packets).iter().map(|p| p.pts).collect();
    let ticks: Vec<MediaTime> = (0..200).map(|index| rate.pts_of(index)).collect();
    assert_eq!(sound, ticks, "not a tick of sound is missing");
    let pictures: Vec<MediaTime> = of(Track::Video, &packets).iter().map(|p| p.pts).collect();
    let count = pictures.len() as u64;
    assert!(count > 100, "{count} pictures");
    assert_eq!(
        pictures,
        (0..count).map(|n| rate.pts_of(n)).collect::<Vec<_>>()
    );
    assert!(
        summary.stats.frames_drawn > 30,
        "pictures are drawn again: {}",
        summary.stats.frames_drawn
    );
}

#[test]
fn a_device_of_another_name_is_taken_only_when_any_will_do() {
    let Some(gpu) = crate::render::gpu() else {
        return;
    };
    let again = gpu.reopen(false).unwrap();
    assert_eq!(again.adapter_name(), gpu.adapter_name());
    drop(Arc::new(again));
    assert!(gpu.reopen(true).is_ok());
}
