//! `zhubo avatar check`: what is in an avatar, what is missing, what will look wrong, and what to do about it.

use std::path::Path;

use serde::Serialize;
use serde_json::json;

use crate::avatar::{Alpha, Avatar, MouthBy};
use crate::cli::Outcome;
use crate::config::Assets;
use crate::media::{Bone, Shape};

/// More triangles than this take more than two CPU cores have time for.
const MANY_TRIANGLES: usize = 80_000;
/// The longest side of a picture that a bust 1280 pixels tall can show.
const LARGE_PICTURE: u32 = 4096;
/// So many shapes are named when some are missing.
const NAMED: usize = 6;

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit code 1 when the avatar cannot be used.
Examples:
  zhubo avatar check host.vrm
  zhubo avatar check host.glb --json")]
pub(super) struct Args {
    /// A GLB or VRM file, a folder or document of an avatar, or the name of a built-in host.
    file: String,
    /// The result as JSON on stdout.
    #[arg(long)]
    json: bool,
}

/// How one finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Verdict {
    Ok,
    /// Something is worse than it could be.
    Note,
    /// Something that a viewer sees is missing.
    Missing,
}

/// One line of the table.
struct Finding {
    what: &'static str,
    verdict: Verdict,
    found: String,
    /// What to do about it.
    remedy: &'static str,
}

pub(super) fn run(args: &Args) -> Outcome {
    let assets = Assets::from_environment();
    match assets.avatar(&args.file, Path::new("")) {
        Ok(avatar) => {
            if args.json {
                println!("{}", report(&avatar));
            } else {
                print_table(&args.file, &avatar);
            }
            Ok(())
        }
        Err(error) => {
            let error = anyhow::Error::new(error);
            if args.json {
                println!("{}", failed(&format!("{error:#}")));
            }
            Err(error.into())
        }
    }
}

fn report(avatar: &Avatar) -> serde_json::Value {
    let facts = avatar.facts();
    let names: Vec<&str> = avatar
        .expressions()
        .iter()
        .map(|expression| expression.name.as_str())
        .collect();
    let by = avatar.mouth().by;
    json!({
        "format": facts.format,
        "vrm_version": facts.vrm_version,
        "triangles": facts.triangles,
        "vertices": facts.vertices,
        "joints": facts.joints,
        "morph_targets": facts.morph_targets,
        "arkit_shapes": facts.arkit_shapes,
        "expressions": names,
        "mouth": {"works": by != MouthBy::Nothing, "by": by.describe()},
        "materials": avatar.materials.len(),
        "warnings": facts.warnings,
        "errors": [],
    })
}

/// The report on a file that cannot be read: the same keys.
fn failed(error: &str) -> serde_json::Value {
    json!({
        "format": null,
        "vrm_version": null,
        "triangles": 0,
        "vertices": 0,
        "joints": 0,
        "morph_targets": 0,
        "arkit_shapes": 0,
        "expressions": [],
        "mouth": {"works": false, "by": null},
        "materials": 0,
        "license": null,
        "warnings": [],
        "errors": [error],
    })
}

fn print_table(name: &str, avatar: &Avatar) {
    let facts = avatar.facts();
    let version = facts
        .vrm_version
        .as_ref()
        .map_or(String::new(), |version| format!(", VRM {version}"));
    println!("{name}: {}{version}", facts.format);
    let findings = findings(avatar);
    let width = findings.iter().map(|f| f.what.len()).max().unwrap_or(0);
    for finding in &findings {
        let mark = match finding.verdict {
            Verdict::Ok => "ok  ",
            Verdict::Note => "note",
            Verdict::Missing => "miss",
        };
        println!("  {mark}  {:width$}  {}", finding.what, finding.found);
        if finding.verdict != Verdict::Ok && !finding.remedy.is_empty() {
            println!("        {:width$}  -> {}", "", finding.remedy);
        }
    }
    if !facts.warnings.is_empty() {
        println!("\nWill look otherwise than its maker meant, or is worth knowing:");
        for warning in &facts.warnings {
            println!("  - {warning}");
        }
    }
    println!("\nLook at it: zhubo avatar render {name} -o look.png --sheet faces.png");
}

