//! From a document to what the engine needs: the part that rooms, films and benchmarks share.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use glam::Vec3;

use super::{Failure, lipsync_failure, usage};
use crate::avatar::{Avatar, Outfit};
use crate::config::{
    Assets, Captions, CoHostSection, GesturesSection, HostSection, LabelSection, LipSyncSection,
    PictureQuality, PictureSection, RoomDocument, SpotDocument, VoiceSection,
};
use crate::encode::H264Options;
use crate::engine::{CoHost, RoomHandle, ShowOptions};
use crate::lipsync::{Device, LipSync, LipSyncOptions, Style};
use crate::media::{HostId, MediaTime};
use crate::motion::{Gesture, Library};
use crate::output::AudioCodec;
use crate::remote::SpeechServer;
use crate::render::{Gpu, Quality};
use crate::scene::{Camera, HostPlacement, Scene, SceneOptions, Subject};
use crate::voice::{SynthesisContext, VoiceChoice};

/// Two hosts stand so far apart, metres, and turn so far inwards, degrees.
const APART_M: f32 = 0.46;
const INWARDS_DEG: f32 = 8.0;

/// The sections of a document, whichever kind it is.
pub(super) struct Parts<'a> {
    pub name: &'a str,
    pub path: &'a Path,
    pub seed: u64,
    pub host: &'a HostSection,
    pub co_host: Option<&'a CoHostSection>,
    pub gestures: &'a GesturesSection,
    pub voice: &'a VoiceSection,
    pub picture: &'a PictureSection,
    pub captions: Captions,
    pub label: &'a LabelSection,
    pub lipsync: &'a LipSyncSection,
}

impl<'a> From<&'a RoomDocument> for Parts<'a> {
    fn from(room: &'a RoomDocument) -> Self {
        Self {
            name: &room.id,
            path: &room.path,
            seed: room.seed,
            host: &room.host,
            co_host: room.co_host.as_ref(),
            gestures: &room.gestures,
            voice: &room.voice,
            picture: &room.picture,
            captions: room.captions,
            label: &room.label,
            lipsync: &room.lipsync,
        }
    }
}

impl<'a> From<&'a SpotDocument> for Parts<'a> {
    fn from(spot: &'a SpotDocument) -> Self {
        Self {
            name: "spot",
            path: &spot.path,
            seed: spot.seed,
            host: &spot.host,
            co_host: spot.co_host.as_ref(),
            gestures: &spot.gestures,
            voice: &spot.voice,
            picture: &spot.picture,
            captions: spot.captions,
            label: &spot.label,
            lipsync: &spot.lipsync,
        }
    }
}

/// Live or film: what differs before the engine starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Live,
    Film,
}

/// Loads everything a document names.
pub(super) fn prepare(
    parts: &Parts<'_>,
    kind: Kind,
    assets: &Assets,
    gpu: Arc<Gpu>,
) -> Result<ShowOptions, Failure> {
    let voices = voices(parts.voice).map_err(usage)?;
    let cast = cast(parts, assets)?;
    let scene = scene(parts, &cast, assets)?;
    let gestures = gestures(parts, assets)?;
    let lipsync = lipsync(parts.lipsync, parts.path).map_err(usage)?;
    check(&lipsync)?;
    let size = parts.picture.size;
    let mut h264 = match kind {
        Kind::Live => H264Options::live(size, parts.picture.fps),
        Kind::Film => H264Options::film(size, parts.picture.fps),
    };
    h264.bitrate_bps = parts.picture.bitrate_bps.unwrap_or(h264.bitrate_bps);
    Ok(ShowOptions {
        name: parts.name.to_owned(),
        rate: parts.picture.fps,
        hosts: cast
            .iter()
            .map(|member| (member.id.clone(), Arc::clone(&member.avatar)))
            .collect(),
        gestures,
        seed: parts.seed,
        scene,
        voices,
        co_hosts: co_hosts(parts)?,
        synthesis: synthesis(parts.voice).map_err(usage)?,
        lipsync,
        input: None,
        gpu,
        quality: match parts.picture.quality {
            PictureQuality::Auto => Quality::Auto,
            PictureQuality::Cpu => Quality::Cpu,
            PictureQuality::Gpu => Quality::Gpu,
        },
        h264,
        audio: match kind {
            Kind::Live => AudioCodec::Opus,
            Kind::Film => AudioCodec::Pcm,
        },
        test_pattern: false,
        lead: MediaTime::ZERO,
    })
}

