//! Finds libonnxruntime and loads it once per process.
//!
//! The library is never loaded lazily (the binding panics when a lazy load fails): everything that touches it asks
//! [`load`] first. The first library that loads stays until the process ends; a later request for another one gets the
//! loaded one and can see so from [`RuntimeInfo::path`].

use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;

use super::device::Device;
use super::{Error, Result};

/// Oldest minor version of ONNX Runtime 1.x whose interface the program is built for (cargo feature `api-24`).
const MIN_MINOR: u32 = ort::MINOR_VERSION;

/// The bare name that the system's loader resolves.
const SYSTEM_NAME: &str = "libonnxruntime.so";

/// The library in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeInfo {
    /// The library file (the bare name when the system's loader found it).
    pub path: PathBuf,
    /// Its version, for example `1.24.4`; `1.24` where the file name does not tell more.
    pub version: String,
    /// Where the model runs; before one is opened, where models run unless they or the user wish otherwise.
    pub provider: &'static str,
    /// What the library was built for, by the names that `--device` takes. Drivers may still be missing.
    pub devices: Vec<&'static str>,
    /// What led to the file: `--ort-lib`, `ORT_DYLIB_PATH`, `lib/ beside the program`, `cache`, `Python package`, `system`.
    pub place: &'static str,
}

