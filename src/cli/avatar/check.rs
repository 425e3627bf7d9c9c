//! `zhubo avatar check`: what is in an avatar, what is missing, what will look wrong, and what to do about it.

use std::path::Path;

use serde::Serialize;
use serde_json::json;

use super::shapes;
use crate::avatar::{Alpha, Avatar, Facts, Material, MouthBy, Outfit, Springs};
use crate::cli::Outcome;
use crate::config::Assets;
use crate::media::{Bone, Shape};

/// More triangles than this take more than two CPU cores have time for.
const MANY_TRIANGLES: usize = 80_000;
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
                println!("{}", report(&avatar)?);
            } else {
                print_table(&args.file, &avatar);
            }
            Ok(())
        }
        Err(error) => {
            let error = anyhow::Error::new(error);
            if args.json {
                println!("{}", failed(&format!("{error:#}"))?);
            }
            Err(error.into())
        }
    }
}

/// What is in the file; `errors` is empty.
fn report(avatar: &Avatar) -> anyhow::Result<serde_json::Value> {
    let mut report = serde_json::to_value(avatar.facts())?;
    let clips: Vec<&str> = avatar.clips().iter().map(|clip| clip.name()).collect();
    report["materials"] = json!(own_materials(avatar));
    report["clips"] = json!(clips);
    report["swings"] = json!(Springs::new(avatar).is_some());
    report["errors"] = json!([]);
    Ok(report)
}

/// The last material is ours, for meshes without one.
fn own_materials(avatar: &Avatar) -> usize {
    avatar.materials.len().saturating_sub(1)
}

/// The report on a file that cannot be read: the same keys.
fn failed(error: &str) -> anyhow::Result<serde_json::Value> {
    let mut report = serde_json::to_value(Facts::default())?;
    report["format"] = json!(null);
    report["materials"] = json!(0);
    report["clips"] = json!([]);
    report["swings"] = json!(false);
    report["errors"] = json!([error]);
    Ok(report)
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

/// Adds a line to the table.
type Add<'a> = dyn FnMut(&'static str, Verdict, String, &'static str) + 'a;

fn findings(avatar: &Avatar) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |what, verdict, found, remedy| {
        findings.push(Finding {
            what,
            verdict,
            found,
            remedy,
        });
    };
    data(avatar, &mut add);
    mouth(avatar, &mut add);
    face(avatar, &mut add);
    body(avatar, &mut add);
    let license = avatar.facts().license.as_ref();
    add(
        "licence",
        license.map_or(Verdict::Note, |_| Verdict::Ok),
        license.map_or("the file does not say".to_owned(), Clone::clone),
        "make sure that you may show it in public and sell with it",
    );
    findings
}

fn grade(good: bool, otherwise: Verdict) -> Verdict {
    if good { Verdict::Ok } else { otherwise }
}

/// Triangles, pictures, materials.
fn data(avatar: &Avatar, add: &mut Add<'_>) {
    let facts = avatar.facts();
    add(
        "size",
        grade(facts.triangles_drawn <= MANY_TRIANGLES, Verdict::Note),
        format!(
            "{} triangles ({} drawn at once), {} vertices, {} joints, {} morph targets",
            facts.triangles,
            facts.triangles_drawn,
            facts.vertices,
            facts.joints,
            facts.morph_targets
        ),
        "without a GPU it will not reach 25 pictures per second: reduce it in an editor",
    );
    let (pictures, largest) = pictures(avatar);
    add(
        "pictures",
        Verdict::Ok,
        format!("{pictures}, the largest side {largest} pixels as used"),
        "",
    );
    let count = |wanted: fn(&Material) -> bool| {
        let own = avatar.materials.iter().take(own_materials(avatar));
        own.filter(|material| wanted(material)).count()
    };
    add(
        "materials",
        Verdict::Ok,
        format!(
            "{}, {} of them MToon, {} see-through",
            own_materials(avatar),
            count(|material| material.toon.is_some()),
            count(|material| material.alpha == Alpha::Blend)
        ),
        "",
    );
}