/// The door of a room or film whose host wears what the document says, and which knows hosts and gestures by name.
pub(super) fn dressed(door: RoomHandle, options: &ShowOptions, host: &HostSection) -> RoomHandle {
    let hosts = options.hosts.iter().map(|(host, _)| host.clone());
    let door = door.with_cast(hosts, options.gestures.iter().map(Gesture::names));
    let Some((_, avatar)) = options.hosts.first() else {
        return door;
    };
    let worn = avatar.outfit(host.outfit.as_deref());
    door.with_outfits(avatar.outfits(), worn)
}

/// One of those who stand in the picture.
struct Member {
    id: HostId,
    avatar: Arc<Avatar>,
    /// The place of what is worn in the avatar's list.
    outfit: usize,
}

/// Loads who stands in the picture, from left to right as the host sees it: the first, and who is beside.
fn cast(parts: &Parts<'_>, assets: &Assets) -> Result<Vec<Member>, Failure> {
    let load = |name: &str| assets.avatar(name, parts.path).map(Arc::new).map_err(usage);
    let avatar = load(&parts.host.avatar)?;
    let outfit = parts.host.worn(&avatar, parts.path).map_err(usage)?;
    let mut cast = vec![Member {
        id: HostId::new(&parts.host.id),
        avatar,
        outfit,
    }];
    if let Some(co) = parts.co_host {
        let avatar = load(&co.avatar)?;
        let outfit = match &co.outfit {
            Some(id) => Outfit::find(avatar.outfits(), id)
                .context("co_host.outfit")
                .map_err(usage)?,
            None => 0,
        };
        cast.push(Member {
            id: HostId::new(&co.id),
            avatar,
            outfit,
        });
    }
    Ok(cast)
}

/// What is different about the second host.
fn co_hosts(parts: &Parts<'_>) -> Result<BTreeMap<HostId, CoHost>, Failure> {
    let mut co_hosts = BTreeMap::new();
    if let Some(co) = parts.co_host {
        let voices = co.voice.as_ref().map(|own| {
            voices(&VoiceSection {
                default: own.default.clone(),
                zh: own.zh.clone(),
                en: own.en.clone(),
                ..parts.voice.clone()
            })
        });
        let co_host = CoHost {
            voices: voices.transpose().context("co_host.voice").map_err(usage)?,
            outfit: co.outfit.clone(),
        };
        co_hosts.insert(HostId::new(&co.id), co_host);
    }
    Ok(co_hosts)
}

/// What hosts can do with their hands.
fn gestures(parts: &Parts<'_>, assets: &Assets) -> Result<Arc<Library>, Failure> {
    let folder = parts.gestures.folder.as_ref();
    let folder = folder.map(|folder| parts.path.parent().unwrap_or(Path::new("")).join(folder));
    let library = assets.gestures(folder.as_deref()).map_err(usage)?;
    Ok(Arc::new(library))
}

/// Where they stand: one alone in the middle; two side by side, turned a little towards each other.
fn placements(cast: &[Member]) -> Vec<HostPlacement> {
    let middle = (cast.len() as f32 - 1.0) / 2.0;
    let place = |(index, member): (usize, &Member)| {
        let aside = index as f32 - middle;
        HostPlacement {
            host: member.id.clone(),
            position: Vec3::new(APART_M * aside, 0.0, 0.0),
            yaw_deg: -2.0 * INWARDS_DEG * aside,
        }
    };
    cast.iter().enumerate().map(place).collect()
}

