//! Sound from a card, at the pace of the room.
//!
//! The card's clock and the room's differ by some parts in 10 000. What waits between them is held at an even level by
//! taking it a little faster or slower; where it runs dry silence is given until the level is back, and where far too
//! much waits (the room has stood still) the oldest is dropped.

use crossbeam_channel::Receiver;

use super::microphone::{Event, Stop};
use crate::media::SAMPLE_RATE_HZ;
use crate::sound::Elastic;

/// What is to wait after a tick has been taken, at least: 40 ms.
const LEAST_WAITING: usize = SAMPLE_RATE_HZ as usize / 25;
/// Beyond the wanted level by this much (250 ms) the oldest sound is dropped.
const TOO_MUCH: usize = SAMPLE_RATE_HZ as usize / 4;
/// Speed per second that waits too much or too little: 10 ms are evened out by 0.1 %.
const EAGERNESS: f64 = 0.1;
/// The speed is trimmed by half a per cent at most (8 cents: not heard).
const MOST_TRIM: f64 = 0.005;
/// The level is averaged over this long, in seconds: blocks come in bunches.
const AVERAGED_SECS: f64 = 2.0;
/// No sound for this long is told, in seconds.
const SILENT_SECS: f64 = 3.0;

/// A sound card's sound.
#[derive(Debug)]
pub(super) struct Card {
    events: Receiver<Event>,
    /// Ends the capture when it is dropped.
    _stop: Stop,
    elastic: Option<Elastic>,
    ready: Vec<f32>,
    /// Samples that are to wait after a tick.
    wanted: usize,
    /// What waits, averaged.
    level: f64,
    /// The level has to be reached before sound is given (again).
    filling: bool,
    open: bool,
    /// Samples of silence given since the last sound came.
    waited: usize,
    told: bool,
    underruns: u64,
    lost: u64,
}

