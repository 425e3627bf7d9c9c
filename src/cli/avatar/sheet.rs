//! Sheets of everything a host can show: views, visemes, feelings, a blink, each ARKit shape and each expression of the
//! file, half and whole figures in every outfit, all gestures. One PNG, or one for each section in a folder.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use super::gesture::Gesturing;
use super::paper::Paper;
use super::render::{Framed, Order};
use super::shapes;
use super::studio::{self, Studio};
use crate::avatar::Avatar;
use crate::cli::{Failure, Outcome, usage};
use crate::config::Assets;
use crate::lipsync;
use crate::media::{Blendshapes, Pose, Shape, Size};
use crate::render::Output;
use crate::scene::Fonts;

/// One face, where the command line does not say.
const CELL: Size = Size::new(300, 360);
/// How much higher than a face a figure is, as a fraction.
const FIGURE: [u32; 2] = [5, 3];
/// Sides of the host and the turn that shows them: its left side after a turn to its right.
const VIEWS: [(&str, f32); 5] = [
    ("right profile", 90.0),
    ("right three-quarter", 40.0),
    ("front", 0.0),
    ("left three-quarter", -40.0),
    ("left profile", -90.0),
];
/// The feelings that VRM knows, and the face without any.
const FEELINGS: [&str; 6] = ["neutral", "happy", "angry", "sad", "relaxed", "surprised"];
/// How far lids are closed in a blink.
const BLINK: [f32; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// One picture of the sheet.
struct Shot {
    name: String,
    /// Whether the file has anything that moves.
    works: bool,
    pose: Pose,
    yaw_deg: f32,
}

/// Pictures of one kind.
struct Section {
    /// The heading.
    title: &'static str,
    /// The PNG in a folder.
    file: &'static str,
    framed: Framed,
    cell: Size,
    shots: Vec<Shot>,
}

/// Draws the sheets; `gestures` is a folder with more of them.
pub(super) fn draw(
    order: &Order,
    assets: &Assets,
    gestures: Option<&Path>,
    path: &Path,
) -> Outcome {
    let mut sections = sections(order)?;
    sections.push(gesture_section(order, gestures, assets).map_err(usage)?);
    let mut fonts = match assets.fonts() {
        Ok(fonts) => Some(fonts),
        Err(error) => {
            tracing::warn!("the pictures have no names: {error}");
            None
        }
    };
    let is_picture = |ending: &std::ffi::OsStr| ending.eq_ignore_ascii_case("png");
    let papers: Vec<(PathBuf, &[Section])> = if path.extension().is_some_and(is_picture) {
        vec![(path.to_owned(), &sections)]
    } else {
        let each = sections.chunks(1);
        each.map(|one| (path.join(one[0].file), one)).collect()
    };
    let bar = ProgressBar::new(sections.iter().map(|own| own.shots.len() as u64).sum());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} picture {pos}/{len}  {msg}") {
        bar.set_style(style);
    }
    for (path, sections) in &papers {
        let paper = fill(order, sections, fonts.as_mut(), &bar)?;
        studio::save(&paper.bitmap.rgba, paper.bitmap.size, path)?;
    }
    bar.finish_and_clear();
    for (path, sections) in &papers {
        let shots = || sections.iter().flat_map(|section| &section.shots);
        println!(
            "{}: {} pictures, {} of them with something that moves",
            path.display(),
            shots().count(),
            shots().filter(|shot| shot.works).count()
        );
    }
    Ok(())
}

/// Draws some sections onto one paper.
fn fill(
    order: &Order,
    sections: &[Section],
    mut fonts: Option<&mut Fonts>,
    bar: &ProgressBar,
) -> Result<Paper, Failure> {
    let sizes: Vec<_> = sections
        .iter()
        .map(|own| (own.cell, own.shots.len()))
        .collect();
    let mut paper = Paper::new(&sizes);
    let mut before: Option<(Framed, Studio)> = None;
    for (place, section) in sections.iter().enumerate() {
        let kept = before
            .take()
            .filter(|(framed, _)| *framed == section.framed);
        let mut studio = match kept {
            Some((_, studio)) => studio,
            None => order.studio_of(section.cell, section.framed, Output::Rgba)?,
        };
        if let Some(fonts) = &mut fonts {
            paper.head(place, section.title, fonts);
        }
        for (index, shot) in section.shots.iter().enumerate() {
            bar.set_message(shot.name.clone());
            let frame = studio.draw(shot.pose.clone(), order.yaw_deg + shot.yaw_deg, order.at)?;
            paper.put(place, index, studio::pixels(&frame)?);
            if let Some(fonts) = &mut fonts {
                paper.name(place, index, &shot.name, shot.works, fonts);
            }
            bar.inc(1);
        }
        before = Some((section.framed, studio));
    }
    Ok(paper)
}

fn sections(order: &Order) -> anyhow::Result<Vec<Section>> {
    let cell = order.size(CELL);
    let [more, than] = FIGURE;
    let figure = Size::new(cell.width, cell.height * more / than);
    let rest = order.held_pose(studio::host());
    let avatar = &order.avatar;
    let faces = |title, file, shots| Section {
        title,
        file,
        framed: Framed::Features,
        cell,
        shots,
    };
    Ok(vec![
        Section {
            framed: Framed::Face,
            ..faces("Views", "views.png", views(&rest))
        },
        faces("Visemes", "visemes.png", visemes(avatar, &rest)?),
        faces("Feelings", "feelings.png", feelings(avatar, &rest)),
        faces("Blink", "blink.png", blink(avatar, &rest)),
        faces("ARKit shapes", "shapes.png", arkit(avatar, &rest)),
        faces(
            "Expressions of the file",
            "expressions.png",
            expressions(avatar, &rest),
        ),
        Section {
            framed: Framed::Half,
            cell: figure,
            ..faces(
                "Half figure",
                "half.png",
                outfits(order, &rest, &[0.0, -40.0]),
            )
        },
        Section {
            framed: Framed::Full,
            cell: figure,
            ..faces(
                "Whole figure",
                "full.png",
                outfits(order, &rest, &[0.0, -90.0, 180.0]),
            )
        },
    ]
    .into_iter()
    .filter(|section| !section.shots.is_empty())
    .collect())
}