/// Where to look, in this order. Separate from the machine so that a test can choose the places.
#[derive(Clone, Debug, Default)]
pub struct RuntimeSearch {
    /// From the command line or a document; nothing else is tried when it is given.
    pub explicit: Option<PathBuf>,
    /// From `ORT_DYLIB_PATH`; nothing else is tried when it is given.
    pub environment: Option<PathBuf>,
    /// Folders and what to call them; in each the newest libonnxruntime is taken.
    pub folders: Vec<(&'static str, PathBuf)>,
    /// Whether the system's loader may be asked at the end.
    pub system: bool,
}

impl RuntimeSearch {
    /// The places of this machine and user.
    pub fn of_this_machine(explicit: Option<&Path>) -> Self {
        let variable = |name| {
            env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let home = variable("HOME");
        let mut folders = Vec::new();
        if let Some(beside) = env::current_exe()
            .ok()
            .and_then(|exe| exe.parent().map(|folder| folder.join("lib")))
        {
            folders.push(("lib/ beside the program", beside));
        }
        let cache =
            variable("XDG_CACHE_HOME").or_else(|| home.as_ref().map(|home| home.join(".cache")));
        if let Some(cache) = cache {
            folders.push(("cache", cache.join("zhubo/onnxruntime")));
        }
        let mut roots: Vec<PathBuf> = ["VIRTUAL_ENV", "CONDA_PREFIX"]
            .into_iter()
            .filter_map(variable)
            .collect();
        if let Some(home) = &home {
            roots.push(home.join(".local"));
            roots.extend(subfolders(&home.join(".pyenv/versions"), ""));
        }
        roots.extend(["/usr/local", "/usr"].map(PathBuf::from));
        for package in roots.iter().flat_map(|root| python_packages(root)) {
            folders.push(("Python package", package));
        }
        Self {
            explicit: explicit.map(Path::to_path_buf),
            environment: variable("ORT_DYLIB_PATH"),
            folders,
            system: true,
        }
    }

    /// The library files to try, best first, and a line for each place looked at.
    pub fn candidates(&self) -> (Vec<(&'static str, PathBuf)>, Vec<String>) {
        let mut found = Vec::new();
        let mut looked = Vec::new();
        for (place, folder) in &self.folders {
            match newest_library(folder) {
                Some(file) => found.push((*place, file)),
                None => looked.push(format!("  {} ({place}): nothing there", folder.display())),
            }
        }
        if self.system {
            found.push(("system", PathBuf::from(SYSTEM_NAME)));
        }
        (found, looked)
    }
}

/// What is kept for the life of the process.
struct Loaded {
    environment: Environment,
    info: RuntimeInfo,
}

/// Guards the one-time load, not a stage: it is held while a library is opened and never while a model runs.
static LOADED: Mutex<Option<Loaded>> = Mutex::new(None);

/// Loads the library if that has not happened and says which one it is.
///
/// # Errors
/// [`Error::LoadRuntime`] when a named library cannot be used, [`Error::NoRuntime`] when none is found.
pub fn runtime_info(search: &RuntimeSearch) -> Result<RuntimeInfo> {
    load(search).map(|(_, info)| info)
}

/// The loaded runtime, loading it first if need be.
pub(super) fn load(search: &RuntimeSearch) -> Result<(Environment, RuntimeInfo)> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(loaded) = loaded.as_ref() {
        return Ok((loaded.environment.clone(), loaded.info.clone()));
    }
    let named = [
        ("--ort-lib", &search.explicit),
        ("ORT_DYLIB_PATH", &search.environment),
    ];
    for (place, path) in named {
        if let Some(path) = path {
            let fresh = open(place, path).map_err(|reason| Error::LoadRuntime {
                place,
                path: path.clone(),
                reason,
            })?;
            return Ok(keep(&mut loaded, fresh));
        }
    }
    let (candidates, mut tried) = search.candidates();
    for (place, path) in candidates {
        match open(place, &path) {
            Ok(fresh) => return Ok(keep(&mut loaded, fresh)),
            Err(reason) => tried.push(format!("  {} ({place}): {reason}", path.display())),
        }
    }
    Err(Error::NoRuntime {
        tried: tried.join("\n"),
    })
}

fn keep(slot: &mut Option<Loaded>, fresh: Loaded) -> (Environment, RuntimeInfo) {
    let result = (fresh.environment.clone(), fresh.info.clone());
    *slot = Some(fresh);
    result
}

/// Opens one library. The reason of a failure is short: the path is told by the caller.
fn open(place: &'static str, path: &Path) -> std::result::Result<Loaded, String> {
    if path.is_dir() {
        return Err("is a folder, not a library file".to_owned());
    }
    // Probing first keeps a library that is too old, or is something else, out of the process-wide slot.
    match ort::util::probe(path) {
        None if !path.exists() => Err("not found".to_owned()),
        None => Err("is not an ONNX Runtime library".to_owned()),
        Some(minor) if minor < MIN_MINOR => {
            Err(format!("is version 1.{minor}, older than 1.{MIN_MINOR}"))
        }
        Some(minor) => {
            let environment = ort::init_from(path)
                .map_err(|error| error.to_string())?
                .with_name("zhubo")
                .with_telemetry(false)
                .build()
                .map_err(|error| error.to_string())?;
            Ok(Loaded {
                environment,
                info: RuntimeInfo {
                    path: path.to_path_buf(),
                    version: version_of(path, minor),
                    provider: Device::Cpu.title(),
                    devices: Device::ALL
                        .into_iter()
                        .filter(|&device| device != Device::Auto && device.is_built_in())
                        .map(Device::name)
                        .collect(),
                    place,
                },
            })
        }
    }
}

/// The version from the file name (of the link's target), if it agrees with the minor version the library reports.
fn version_of(path: &Path, minor: u32) -> String {
    let reported = format!("1.{minor}");
    let named = path
        .canonicalize()
        .ok()
        .as_deref()
        .and_then(Path::file_name)
        .and_then(|name| name.to_str())
        .and_then(|name| {
            name.strip_prefix("libonnxruntime.so.")
                .map(ToOwned::to_owned)
        });
    match named {
        Some(version) if version.starts_with(&format!("{reported}.")) => version,
        _ => reported,
    }
}

/// The newest library in `folder`, by the numbers in its name.
fn newest_library(folder: &Path) -> Option<PathBuf> {
    std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let is_library = name == "onnxruntime.dll"
                || (name.starts_with("libonnxruntime.")
                    && (name.contains(".so") || name.ends_with(".dylib")));
            is_library.then(|| (version_numbers(&name), name))
        })
        .max()
        .map(|(_, name)| folder.join(name))
}

fn version_numbers(name: &str) -> Vec<u32> {
    name.split('.')
        .filter_map(|part| part.parse().ok())
        .collect()
}

/// Where a Python installation at `root` would keep the package's libraries.
fn python_packages(root: &Path) -> Vec<PathBuf> {
    subfolders(&root.join("lib"), "python3")
        .into_iter()
        .flat_map(|python| ["site-packages", "dist-packages"].map(|packages| python.join(packages)))
        .map(|packages| packages.join("onnxruntime/capi"))
        .filter(|folder| folder.is_dir())
        .collect()
}

/// Folders inside `folder` whose names begin with `prefix`, sorted.
fn subfolders(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.starts_with(prefix))
        })
        .collect();
    found.sort();
    found
}