fn findings(avatar: &Avatar) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |what, verdict, found: String, remedy| {
        findings.push(Finding {
            what,
            verdict,
            found,
            remedy,
        });
    };
    let grade = |good: bool, otherwise| if good { Verdict::Ok } else { otherwise };
    let facts = avatar.facts();
    add(
        "size",
        grade(facts.triangles <= MANY_TRIANGLES, Verdict::Note),
        format!(
            "{} triangles, {} vertices, {} joints, {} morph targets",
            facts.triangles, facts.vertices, facts.joints, facts.morph_targets
        ),
        "without a GPU it will not reach 25 pictures per second: reduce it in an editor",
    );
    let (pictures, largest) = pictures(avatar);
    add(
        "pictures",
        grade(largest <= LARGE_PICTURE, Verdict::Note),
        format!("{pictures}, the largest side {largest} pixels"),
        "larger pictures cost memory and loading time only: 2048 pixels are enough",
    );
    let blended = avatar
        .materials
        .iter()
        .filter(|material| material.alpha == Alpha::Blend)
        .count();
    let toon = avatar
        .materials
        .iter()
        .filter(|material| material.toon.is_some())
        .count();
    add(
        "materials",
        Verdict::Ok,
        // The last one is ours, for meshes without a material.
        format!(
            "{}, {toon} of them MToon, {blended} see-through",
            avatar.materials.len().saturating_sub(1)
        ),
        "",
    );
    let by = avatar.mouth().by;
    add(
        "mouth",
        match by {
            MouthBy::Nothing => Verdict::Missing,
            MouthBy::Bone => Verdict::Note,
            _ => Verdict::Ok,
        },
        format!("moved by {}", by.describe()),
        "add ARKit shapes, visemes or the vowels aa ih ou ee oh to the face, or name targets in avatar.toml",
    );
    face(avatar, &mut add);
    let has = |bone| avatar.rig.bone(bone).is_some();
    add(
        "skeleton",
        grade(has(Bone::Head), Verdict::Missing),
        format!(
            "{} of 14 bones that move in a show{}",
            avatar.rig.bones.len(),
            if has(Bone::Head) { "" } else { ", no head" }
        ),
        "name the bones as in VRM, Mixamo or Ready Player Me, or in avatar.toml",
    );
    findings
}

/// Lids, eyes, shapes and expressions.
fn face(avatar: &Avatar, add: &mut impl FnMut(&'static str, Verdict, String, &'static str)) {
    let moving = |shape: Shape| {
        let mut targets = avatar.meshes.iter().flat_map(|mesh| &mesh.targets);
        targets.any(|target| target.shape == Some(shape) && !target.deltas.is_empty())
    };
    let missing: Vec<&str> = Shape::ALL
        .into_iter()
        .filter(|shape| !moving(*shape))
        .map(Shape::name)
        .collect();
    let arkit = if missing.is_empty() {
        "all 52".to_owned()
    } else {
        let named = missing[..missing.len().min(NAMED)].join(", ");
        let more = if missing.len() > NAMED { ", ..." } else { "" };
        format!("{} of 52, without {named}{more}", 52 - missing.len())
    };
    add(
        "ARKit",
        if missing.len() < 20 {
            Verdict::Ok
        } else {
            Verdict::Note
        },
        arkit,
        "the face works with less, but says less: add the 52 ARKit shapes for the finest lips",
    );
    let names: Vec<&str> = avatar
        .expressions()
        .iter()
        .map(|expression| expression.name.as_str())
        .collect();
    add(
        "expressions",
        Verdict::Ok,
        if names.is_empty() {
            "none of its own".to_owned()
        } else {
            names.join(", ")
        },
        "",
    );
}

/// How many pictures are used, and the longest side of the largest one.
fn pictures(avatar: &Avatar) -> (usize, u32) {
    let used = || avatar.images.iter().flatten();
    let side = |picture: &std::sync::Arc<crate::media::Bitmap>| {
        picture.size.width.max(picture.size.height)
    };
    (used().count(), used().map(side).max().unwrap_or(0))
}