impl Shot {
    fn still(name: &str, pose: Pose) -> Self {
        Self {
            name: name.to_owned(),
            works: true,
            pose,
            yaw_deg: 0.0,
        }
    }

    /// `face` on top of `rest`; it works when it moves anything that `base` does not.
    fn face(avatar: &Avatar, rest: &Pose, name: &str, face: &Blendshapes, base: &Pose) -> Self {
        let mut shot = Self::still(name, rest.clone());
        for (own, wanted) in shot.pose.blendshapes.0.iter_mut().zip(face.0) {
            *own = own.max(wanted);
        }
        shot.works = shapes::differ(avatar, &shot.pose, base);
        shot
    }
}

fn views(rest: &Pose) -> Vec<Shot> {
    let view = |(name, yaw_deg): (&str, f32)| Shot {
        yaw_deg,
        ..Shot::still(name, rest.clone())
    };
    VIEWS.map(view).into()
}

fn visemes(avatar: &Avatar, rest: &Pose) -> anyhow::Result<Vec<Shot>> {
    let faces = lipsync::viseme_faces()?;
    let mut shots: Vec<Shot> = faces
        .iter()
        .map(|(name, face)| Shot::face(avatar, rest, name, face, rest))
        .collect();
    // Silence is the face at rest.
    shots[0].works = true;
    Ok(shots)
}

/// An expression of the file fully on.
fn expressed(avatar: &Avatar, rest: &Pose, name: &str) -> Shot {
    let mut shot = Shot::still(name, rest.clone());
    shot.pose.expressions.push((name.into(), 1.0));
    let own = avatar.expressions().iter().find(|own| own.name == name);
    shot.works = own.is_some_and(|own| !own.targets.is_empty() || !own.materials.is_empty());
    shot
}

fn feelings(avatar: &Avatar, rest: &Pose) -> Vec<Shot> {
    let mut shots: Vec<Shot> = FEELINGS
        .iter()
        .map(|name| expressed(avatar, rest, name))
        .collect();
    shots[0].works = true;
    shots
}

fn expressions(avatar: &Avatar, rest: &Pose) -> Vec<Shot> {
    let own = avatar.expressions().iter().map(|own| own.name.as_str());
    // Many files have one for each shape, under its name.
    own.filter(|name| !FEELINGS.contains(name) && Shape::from_name(name).is_none())
        .map(|name| expressed(avatar, rest, name))
        .collect()
}

fn blink(avatar: &Avatar, rest: &Pose) -> Vec<Shot> {
    BLINK
        .iter()
        .map(|closed| {
            let mut face = Blendshapes::default();
            face[Shape::EyeBlinkLeft] = *closed;
            face[Shape::EyeBlinkRight] = *closed;
            let mut shot = Shot::face(avatar, rest, &format!("{closed}"), &face, rest);
            shot.works |= *closed == 0.0;
            shot
        })
        .collect()
}

fn arkit(avatar: &Avatar, rest: &Pose) -> Vec<Shot> {
    let shot = |shape: Shape| {
        let mut face = Blendshapes::default();
        let mut base = rest.clone();
        // Lips close over an open jaw only.
        if shape == Shape::MouthClose {
            face[Shape::JawOpen] = 1.0;
            base.blendshapes[Shape::JawOpen] = 1.0;
        }
        face[shape] = 1.0;
        Shot::face(avatar, rest, shape.name(), &face, &base)
    };
    Shape::ALL.map(shot).into()
}

/// Every gesture at its stroke.
fn gesture_section(
    order: &Order,
    folder: Option<&Path>,
    assets: &Assets,
) -> anyhow::Result<Section> {
    let [more, than] = FIGURE;
    let cell = order.size(CELL);
    let all = Gesturing::all(folder, assets)?;
    let shots = all.iter().map(|(name, gesture)| {
        let pose = order.gesturing(gesture, studio::host());
        Shot::still(name, pose)
    });
    Ok(Section {
        title: "Gestures",
        file: "gestures.png",
        framed: Framed::Half,
        cell: Size::new(cell.width, cell.height * more / than),
        shots: shots.collect(),
    })
}

/// The host in every outfit, each turned by all of `turns_deg`.
fn outfits(order: &Order, rest: &Pose, turns_deg: &[f32]) -> Vec<Shot> {
    let outfits = order.avatar.outfits();
    let mut shots = Vec::new();
    for place in 0..outfits.len().max(1) {
        let worn = outfits.get(place);
        for yaw_deg in turns_deg {
            let turned = format!("{yaw_deg:.0}°");
            let name = worn.map_or(turned.clone(), |worn| format!("{}, {turned}", worn.name));
            let mut shot = Shot::still(&name, rest.clone());
            shot.pose.outfit = worn.map(|worn| worn.id.as_str().into());
            shot.yaw_deg = *yaw_deg;
            shots.push(shot);
        }
    }
    shots
}
