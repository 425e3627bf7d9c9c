//! The main curves of a mouth over its sound, as a picture.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::register_font;

use super::phones::Phone;
use crate::config::Assets;
use crate::lipsync::{MODEL_RATE_HZ, MOUTH_RATE};
use crate::media::{Blendshapes, Shape};

/// Samples behind one stroke of the waveform: 5 ms.
const STROKE: usize = MODEL_RATE_HZ as usize / 200;
/// Width of a picture: this many pixels per second of sound, within limits.
const PIXELS_PER_SEC: f64 = 220.0;
const WIDTHS: [f64; 2] = [1_200.0, 16_000.0];
/// Heights of the panels in pixels: waveform, jaw, rounding, lower lip.
const HEIGHTS: [u32; 4] = [190, 300, 230, 250];
pub(super) const TITLE_HEIGHT: u32 = 44;
/// How far the first panel reaches below the sound, in peaks: there stand the phones.
pub(super) const BELOW: f64 = 1.5;
/// Classes that are drawn grey.
const SILENCE: [&str; 4] = ["", "sil", "pau", "_"];
pub(super) const FONT: &str = "sans-serif";

pub(super) type Chart<'a> =
    ChartContext<'a, BitMapBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
pub(super) type Area<'a> = DrawingArea<BitMapBackend<'a>, plotters::coord::Shift>;