fn scene(parts: &Parts<'_>, cast: &[Member], assets: &Assets) -> Result<Scene, Failure> {
    let size = parts.picture.size;
    let background = assets
        .background(&parts.picture.background, parts.path, size)
        .map_err(usage)?;
    let label = parts
        .label
        .words()
        .map_err(anyhow::Error::msg)
        .map_err(usage)?;
    if let Some(reason) = &parts.label.off_because {
        tracing::warn!("{}: no AI label, reason given: {reason}", parts.name);
    }
    let fonts = match assets.fonts() {
        Ok(fonts) => Some(fonts),
        // The label is the law: without a font there is none, so nothing is shown.
        Err(error) if label.is_some() => {
            return Err(anyhow::Error::new(error)
                .context("draw the AI label")
                .into());
        }
        Err(_) => None,
    };
    let hosts = placements(cast);
    let subjects = cast.iter().zip(&hosts).map(|(member, placement)| {
        let landmarks = member.avatar.landmarks_in(member.outfit);
        (Subject::from(landmarks), placement.position)
    });
    let subjects: Vec<(Subject, Vec3)> = subjects.collect();
    let camera = match &subjects[..] {
        [(alone, _)] => Camera::framed(parts.host.framing, alone, size),
        several => Camera::framed_all(parts.host.framing, several, size),
    };
    let options = SceneOptions {
        size,
        camera,
        background,
        look: parts.picture.look(),
        hosts,
        card: parts.picture.card,
        label,
        captions: parts.captions == Captions::On,
    };
    Ok(Scene::new(options, fonts))
}

/// The voices of a document.
pub(super) fn voices(section: &VoiceSection) -> anyhow::Result<VoiceChoice> {
    let VoiceSection {
        default, zh, en, ..
    } = section;
    Ok(VoiceChoice::new(
        default,
        zh.as_deref(),
        en.as_deref(),
        server(section)?,
    )?)
}

/// The limits of a document's voices.
pub(super) fn synthesis(section: &VoiceSection) -> anyhow::Result<SynthesisContext> {
    let time_limit = Duration::from_secs(u64::from(section.deadline_secs.clamp(1, 600)));
    Ok(SynthesisContext {
        time_limit,
        server: server(section)?,
        ..SynthesisContext::default()
    })
}

fn server(section: &VoiceSection) -> anyhow::Result<SpeechServer> {
    let openai = &section.openai;
    Ok(SpeechServer {
        base_url: openai.base_url.clone(),
        model: openai.model.clone(),
        format: openai
            .format
            .parse()
            .map_err(anyhow::Error::msg)
            .context("voice.openai.format")?,
        speed: openai.speed,
        key_env: openai.key_env.clone(),
        timestamps: openai
            .timestamps
            .parse()
            .map_err(anyhow::Error::msg)
            .context("voice.openai.timestamps")?,
        ..SpeechServer::default()
    })
}

/// A wish that cannot be met ends here, not in a mouth that follows loudness.
fn check(lipsync: &LipSyncOptions) -> Result<(), Failure> {
    let wish = lipsync.device != Device::Auto;
    if !wish && lipsync.model.is_none() {
        return Ok(());
    }
    match LipSync::open(lipsync) {
        Err(error) if wish || error.is_in_a_file() => Err(lipsync_failure(error)),
        _ => Ok(()),
    }
}

/// The lip-sync model of a document; paths in it start at the document's folder.
pub(super) fn lipsync(section: &LipSyncSection, document: &Path) -> anyhow::Result<LipSyncOptions> {
    let folder = document.parent().unwrap_or(Path::new(""));
    let style = section
        .style
        .as_deref()
        .map(str::parse::<Style>)
        .transpose()?;
    let device = section
        .device
        .as_deref()
        .map(str::parse::<Device>)
        .transpose()
        .context("lipsync.device")?;
    let source = section.source.as_deref().map(str::parse).transpose()?;
    Ok(LipSyncOptions {
        model: section.model.as_ref().map(|path| folder.join(path)),
        runtime_path: section.runtime.clone(),
        style: style.unwrap_or_default(),
        device: device.unwrap_or_default(),
        identity: section.identity.clone(),
        source: source.unwrap_or_default(),
    })
}
