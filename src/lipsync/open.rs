//! Opens a model: the built-in one or one with a manifest of its own.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::front::Front;
use super::graph::{Graph, Place, Recipe};
use super::manifest::{OutputKind, Source};
use super::model::Model;
use super::phones::VISUAL_PHONES;
use super::pose::PoseStream;
use super::retarget::{self, Mix, MixStream, Poser};
use super::rows::Rows;
use super::table::PoseTable;
use super::timing::Timing;
use super::{
    Device, Error, LipSyncInfo, LipSyncOptions, Manifest, OnnxEngine, OnnxLips, Result,
    RuntimeSearch, runtime,
};

/// The built-in model: manifest, weights and pose table.
const BUILT_IN_MANIFEST: &str = include_str!("../../audio/lipsync/model.toml");
const BUILT_IN_MODEL: &[u8] = include_bytes!("../../audio/lipsync/model.onnx");
const BUILT_IN_POSES: &str = include_str!("../../audio/lipsync/poses.toml");

/// Reads manifest, tables and weights, checks them and opens a session.
pub(super) fn open(options: &LipSyncOptions) -> Result<OnnxLips> {
    let source = ModelSource::read(options.model.as_deref())?;
    let manifest = Manifest::parse(&source.manifest_text, &source.manifest_file)?;
    let timing = Timing::of(&manifest).map_err(|(key, problem)| Error::Invalid {
        file: source.manifest_file.clone(),
        key,
        problem,
    })?;
    let bytes = source.bytes(&manifest.file)?;
    let poser = source.poser(&manifest, options)?;
    let search = RuntimeSearch::of_this_machine(options.runtime_path.as_deref());
    let (environment, mut runtime) = runtime::load(&search)?;
    let place = Place {
        environment: &environment,
        device: options.device,
        providers: &manifest.runtime.providers,
        precision: manifest.runtime.precision,
    };
    let encoder = match &manifest.encoder {
        None => None,
        Some(encoder) => {
            let recipe = Recipe {
                bytes: &source.bytes(&encoder.file)?,
                file: &encoder.file.display().to_string(),
                sha256: &encoder.sha256,
                manifest: &source.manifest_file,
                inputs: vec![&encoder.audio],
                states: &[],
                extra: &encoder.extra,
                outputs: encoder.feeds.iter().map(|feed| &feed.from).collect(),
            };
            Some((Graph::open(&recipe, place)?, encoder))
        }
    };
    let (inputs, outputs) = (&manifest.inputs, &manifest.outputs);
    let answer = super::manifest::Tensor {
        name: outputs.frames.name.clone(),
        shape: outputs.frames.shape.clone(),
    };
    let fed = manifest.encoder.iter().flat_map(|encoder| &encoder.feeds);
    let recipe = Recipe {
        bytes: &bytes,
        file: &manifest.file.display().to_string(),
        sha256: &manifest.sha256,
        manifest: &source.manifest_file,
        inputs: inputs
            .audio
            .iter()
            .chain(fed.map(|feed| &feed.to))
            .collect(),
        states: &inputs.states,
        extra: &inputs.extra,
        outputs: vec![&answer],
    };
    let graph = Graph::open(&recipe, place)?;
    let mut model = Model::new(&manifest, timing, encoder, graph)?;
    model.choose(Source::Style, options.style.name())?;
    model.choose(Source::Identity, options.identity.as_deref().unwrap_or(""))?;
    model.choose(Source::Emotion, "neutral")?;
    if options.device == Device::Auto && manifest.runtime.providers.len() > 1 {
        tracing::info!("{} runs on {}", manifest.name, model.device());
    }
    runtime.provider = model.device().title();
    let rows = Rows::new(model.timing().clone(), retarget::names(outputs).len());
    Ok(OnnxLips {
        front: Front::new(manifest.audio.level_dbfs),
        lookahead_samples: model.lookahead_samples(),
        engine: OnnxEngine { model, rows, poser },
        names: (outputs.kind == OutputKind::Classes).then(|| retarget::names(outputs)),
        info: LipSyncInfo {
            name: manifest.name,
            version: manifest.version,
            license: manifest.license,
            sha256: manifest.sha256,
            runtime: Some(runtime),
        },
    })
}