/// A curve: its name, colour and how it is read from a face.
type Curve = (&'static str, RGBColor, fn(&Blendshapes) -> f32);

const JAW: [Curve; 3] = [
    ("jawOpen", RGBColor(31, 90, 180), |face| {
        face[Shape::JawOpen]
    }),
    ("mouthClose", RGBColor(200, 60, 40), |face| {
        face[Shape::MouthClose]
    }),
    ("lip gap", RGBColor(30, 140, 80), lip_gap),
];
const ROUND: [Curve; 2] = [
    ("mouthFunnel", RGBColor(140, 80, 180), |face| {
        face[Shape::MouthFunnel]
    }),
    ("mouthPucker", RGBColor(220, 130, 20), |face| {
        face[Shape::MouthPucker]
    }),
];
const LIP: [Curve; 2] = [
    ("mouthRollLower", RGBColor(180, 40, 120), |face| {
        face[Shape::MouthRollLower]
    }),
    ("mouthPressLeft", RGBColor(90, 100, 110), |face| {
        face[Shape::MouthPressLeft]
    }),
];

/// How far the lips stand apart, without an avatar to measure it on: what opens less what closes. Zero is closed.
pub(super) fn lip_gap(face: &Blendshapes) -> f32 {
    let opens = (face[Shape::JawOpen] - face[Shape::MouthClose]).max(0.0)
        + 0.30 * face[Shape::MouthLowerDownLeft]
        + 0.20 * face[Shape::MouthUpperUpLeft]
        + 0.25 * face[Shape::MouthFunnel];
    let closes = 0.40 * face[Shape::MouthPressLeft]
        + 0.30 * face[Shape::MouthRollLower]
        + 0.15 * face[Shape::MouthRollUpper];
    (opens - closes).max(0.0)
}

/// What a picture needs, collected while the mouth is made: about 2.4 kB per second.
#[derive(Debug, Default)]
pub(super) struct Plot {
    /// Lowest and highest sample of each stroke.
    strokes: Vec<(f32, f32)>,
    samples: usize,
    poses: Vec<[f32; 7]>,
}

impl Plot {
    /// Takes the next sound at 16 kHz.
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

    /// Takes the next poses.
    pub(super) fn see(&mut self, poses: &[Blendshapes]) {
        let curves = || JAW.iter().chain(&ROUND).chain(&LIP);
        self.poses.extend(poses.iter().map(|face| {
            let mut row = [0.0; 7];
            for (cell, (_, _, read)) in row.iter_mut().zip(curves()) {
                *cell = read(face);
            }
            row
        }));
    }

    /// Draws everything into a PNG file.
    pub(super) fn write(&self, path: &Path, title: &str, phones: &[Phone]) -> anyhow::Result<()> {
        let secs = (self.samples as f64 / f64::from(MODEL_RATE_HZ)).max(0.1);
        let height = TITLE_HEIGHT + HEIGHTS.iter().sum::<u32>();
        save(path, secs, height, &|root| {
            self.draw(root, title, secs, phones)
        })
    }

    fn draw(
        &self,
        root: &Area<'_>,
        title: &str,
        secs: f64,
        phones: &[Phone],
    ) -> anyhow::Result<()> {
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
        let peak = self
            .strokes
            .iter()
            .fold(0.05f32, |most, (low, high)| most.max(-low).max(*high));
        let peak = f64::from(peak);
        let mut chart = chart(&panels[0], secs, -BELOW * peak..peak, "sound", "")?;
        let step = STROKE as f64 / f64::from(MODEL_RATE_HZ);
        draw_sound(&mut chart, &self.strokes, step)?;
        draw_phones(&mut chart, phones, peak)?;
        let parts = [
            (&JAW[..], 0, "jaw and lips"),
            (&ROUND, 3, "rounding"),
            (&LIP, 5, "lower lip"),
        ];
        for (panel, (curves, first, words)) in panels[1..].iter().zip(parts) {
            let time = if first == 5 { "time, s" } else { "" };
            self.draw_curves(panel, secs, curves, first, [words, time], phones)?;
        }
        Ok(())
    }

    fn draw_curves(
        &self,
        panel: &Area<'_>,
        secs: f64,
        curves: &[Curve],
        first: usize,
        [words, time]: [&str; 2],
        phones: &[Phone],
    ) -> anyhow::Result<()> {
        let columns = first..first + curves.len();
        let most = self
            .poses
            .iter()
            .flat_map(|row| row[columns.clone()].iter())
            .fold(0.2f32, |most, value| most.max(*value));
        let most = f64::from((most * 10.0).ceil() / 10.0);
        let mut chart = chart(panel, secs, 0.0..most, words, time)?;
        let faint = RGBColor(205, 210, 215).stroke_width(1);
        let edges = phones.iter().flat_map(|phone| [phone.start, phone.end]);
        let edges = edges.map(|at| PathElement::new(vec![(at, 0.0), (at, most)], faint));
        chart.draw_series(edges).map_err(drawing)?;
        let step = 1.0 / MOUTH_RATE.as_f64();
        for (column, (name, colour, _)) in columns.zip(curves) {
            let points = self
                .poses
                .iter()
                .enumerate()
                .map(|(index, row)| ((index as f64 + 0.5) * step, f64::from(row[column])));
            draw_line(&mut chart, points, name, *colour)?;
        }
        draw_legend(&mut chart)
    }
}

/// A waveform of (lowest, highest) samples, each `step` seconds wide.
pub(super) fn draw_sound(
    chart: &mut Chart<'_>,
    strokes: &[(f32, f32)],
    step: f64,
) -> anyhow::Result<()> {
    let colour = RGBColor(110, 130, 150);
    let strokes = strokes.iter().enumerate().map(|(index, (low, high))| {
        let from = (index as f64 * step, f64::from(*low));
        let to = ((index + 1) as f64 * step, f64::from(*high));
        Rectangle::new([from, to], colour.filled())
    });
    chart.draw_series(strokes).map_err(drawing)?;
    Ok(())
}

/// A curve with its name.
pub(super) fn draw_line(
    chart: &mut Chart<'_>,
    points: impl Iterator<Item = (f64, f64)>,
    name: &str,
    colour: RGBColor,
) -> anyhow::Result<()> {
    chart
        .draw_series(LineSeries::new(points, colour.stroke_width(2)))
        .map_err(drawing)?
        .label(name)
        .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 22, y)], colour.stroke_width(3)));
    Ok(())
}

/// The names of the curves.
pub(super) fn draw_legend(chart: &mut Chart<'_>) -> anyhow::Result<()> {
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(180, 180, 180))
        .label_font((FONT, 16))
        .draw()
        .map_err(drawing)
}

/// A panel with its axes.
pub(super) fn chart<'a>(
    panel: &Area<'a>,
    secs: f64,
    range: std::ops::Range<f64>,
    words: &str,
    time: &str,
) -> anyhow::Result<Chart<'a>> {
    let mut chart = ChartBuilder::on(panel)
        .margin_left(10)
        .margin_right(20)
        .margin_top(6)
        .x_label_area_size(if time.is_empty() { 22 } else { 42 })
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..secs, range)
        .map_err(drawing)?;
    let columns = (panel.dim_in_pixel().0 / 80).max(4) as usize;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(RGBColor(228, 231, 235))
        .x_labels(columns)
        .y_labels(5)
        .x_label_formatter(&|secs| format!("{secs:.2}"))
        .y_label_formatter(&|value| format!("{value:.1}"))
        .x_desc(time)
        .y_desc(words)
        .label_style((FONT, 15))
        .axis_desc_style((FONT, 17))
        .draw()
        .map_err(drawing)?;
    Ok(chart)
}

