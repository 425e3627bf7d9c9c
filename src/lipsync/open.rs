//! Opens a model: the built-in one or one with a manifest of its own.

use std::borrow::Cow;
use std::path::Path;

use super::front::Front;
use super::onnx::Model;
use super::phones::VISUAL_PHONES;
use super::pose::PoseStream;
use super::table::PoseTable;
use super::{
    Error, LipSyncInfo, LipSyncOptions, Manifest, OnnxEngine, OnnxLips, Result, RuntimeSearch,
    runtime,
};

/// The built-in model: manifest, weights and pose table.
const BUILT_IN_MANIFEST: &str = include_str!("../../audio/lipsync/model.toml");
const BUILT_IN_MODEL: &[u8] = include_bytes!("../../audio/lipsync/model.onnx");
const BUILT_IN_POSES: &str = include_str!("../../audio/lipsync/poses.toml");

/// Reads manifest, pose table and weights, checks them and opens a session.
pub(super) fn open(options: &LipSyncOptions) -> Result<OnnxLips> {
    let (bytes, source) = ModelSource::read(options.model.as_deref())?;
    let manifest = Manifest::parse(&source.manifest_text, &source.manifest_file)?;
    let bytes = match bytes {
        Some(bytes) => Cow::Borrowed(bytes),
        None => Cow::Owned(read(
            &manifest.model_path(Path::new(&source.manifest_file)),
        )?),
    };
    let (poses_text, poses_file) = source.poses(&manifest)?;
    let table = PoseTable::parse(
        &poses_text,
        &poses_file,
        &manifest.outputs.names,
        options.style,
    )?;
    let search = RuntimeSearch::of_this_machine(options.runtime_path.as_deref());
    let (environment, runtime) = runtime::load(&search)?;
    let model = Model::open(
        &environment,
        &manifest,
        &bytes,
        &manifest.file.display().to_string(),
        &source.manifest_file,
    )?;
    let unborn = manifest.stream.lookahead_steps;
    Ok(OnnxLips {
        front: Front::new(manifest.audio.level_dbfs),
        engine: OnnxEngine {
            model,
            poses: PoseStream::new(table),
            unborn,
        },
        lookahead_steps: unborn,
        names: manifest.outputs.names,
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
        let (_, source) = ModelSource::read(options.model.as_deref())?;
        let manifest = Manifest::parse(&source.manifest_text, &source.manifest_file)?;
        let (text, file) = source.poses(&manifest)?;
        PoseTable::parse(&text, &file, &names, options.style)
    };
    // What is wrong with a model is said by `open`.
    of_model()
        .or_else(|_| PoseTable::parse(BUILT_IN_POSES, "built-in poses.toml", &names, options.style))
}

/// The texts a model comes with.
struct ModelSource {
    manifest_text: String,
    manifest_file: String,
    built_in: bool,
}

impl ModelSource {
    /// The manifest at `path`, or the built-in one and its weights.
    fn read(path: Option<&Path>) -> Result<(Option<&'static [u8]>, Self)> {
        let Some(path) = path else {
            let source = Self {
                manifest_text: BUILT_IN_MANIFEST.to_owned(),
                manifest_file: "built-in model.toml".to_owned(),
                built_in: true,
            };
            return Ok((Some(BUILT_IN_MODEL), source));
        };
        let source = Self {
            manifest_text: read_text(path)?,
            manifest_file: path.display().to_string(),
            built_in: false,
        };
        Ok((None, source))
    }

    /// The pose table and its name.
    fn poses(&self, manifest: &Manifest) -> Result<(String, String)> {
        match &manifest.retarget.table {
            Some(table) if !self.built_in => {
                let path = Path::new(&self.manifest_file).with_file_name(table);
                Ok((read_text(&path)?, path.display().to_string()))
            }
            _ => Ok((BUILT_IN_POSES.to_owned(), "built-in poses.toml".to_owned())),
        }
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
