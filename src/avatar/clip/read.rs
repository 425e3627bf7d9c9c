//! glTF animations as tracks. What is broken or too much is left out with a warning; it never costs the avatar.

use std::collections::BTreeMap;
use std::sync::Arc;

use gltf::accessor::Dimensions;
use gltf::animation::Interpolation;

pub(super) use gltf::animation::Property;

use super::track::{Between, Track};
use crate::avatar::file::accessor::Reader;

/// The most animations of a file, and the most channels of all of them.
const MAX_CLIPS: usize = 256;
const MAX_CHANNELS: usize = 20_000;
/// So many broken channels are told one by one.
const MAX_WARNINGS: usize = 8;
/// The most numbers that are kept of a file's animations: 16 MB, an hour of a humanoid at 30 frames per second.
const MAX_NUMBERS: usize = 4_000_000;

/// One animation of a file.
pub(super) struct Animation {
    pub(super) name: String,
    pub(super) channels: Vec<Channel>,
}

/// One property of one node over time.
pub(super) struct Channel {
    pub(super) node: usize,
    pub(super) property: Property,
    pub(super) track: Track,
}

/// What has been read so far.
struct Reading<'a, 'b> {
    reader: &'a Reader<'b>,
    times: BTreeMap<usize, Arc<[f32]>>,
    numbers_left: usize,
}

/// The animations of a file, without those that hold nothing.
pub(super) fn animations(
    document: &gltf::Document,
    reader: &Reader<'_>,
    warnings: &mut Vec<String>,
) -> Vec<Animation> {
    let mut reading = Reading {
        reader,
        times: BTreeMap::new(),
        numbers_left: MAX_NUMBERS,
    };
    let mut found = Vec::new();
    let mut broken = Vec::new();
    let mut channels_left = MAX_CHANNELS;
    for animation in document.animations().take(MAX_CLIPS) {
        let name = match animation.name() {
            Some(name) if !name.is_empty() => name.chars().take(64).collect(),
            _ => format!("animation {}", animation.index()),
        };
        let mut channels = Vec::new();
        for channel in animation.channels().take(channels_left) {
            let (node, property) = (channel.target().node().index(), channel.target().property());
            match reading.track(&channel) {
                Ok(track) => channels.push(Channel {
                    node,
                    property,
                    track,
                }),
                Err(what) => broken.push(format!(
                    "animation `{name}`: what moves node {node} was left out: {what}"
                )),
            }
        }
        channels_left -= channels.len();
        if !channels.is_empty() {
            found.push(Animation { name, channels });
        }
    }
    let more = broken.len().saturating_sub(MAX_WARNINGS);
    warnings.extend(broken.into_iter().take(MAX_WARNINGS));
    if more > 0 {
        warnings.push(format!("{more} more channels of animations were left out"));
    }
    if document.animations().count() > MAX_CLIPS || channels_left == 0 {
        warnings.push(format!(
            "more than {MAX_CLIPS} animations or {MAX_CHANNELS} channels: the rest was left out"
        ));
    }
    found
}

impl Reading<'_, '_> {
    fn track(&mut self, channel: &gltf::animation::Channel<'_>) -> Result<Track, String> {
        let sampler = channel.sampler();
        let times = self.times(&sampler.input())?;
        let output = sampler.output();
        let between = match sampler.interpolation() {
            Interpolation::Step => Between::Step,
            Interpolation::Linear => Between::Linear,
            Interpolation::CubicSpline => Between::Cubic,
        };
        let rows = times.len() * if between == Between::Cubic { 3 } else { 1 };
        let (wanted, width) = match channel.target().property() {
            Property::Translation | Property::Scale => (Dimensions::Vec3, 3),
            Property::Rotation => (Dimensions::Vec4, 4),
            Property::MorphTargetWeights => (Dimensions::Scalar, output.count() / rows.max(1)),
        };
        if output.dimensions() != wanted {
            return Err("its values have the wrong type".into());
        }
        self.spend(output.count().saturating_mul(wanted.multiplicity()))?;
        let values: Vec<f32> = match wanted {
            Dimensions::Vec3 => self.floats::<3>(&output)?,
            Dimensions::Vec4 => self.floats::<4>(&output)?,
            _ => self.floats::<1>(&output)?,
        };
        Track::new(times, values, width, between).map_err(str::to_owned)
    }

    fn times(&mut self, accessor: &gltf::Accessor<'_>) -> Result<Arc<[f32]>, String> {
        if let Some(times) = self.times.get(&accessor.index()) {
            return Ok(Arc::clone(times));
        }
        if accessor.dimensions() != Dimensions::Scalar {
            return Err("its times have the wrong type".into());
        }
        self.spend(accessor.count())?;
        let times: Arc<[f32]> = self.floats::<1>(accessor)?.into();
        self.times.insert(accessor.index(), Arc::clone(&times));
        Ok(times)
    }

    fn floats<const N: usize>(&self, accessor: &gltf::Accessor<'_>) -> Result<Vec<f32>, String> {
        let elements = self.reader.floats::<N>(accessor);
        elements
            .map(|elements| elements.as_flattened().to_vec())
            .map_err(|error| error.to_string())
    }

    fn spend(&mut self, numbers: usize) -> Result<(), String> {
        self.numbers_left = self.numbers_left.checked_sub(numbers).ok_or_else(|| {
            format!("all animations together have more than {MAX_NUMBERS} numbers")
        })?;
        Ok(())
    }
}