/// The pose table for answers in the order of [`VISUAL_PHONES`]: that of the model where it has all of them, else the
/// built-in one.
pub(super) fn timed_pose_table(options: &LipSyncOptions) -> Result<PoseTable> {
    let names = VISUAL_PHONES.map(str::to_owned);
    let of_model = || {
        let source = ModelSource::read(options.model.as_deref())?;
        let manifest = Manifest::parse(&source.manifest_text, &source.manifest_file)?;
        let (text, file) = source.pose_table(&manifest)?;
        PoseTable::parse(&text, &file, &names, options.style)
    };
    // What is wrong with a model is said by `open`.
    of_model()
        .or_else(|_| PoseTable::parse(BUILT_IN_POSES, "built-in poses.toml", &names, options.style))
}

/// Where a model's files are.
struct ModelSource {
    manifest_text: String,
    manifest_file: String,
    /// The manifest's path; nothing for the built-in model.
    path: Option<PathBuf>,
}

impl ModelSource {
    /// The manifest at `path`, or the built-in one.
    fn read(path: Option<&Path>) -> Result<Self> {
        Ok(match path {
            None => Self {
                manifest_text: BUILT_IN_MANIFEST.to_owned(),
                manifest_file: "built-in model.toml".to_owned(),
                path: None,
            },
            Some(path) => Self {
                manifest_text: read_text(path)?,
                manifest_file: path.display().to_string(),
                path: Some(path.to_path_buf()),
            },
        })
    }

    /// A model file beside the manifest.
    fn bytes(&self, file: &Path) -> Result<Cow<'static, [u8]>> {
        match &self.path {
            None => Ok(Cow::Borrowed(BUILT_IN_MODEL)),
            Some(path) => Ok(Cow::Owned(read(&path.with_file_name(file))?)),
        }
    }

    /// The table beside the manifest and its name.
    fn table(&self, manifest: &Manifest) -> Result<Option<(String, String)>> {
        let (Some(table), Some(path)) = (&manifest.retarget.table, &self.path) else {
            return Ok(None);
        };
        let path = path.with_file_name(table);
        Ok(Some((read_text(&path)?, path.display().to_string())))
    }

    /// The table of poses of visual phones and its name: the model's own, else the built-in one.
    fn pose_table(&self, manifest: &Manifest) -> Result<(String, String)> {
        let built_in = || (BUILT_IN_POSES.to_owned(), "built-in poses.toml".to_owned());
        Ok(self.table(manifest)?.unwrap_or_else(built_in))
    }

    /// What makes poses of the model's answers, from its table.
    fn poser(&self, manifest: &Manifest, options: &LipSyncOptions) -> Result<Poser> {
        let kind = manifest.outputs.kind;
        let names = retarget::names(&manifest.outputs);
        if kind == OutputKind::Classes {
            let (text, file) = self.pose_table(manifest)?;
            let table = PoseTable::parse(&text, &file, &names, options.style)?;
            return Ok(Poser::Classes(Box::new(PoseStream::new(table))));
        }
        let built_in = retarget::built_in_table(kind)
            .map(|text| (text.to_owned(), "built-in table".to_owned()));
        let mix = match self.table(manifest)?.or(built_in) {
            Some((text, file)) => Mix::parse(&text, &file, &names)?,
            None => Mix::shapes(&names),
        };
        let stream = MixStream::new(mix, &manifest.retarget, options.style);
        Ok(Poser::Mix(Box::new(stream)))
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| Error::Read {
        path: path.to_path_buf(),
        source,
    })
}

fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_path_buf(),
        source,
    })
}
