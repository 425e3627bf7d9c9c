//! What a performance leaves: rows of a CSV, events for JSON, curves for a plot.

use std::fmt;
use std::io::{BufWriter, Write};
use std::ops::Range;

use serde_json::{Value, json};

use super::Args;
use super::plot::{Bar, Plot};
use crate::engine::{Performance, Step};
use crate::media::{ARKIT_NAMES, Focus, FrameRate, MediaTime, Pose, Shape, WordTime};
use crate::motion::{Hands, Library, Reason, Side, Stroke};

/// Lids closed further than this belong to a blink that closes further than [`SHUT`].
const CLOSING: f32 = 0.2;
const SHUT: f32 = 0.6;
const ANGLES: &str = "head_pitch_deg,head_yaw_deg,head_roll_deg,gaze_pitch_deg,gaze_yaw_deg";

/// Finds blinks in a row of lids.
#[derive(Debug, Default)]
struct Blinks {
    since: Option<MediaTime>,
    most: f32,
}

impl Blinks {
    /// Takes the lids at `at`; gives a blink that is over.
    fn see(&mut self, at: MediaTime, closed: f32) -> Option<Range<MediaTime>> {
        if closed > CLOSING {
            self.since.get_or_insert(at);
            self.most = self.most.max(closed);
            return None;
        }
        let since = self.since.take()?;
        let shut = std::mem::take(&mut self.most) > SHUT;
        shut.then_some(since..at)
    }
}

/// What is told at the end.
#[derive(Debug, Default)]
pub(super) struct Report {
    rows: u64,
    duration_secs: f64,
    words: Vec<Value>,
    gestures: Vec<Value>,
    blinks: Vec<Value>,
    feelings: Vec<Value>,
    looks: Vec<Value>,
    marks: Vec<Value>,
    counts: [usize; 2],
}

impl Report {
    /// Everything as one object.
    pub(super) fn json(&self, warnings: &[String]) -> Value {
        json!({
            "rows": self.rows, "duration_secs": self.duration_secs, "words": self.words, "gestures": self.gestures,
            "blinks": self.blinks, "feelings": self.feelings, "looks": self.looks, "marks": self.marks,
            "warnings": warnings,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [gestures, blinks] = self.counts;
        write!(
            f,
            "{:.2} s in {} rows, {gestures} gestures, {blinks} blinks",
            self.duration_secs, self.rows
        )
    }
}

/// Takes a performance step by step. Rows are written as they come; events are kept only for JSON, curves only for a plot.
pub(super) struct Record<'a> {
    csv: BufWriter<Box<dyn Write>>,
    library: &'a Library,
    rate: FrameRate,
    keeps_events: bool,
    report: Report,
    blinks: Blinks,
    plot: Option<Plot>,
}

impl<'a> Record<'a> {
    /// Writes the header.
    pub(super) fn new(
        mut csv: BufWriter<Box<dyn Write>>,
        library: &'a Library,
        args: &Args,
    ) -> std::io::Result<Self> {
        writeln!(csv, "time,{},{ANGLES},gesture", ARKIT_NAMES.join(","))?;
        let rate = FrameRate::whole(args.fps);
        Ok(Self {
            csv,
            library,
            rate,
            keeps_events: args.json,
            report: Report::default(),
            blinks: Blinks::default(),
            plot: args.plot.as_ref().map(|_| Plot::new(rate)),
        })
    }

    /// Takes one step of a show whose first host is meant.
    pub(super) fn take(&mut self, step: &Step) -> std::io::Result<()> {
        let at = step.tick.pts;
        for begun in &step.begun {
            self.begin(begun);
        }
        let Some(pose) = step.picture.poses.first() else {
            return Ok(());
        };
        write_row(&mut self.csv, at, pose)?;
        self.report.rows += 1;
        if let Some(blink) = self.blinks.see(at, pose.blendshapes[Shape::EyeBlinkLeft]) {
            self.report.counts[1] += 1;
            if self.keeps_events {
                let blink = json!({"start": secs(blink.start), "end": secs(blink.end)});
                self.report.blinks.push(blink);
            }
        }
        if let Some(plot) = &mut self.plot {
            plot.hear(&step.audio.samples);
            plot.see(pose);
        }
        Ok(())
    }

    /// Notes what an utterance brings.
    fn begin(&mut self, begun: &Performance) {
        let (start, score) = (begun.spoken.start, &begun.spoken.score);
        let utterance = &begun.utterance;
        self.report.counts[0] += score.strokes.len();
        let bars: Vec<Bar> = score
            .strokes
            .iter()
            .map(|stroke| self.bar(start, stroke))
            .collect();
        if let Some(plot) = &mut self.plot {
            for word in &utterance.words {
                plot.word(&word.text, start + word.start, start + word.end);
            }
            plot.bars(&bars);
        }
        if !self.keeps_events {
            return;
        }
        let report = &mut self.report;
        report.words.extend(utterance.words.iter().map(
            |word| json!({"text": word.text, "start": secs(start + word.start), "end": secs(start + word.end)}),
        ));
        report.feelings.extend(
            score
                .feelings
                .iter()
                .map(|(at, feeling)| json!({"time": secs(start + *at), "feeling": feeling.name()})),
        );
        report.looks.extend(score.looks.iter().map(
            |(at, focus)| json!({"time": secs(start + *at), "at": focus.as_ref().map(name_of)}),
        ));
        report.marks.extend(
            utterance
                .marks
                .iter()
                .map(|mark| json!({"time": secs(start + mark.at), "name": mark.name})),
        );
        for (stroke, bar) in score.strokes.iter().zip(bars) {
            let gesture = json!({
                "name": bar.name, "side": bar.side, "start": secs(bar.start), "stroke": secs(bar.stroke),
                "end": secs(bar.end), "word": words_in(&utterance.words, &stroke.word), "reason": reason(stroke.reason),
            });
            self.report.gestures.push(gesture);
        }
    }