impl Card {
    pub(super) fn new((events, stop): (Receiver<Event>, Stop)) -> Self {
        Self {
            events,
            _stop: stop,
            elastic: None,
            ready: Vec::new(),
            wanted: LEAST_WAITING,
            level: LEAST_WAITING as f64,
            filling: true,
            open: false,
            waited: 0,
            told: false,
            underruns: 0,
            lost: 0,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    pub(super) fn underruns(&self) -> u64 {
        self.underruns
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// Samples that wait after a tick, on average.
    pub(super) fn fill(&self) -> f64 {
        self.level
    }

    /// Appends `count` samples, silence where there are none.
    pub(super) fn pull(&mut self, count: usize, out: &mut Vec<f32>) -> Result<(), String> {
        let told = self.take_events();
        let end = out.len() + count;
        let given = self.give(count, out);
        out.resize(end, 0.0);
        let watched = self.watch(count);
        told.and(given.map_err(|error| format!("live sound: {error}")))
            .and(watched)
    }

    fn take_events(&mut self) -> Result<(), String> {
        let mut result = Ok(());
        while let Ok(event) = self.events.try_recv() {
            match event {
                Event::Opened { rate_hz, device } => {
                    tracing::info!("live sound from {device} at {rate_hz} Hz");
                    match Elastic::new(rate_hz) {
                        Ok(elastic) => self.elastic = Some(elastic),
                        Err(error) => result = Err(format!("{device}: {error}")),
                    }
                    (self.open, self.filling, self.told) = (true, true, false);
                    self.wanted = LEAST_WAITING;
                }
                Event::Sound(samples) => {
                    self.waited = 0;
                    let Some(elastic) = &mut self.elastic else {
                        continue;
                    };
                    let before = elastic.waiting();
                    if let Err(error) = elastic.push(&samples) {
                        result = Err(format!("live sound: {error}"));
                    }
                    // Blocks come whole: two of them must fit.
                    let block = elastic.waiting() - before;
                    self.wanted = self.wanted.max(2 * block);
                }
                Event::Lost(samples) => self.lost += samples,
                Event::Gone(words) => {
                    self.open = false;
                    self.told = true;
                    result = Err(format!("the microphone is gone: {words}; trying again"));
                }
            }
        }
        result
    }

    fn give(&mut self, count: usize, out: &mut Vec<f32>) -> crate::sound::Result<()> {
        let Some(elastic) = &mut self.elastic else {
            return Ok(());
        };
        if self.filling && elastic.waiting() < self.wanted + count {
            return Ok(());
        }
        if self.filling {
            self.filling = false;
            self.level = self.wanted as f64;
        }
        let most = self.wanted + count + TOO_MUCH;
        if elastic.waiting() > most {
            let keep = self.wanted + count;
            self.lost += (elastic.waiting() - keep) as u64;
            elastic.drop_oldest(keep);
            self.level = self.wanted as f64;
        }
        let surplus_secs = (self.level - self.wanted as f64) / f64::from(SAMPLE_RATE_HZ);
        let speed = 1.0 + (EAGERNESS * surplus_secs).clamp(-MOST_TRIM, MOST_TRIM);
        while self.ready.len() < count {
            if !elastic.pull(speed, &mut self.ready)? {
                self.underruns += 1;
                self.filling = true;
                break;
            }
        }
        let given = count.min(self.ready.len());
        out.extend(self.ready.drain(..given));
        let waiting = (elastic.waiting() + self.ready.len()) as f64;
        let part = (count as f64 / f64::from(SAMPLE_RATE_HZ) / AVERAGED_SECS).min(1.0);
        self.level += (waiting - self.level) * part;
        Ok(())
    }

    /// Says once when an open card gives nothing.
    fn watch(&mut self, count: usize) -> Result<(), String> {
        self.waited += count;
        if self.open && !self.told && self.waited as f64 > SILENT_SECS * f64::from(SAMPLE_RATE_HZ) {
            self.told = true;
            return Err(format!(
                "the microphone has given no sound for {SILENT_SECS:.0} s"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::microphone::channel;

    const TICK: usize = 1_920;

    /// Runs `ticks` of 40 ms against a card that makes `rate_hz * pace` samples a second in blocks of `block`.
    fn run(ticks: usize, rate_hz: u32, pace: f64, block: usize) -> (Card, Vec<f32>, f64) {
        let (sender, events, stop) = channel();
        let device = "test".to_owned();
        sender.send(Event::Opened { rate_hz, device }).unwrap();
        let mut card = Card::new((events, stop));
        let (mut made, mut owed, mut out) = (0usize, 0.0, Vec::new());
        let mut widest: f64 = 0.0;
        for tick in 0..ticks {
            owed += f64::from(rate_hz) * pace * 0.04;
            while owed >= block as f64 {
                owed -= block as f64;
                let tone = |i: usize| {
                    let turns = (i as f64 * 300.0 / f64::from(rate_hz)).fract();
                    0.5 * (turns * std::f64::consts::TAU).sin() as f32
                };
                let sound = (made..made + block).map(tone).collect();
                made += block;
                sender.send(Event::Sound(sound)).unwrap();
            }
            let before = out.len();
            card.pull(TICK, &mut out).unwrap();
            assert_eq!(out.len() - before, TICK);
            if tick > ticks / 2 {
                widest = widest.max((card.fill() - card.wanted as f64).abs());
            }
        }
        (card, out, widest)
    }

    #[test]
    fn another_pace_is_evened_out_without_a_gap() {
        for (rate, pace) in [
            (48_000, 1.0),
            (44_100, 1.002),
            (48_000, 0.998),
            (16_000, 1.0003),
        ] {
            let (card, out, widest) = run(3_000, rate, pace, rate as usize / 100);
            assert_eq!((card.underruns(), card.lost()), (0, 0), "{rate} at {pace}");
            // The trim that is needed stands for a level off by at most 20 ms per 0.2 %.
            assert!(
                widest < 1_500.0,
                "{rate} at {pace}: off by {widest} samples"
            );
            let sound = &out[10 * TICK..];
            let steepest = sound
                .windows(2)
                .map(|w| (w[1] - w[0]).abs())
                .fold(0.0, f32::max);
            assert!(steepest < 0.0205, "{rate} at {pace}: a step of {steepest}");
        }
    }

    #[test]
    fn large_blocks_get_a_larger_buffer() {
        let (card, _, _) = run(500, 48_000, 1.0, 4_800);
        assert!(card.underruns() <= 1, "{}", card.underruns());
        assert_eq!(card.wanted, 9_600);
    }

    #[test]
    fn a_card_that_goes_is_silence_and_told_and_one_that_comes_back_is_heard() {
        let (sender, events, stop) = channel();
        let mut card = Card::new((events, stop));
        let open = |rate_hz| Event::Opened {
            rate_hz,
            device: "test".to_owned(),
        };
        sender.send(open(48_000)).unwrap();
        let sound = |level: f32| {
            for _ in 0..20 {
                sender.send(Event::Sound(vec![level; 480])).unwrap();
            }
        };
        sound(0.5);
        let mut out = Vec::new();
        card.pull(TICK, &mut out).unwrap();
        assert!(card.is_open() && out[TICK / 2..].iter().all(|x| (x - 0.5).abs() < 1e-3));
        sender.send(Event::Gone("unplugged".to_owned())).unwrap();
        let words = card.pull(TICK, &mut out).unwrap_err();
        assert!(words.contains("unplugged"), "{words}");
        for _ in 0..200 {
            card.pull(TICK, &mut out).unwrap();
        }
        assert!(!card.is_open() && out[out.len() - TICK..].iter().all(|x| *x == 0.0));
        sender.send(open(44_100)).unwrap();
        sound(0.25);
        card.pull(TICK, &mut out).unwrap();
        assert!(card.is_open() && (out[out.len() - 1] - 0.25).abs() < 1e-3);
    }

    #[test]
    fn a_card_that_says_nothing_is_told_once() {
        let (sender, events, stop) = channel();
        let device = "test".to_owned();
        sender
            .send(Event::Opened {
                rate_hz: 48_000,
                device,
            })
            .unwrap();
        let mut card = Card::new((events, stop));
        let told = (0..500).filter(|_| card.pull(TICK, &mut Vec::new()).is_err());
        assert_eq!(told.count(), 1);
    }
}