/// Phones as boxes under the waveform, coloured by class.
pub(super) fn draw_phones(
    chart: &mut Chart<'_>,
    phones: &[Phone],
    peak: f64,
) -> anyhow::Result<()> {
    let (low, high) = (-BELOW * peak, -1.08 * peak);
    let pixels_per_sec = {
        let area = chart.plotting_area();
        let (x, _) = area.dim_in_pixel();
        let range = area.get_x_range();
        f64::from(x) / (range.end - range.start)
    };
    let mut classes: Vec<&str> = Vec::new();
    let mut boxes = Vec::new();
    for phone in phones {
        let class = phone.class.as_str();
        let index = classes.iter().position(|known| *known == class);
        let index = index.unwrap_or_else(|| {
            classes.push(class);
            classes.len() - 1
        });
        let colour = if SILENCE.contains(&class) {
            RGBColor(238, 238, 238)
        } else {
            class_colour(index)
        };
        let corners = [(phone.start, low), (phone.end, high)];
        boxes.push(Rectangle::new(corners, colour.filled()));
    }
    chart.draw_series(boxes).map_err(drawing)?;
    let edge = RGBColor(120, 120, 120).stroke_width(1);
    let edges = phones.iter().map(|phone| {
        let corners = [(phone.start, low), (phone.end, high)];
        Rectangle::new(corners, edge)
    });
    chart.draw_series(edges).map_err(drawing)?;
    // A name needs about 9 pixels per letter.
    let named = phones.iter().filter(|phone| {
        (phone.end - phone.start) * pixels_per_sec > 9.0 * phone.phone.chars().count() as f64
    });
    let style = (FONT, 15).into_text_style(chart.plotting_area()).pos(
        plotters::style::text_anchor::Pos::new(
            plotters::style::text_anchor::HPos::Center,
            plotters::style::text_anchor::VPos::Center,
        ),
    );
    let names = named.map(|phone| {
        let middle = (
            f64::midpoint(phone.start, phone.end),
            f64::midpoint(low, high),
        );
        Text::new(phone.phone.clone(), middle, style.clone())
    });
    chart.draw_series(names).map_err(drawing)?;
    Ok(())
}

/// A light colour for the class that is the `index`-th to appear: neighbours differ by the golden angle of the hue circle.
pub(super) fn class_colour(index: usize) -> RGBColor {
    let (r, g, b) = HSLColor((index as f64 * 0.381_966).fract(), 0.65, 0.82).rgb();
    RGBColor(r, g, b)
}

/// Draws a picture as wide as `secs` of sound need, and writes it as PNG.
pub(super) fn save(
    path: &Path,
    secs: f64,
    height: u32,
    draw: &dyn Fn(&Area<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    use_font()?;
    let width = (secs * PIXELS_PER_SEC).clamp(WIDTHS[0], WIDTHS[1]) as u32;
    let mut pixels = vec![0; width as usize * height as usize * 3];
    {
        let root = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        draw(&root).and_then(|()| root.present().map_err(drawing))?;
    }
    image::save_buffer_with_format(
        path,
        &pixels,
        width,
        height,
        image::ExtendedColorType::Rgb8,
        image::ImageFormat::Png,
    )
    .with_context(|| format!("write {}", path.display()))
}

/// Makes the font that the pictures of the host use known to the drawing library.
fn use_font() -> anyhow::Result<()> {
    let assets = Assets::from_environment();
    let path = assets
        .font_path()
        .ok_or(crate::scene::FontError::NoFont)
        .context("label the plot")?;
    let bytes = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
    // The library wants a font that lives for ever; a program draws one plot and ends.
    register_font(FONT, FontStyle::Normal, bytes.leak())
        .map_err(|_unnamed| anyhow!("the font {} cannot be used for plots", path.display()))
}

pub(super) fn drawing(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("draw the plot: {error}")
}