fn mouth(avatar: &Avatar, add: &mut Add<'_>) {
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
}

/// Clothes, bones, and what swings.
fn body(avatar: &Avatar, add: &mut Add<'_>) {
    let worn = |outfit: &Outfit| format!("{} ({})", outfit.id, outfit.name);
    let outfits: Vec<String> = avatar.outfits().iter().map(worn).collect();
    add(
        "outfits",
        Verdict::Ok,
        if outfits.is_empty() {
            "one, which cannot be exchanged".to_owned()
        } else {
            outfits.join(", ")
        },
        "",
    );
    let has_head = avatar.rig.bone(Bone::Head).is_some();
    add(
        "skeleton",
        grade(has_head, Verdict::Missing),
        format!(
            "{} of 14 bones that move in a show{}",
            avatar.rig.bones.len(),
            if has_head { "" } else { ", no head" }
        ),
        "name the bones as in VRM, Mixamo or Ready Player Me, or in avatar.toml",
    );
    let swings = Springs::new(avatar).is_some();
    add(
        "hair, cloth",
        Verdict::Ok,
        if swings {
            "swing".to_owned()
        } else {
            "do not swing by themselves".to_owned()
        },
        "",
    );
}

/// Lids, shapes and expressions.
fn face(avatar: &Avatar, add: &mut Add<'_>) {
    let works = |shape: Shape| shapes::moves(avatar, shape);
    let both = works(Shape::EyeBlinkLeft) && works(Shape::EyeBlinkRight);
    add(
        "blink",
        if both { Verdict::Ok } else { Verdict::Missing },
        if both {
            "lids close".to_owned()
        } else {
            "the lids do not close".to_owned()
        },
        "add eyeBlinkLeft and eyeBlinkRight or the expression `blink`, or name targets in avatar.toml",
    );
    let gaze = match (
        avatar.rig.left_eye.or(avatar.rig.right_eye),
        works(Shape::EyeLookUpLeft),
    ) {
        (Some(_), _) => "eyes turn by bones",
        (None, true) => "eyes turn by targets",
        (None, false) => "the eyes do not turn",
    };
    add(
        "gaze",
        if gaze.contains("not") {
            Verdict::Note
        } else {
            Verdict::Ok
        },
        gaze.to_owned(),
        "name the eye bones as in VRM, or add eyeLook shapes: without them the head alone looks about",
    );
    let missing: Vec<&str> = Shape::ALL
        .into_iter()
        .filter(|shape| !works(*shape))
        .map(Shape::name)
        .collect();
    let shown = if missing.is_empty() {
        "all 52 show".to_owned()
    } else {
        let named = missing[..missing.len().min(NAMED)].join(", ");
        let more = if missing.len() > NAMED { ", ..." } else { "" };
        format!("{} of 52 show, not {named}{more}", 52 - missing.len())
    };
    add(
        "ARKit",
        if missing.len() < 20 {
            Verdict::Ok
        } else {
            Verdict::Note
        },
        shown,
        "the face works with less, but says less: add the 52 ARKit shapes for the finest lips",
    );
    let list = |names: Vec<&str>| match names.len() {
        0 => "none of its own".to_owned(),
        _ => names.join(", "),
    };
    let expressions = avatar.expressions().iter();
    let expressions = expressions.map(|own| own.name.as_str()).collect();
    add("expressions", Verdict::Ok, list(expressions), "");
    let clips = avatar.clips().iter().map(|clip| clip.name()).collect();
    add("clips", Verdict::Ok, list(clips), "");
}

/// How many pictures are used, and the longest side of the largest one.
fn pictures(avatar: &Avatar) -> (usize, u32) {
    let used = || avatar.images.iter().flatten();
    let side = |picture: &std::sync::Arc<crate::media::Bitmap>| {
        picture.size.width.max(picture.size.height)
    };
    (used().count(), used().map(side).max().unwrap_or(0))
}