    fn bar(&self, start: MediaTime, stroke: &Stroke) -> Bar {
        let at = start + stroke.at;
        let gesture = self.library.get(stroke.gesture);
        let span = |secs: f32| MediaTime::from_secs_f64(f64::from(secs));
        let of = |secs: fn(&crate::motion::Gesture) -> f32| span(gesture.map_or(0.0, secs));
        let landed = at + of(|own| own.follow_secs()) + stroke.hold;
        Bar {
            name: gesture.map(|own| own.name.to_string()).unwrap_or_default(),
            side: match (gesture.map(|own| own.hands), stroke.side) {
                (Some(Hands::Both), _) => "both",
                (Some(Hands::None), _) => "none",
                (_, Side::Left) => "left",
                (_, Side::Right) => "right",
            },
            start: (at - of(|own| own.lead_secs())).max(MediaTime::ZERO),
            stroke: at,
            held: landed,
            end: landed + of(|own| own.retract_secs),
        }
    }

    /// Ends the CSV; gives what is to be told and drawn.
    pub(super) fn finish(mut self, end: MediaTime) -> std::io::Result<(Report, Option<Plot>)> {
        self.csv.flush()?;
        let last = self.rate.pts_of(self.report.rows);
        if let Some(blink) = self.blinks.see(last, 0.0)
            && self.keeps_events
        {
            let blink = json!({"start": secs(blink.start), "end": secs(blink.end)});
            self.report.blinks.push(blink);
        }
        self.report.duration_secs = secs(end);
        Ok((self.report, self.plot))
    }
}

fn secs(time: MediaTime) -> f64 {
    time.as_secs_f64()
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Asked => "asked",
        Reason::Word => "word",
        Reason::Rhythm => "rhythm",
    }
}

/// As tags name it.
fn name_of(focus: &Focus) -> String {
    match focus {
        Focus::Host(host) => host.to_string(),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// The words of a stretch, as written.
fn words_in(words: &[WordTime], stretch: &Range<MediaTime>) -> String {
    let inside = words
        .iter()
        .filter(|word| word.start >= stretch.start && word.end <= stretch.end);
    let mut text = String::new();
    for word in inside {
        let touches_latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii());
        if touches_latin(text.chars().last()) && touches_latin(word.text.chars().next()) {
            text.push(' ');
        }
        text.push_str(&word.text);
    }
    text
}

fn write_row(csv: &mut impl Write, at: MediaTime, pose: &Pose) -> std::io::Result<()> {
    write!(csv, "{:.6}", at.as_secs_f64())?;
    for weight in pose.blendshapes.0 {
        // Most shapes are zero most of the time.
        if weight == 0.0 {
            write!(csv, ",0")?;
        } else {
            write!(csv, ",{weight:.4}")?;
        }
    }
    let (head, eyes) = (pose.head, pose.eyes);
    for angle in [
        head.pitch_deg,
        head.yaw_deg,
        head.roll_deg,
        eyes.pitch_deg,
        eyes.yaw_deg,
    ] {
        write!(csv, ",{angle:.3}")?;
    }
    writeln!(csv, ",{}", pose.gesture.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blink_is_a_lid_that_shuts_and_opens() {
        let mut blinks = Blinks::default();
        let lids = [0.0, 0.3, 0.9, 0.4, 0.1, 0.3, 0.5, 0.1, 0.0];
        let found: Vec<_> = lids
            .iter()
            .enumerate()
            .filter_map(|(index, closed)| {
                blinks.see(MediaTime::from_millis(20 * index as i64), *closed)
            })
            .collect();
        assert_eq!(
            found,
            [MediaTime::from_millis(20)..MediaTime::from_millis(80)]
        );
    }

    #[test]
    fn words_of_a_stretch_are_written_as_they_are_read() {
        let word = |(index, text): (usize, &&str)| WordTime {
            text: (*text).to_owned(),
            start: MediaTime::from_millis(100 * index as i64),
            end: MediaTime::from_millis(100 * index as i64 + 90),
        };
        let words: Vec<WordTime> = ["look", "at", "这", "款", "cup"]
            .iter()
            .enumerate()
            .map(word)
            .collect();
        let whole = MediaTime::ZERO..MediaTime::from_millis(490);
        assert_eq!(words_in(&words, &whole), "look at这款cup");
        assert_eq!(words_in(&words, &(words[1].start..words[1].end)), "at");
    }
}
