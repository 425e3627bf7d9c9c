//! A performance as a picture: sound, words, mouth, lids, gaze, head and gestures.

use std::path::Path;

use plotters::prelude::*;

use super::super::phones::Phone;
use super::super::plot::{
    self, Area, BELOW, Chart, FONT, TITLE_HEIGHT, chart, draw_legend, draw_line, draw_phones,
    draw_sound, drawing, lip_gap,
};
use crate::media::{FrameRate, MediaTime, Pose, SAMPLE_RATE_HZ, Shape};

/// Samples behind one stroke of the waveform: 5 ms.
const STROKE: usize = SAMPLE_RATE_HZ as usize / 200;
/// Heights of the panels in pixels.
const HEIGHTS: [u32; 5] = [220, 200, 220, 220, 190];
/// Lines of the gestures, so that neighbours do not cover each other.
const LANES: usize = 3;

/// A gesture in the time of the show.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) side: &'static str,
    /// Preparation begins, the stroke lands, retraction begins, and rest.
    pub(super) start: MediaTime,
    pub(super) stroke: MediaTime,
    pub(super) held: MediaTime,
    pub(super) end: MediaTime,
}

/// A curve: its name, its colour, and how it is read from a pose.
type Curve = (&'static str, RGBColor, fn(&Pose) -> f32);

/// The panels below the waveform.
const PANELS: [(&str, &[Curve]); 3] = [
    (
        "mouth and lids",
        &[
            ("jawOpen", RGBColor(31, 90, 180), |pose| {
                pose.blendshapes[Shape::JawOpen]
            }),
            ("lip gap", RGBColor(30, 140, 80), |pose| {
                lip_gap(&pose.blendshapes)
            }),
            ("eyeBlinkLeft", RGBColor(200, 60, 40), |pose| {
                pose.blendshapes[Shape::EyeBlinkLeft]
            }),
        ],
    ),
    (
        "gaze, degrees",
        &[
            ("pitch", RGBColor(140, 80, 180), |pose| pose.eyes.pitch_deg),
            ("yaw", RGBColor(220, 130, 20), |pose| pose.eyes.yaw_deg),
        ],
    ),
    (
        "head, degrees",
        &[
            ("pitch", RGBColor(140, 80, 180), |pose| pose.head.pitch_deg),
            ("yaw", RGBColor(220, 130, 20), |pose| pose.head.yaw_deg),
            ("roll", RGBColor(30, 140, 80), |pose| pose.head.roll_deg),
        ],
    ),
];
const COLUMNS: usize = 8;

/// What a picture needs, collected on the way: about 3 kB per second at 50 rows per second.
#[derive(Debug)]
pub(super) struct Plot {
    rate: FrameRate,
    strokes: Vec<(f32, f32)>,
    samples: usize,
    rows: Vec<[f32; COLUMNS]>,
    words: Vec<Phone>,
    bars: Vec<Bar>,
}

impl Plot {
    pub(super) fn new(rate: FrameRate) -> Self {
        Self {
            rate,
            strokes: Vec::new(),
            samples: 0,
            rows: Vec::new(),
            words: Vec::new(),
            bars: Vec::new(),
        }
    }

    /// Takes the next sound.
    pub(super) fn hear(&mut self, samples: &[f32]) {
        for sample in samples {
            if self.samples.is_multiple_of(STROKE) {
                self.strokes.push((*sample, *sample));
            }
            if let Some((low, high)) = self.strokes.last_mut() {
                (*low, *high) = (low.min(*sample), high.max(*sample));
            }
            self.samples += 1;
        }
    }

    /// Takes the next pose.
    pub(super) fn see(&mut self, pose: &Pose) {
        let mut row = [0.0; COLUMNS];
        let curves = PANELS.iter().flat_map(|(_, curves)| curves.iter());
        for (cell, (_, _, read)) in row.iter_mut().zip(curves) {
            *cell = read(pose);
        }
        self.rows.push(row);
    }

    pub(super) fn word(&mut self, text: &str, start: MediaTime, end: MediaTime) {
        self.words.push(Phone {
            start: start.as_secs_f64(),
            end: end.as_secs_f64(),
            phone: text.to_owned(),
            // Neighbours get different colours.
            class: (self.words.len() % 5).to_string(),
        });
    }

    pub(super) fn bars(&mut self, bars: &[Bar]) {
        self.bars.extend_from_slice(bars);
    }

    /// Draws everything into a PNG file.
    pub(super) fn write(&self, path: &Path, title: &str, end: MediaTime) -> anyhow::Result<()> {
        let secs = end.as_secs_f64().max(0.1);
        let height = TITLE_HEIGHT + HEIGHTS.iter().sum::<u32>();
        plot::save(path, secs, height, &|root| self.draw(root, title, secs))
    }

    fn draw(&self, root: &Area<'_>, title: &str, secs: f64) -> anyhow::Result<()> {
        root.fill(&WHITE).map_err(drawing)?;
        let (head, mut rest) = root.split_vertically(TITLE_HEIGHT);
        head.draw_text(title, &(FONT, 20).into_text_style(&head), (16, 12))
            .map_err(drawing)?;
        let mut panels = Vec::new();
        for height in HEIGHTS {
            let (panel, below) = rest.split_vertically(height);
            panels.push(panel);
            rest = below;
        }
        let louder = |most: f32, (low, high): &(f32, f32)| most.max(-low).max(*high);
        let peak = f64::from(self.strokes.iter().fold(0.05, louder));
        let mut sound = chart(&panels[0], secs, -BELOW * peak..peak, "sound", "")?;
        draw_sound(
            &mut sound,
            &self.strokes,
            STROKE as f64 / f64::from(SAMPLE_RATE_HZ),
        )?;
        draw_phones(&mut sound, &self.words, peak)?;
        let mut first = 0;
        for (panel, (words, curves)) in panels[1..].iter().zip(PANELS) {
            self.draw_curves(panel, secs, words, curves, first)?;
            first += curves.len();
        }
        self.draw_bars(&panels[4], secs)
    }

    fn draw_curves(
        &self,
        panel: &Area<'_>,
        secs: f64,
        words: &str,
        curves: &[Curve],
        first: usize,
    ) -> anyhow::Result<()> {
        let columns = first..first + curves.len();
        let values = self.rows.iter().flat_map(|row| row[columns.clone()].iter());
        let (low, high) = values.fold((0.0f32, 0.2f32), |(low, high), value| {
            (low.min(*value), high.max(*value))
        });
        let range = f64::from(low) * 1.05..f64::from(high) * 1.05;
        let mut chart = chart(panel, secs, range, words, "")?;
        let step = 1.0 / self.rate.as_f64();
        for (column, (name, colour, _)) in columns.zip(curves) {
            let rows = self.rows.iter().enumerate();
            let points =
                rows.map(|(index, row)| ((index as f64 + 0.5) * step, f64::from(row[column])));
            draw_line(&mut chart, points, name, *colour)?;
        }
        draw_legend(&mut chart)
    }

    /// Gestures: preparation light, from the stroke to the end of the hold dark, retraction light, the stroke a line.
    fn draw_bars(&self, panel: &Area<'_>, secs: f64) -> anyhow::Result<()> {
        let lanes = LANES as f64;
        let mut chart = chart(panel, secs, 0.0..lanes, "gestures", "time, s")?;
        let light = RGBColor(190, 205, 235);
        let dark = RGBColor(90, 130, 210);
        for (index, bar) in self.bars.iter().enumerate() {
            let low = lanes - 1.0 - (index % LANES) as f64 + 0.1;
            let part = |from: MediaTime, to: MediaTime, colour: RGBColor| {
                let corners = [(from.as_secs_f64(), low), (to.as_secs_f64(), low + 0.5)];
                Rectangle::new(corners, colour.filled())
            };
            let parts = [
                part(bar.start, bar.stroke, light),
                part(bar.stroke, bar.held, dark),
                part(bar.held, bar.end, light),
            ];
            chart.draw_series(parts).map_err(drawing)?;
            let stroke = bar.stroke.as_secs_f64();
            let line = vec![(stroke, low - 0.05), (stroke, low + 0.55)];
            let line = PathElement::new(line, RGBColor(200, 60, 40).stroke_width(2));
            chart.draw_series([line]).map_err(drawing)?;
            label(&mut chart, bar, low + 0.85)?;
        }
        Ok(())
    }
}

/// The name of a gesture over its bar.
fn label(chart: &mut Chart<'_>, bar: &Bar, top: f64) -> anyhow::Result<()> {
    let hand = match bar.side {
        "both" | "none" => String::new(),
        side => format!(" ({side})"),
    };
    let style = (FONT, 15).into_text_style(chart.plotting_area());
    let text = Text::new(
        format!("{}{hand}", bar.name),
        (bar.start.as_secs_f64(), top),
        style,
    );
    chart.draw_series([text]).map_err(drawing)?;
    Ok(())
}
