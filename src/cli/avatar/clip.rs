//! The animation clip that a command line asks for.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};

use crate::avatar::{Avatar, Clip};

/// The clip that `wanted` stands for: one of the avatar's own by name, or the first of a file.
///
/// # Errors
/// When there is no such clip, or the file cannot be used.
pub(super) fn find(avatar: &Avatar, wanted: &str) -> anyhow::Result<Arc<Clip>> {
    let own = avatar.clips();
    if let Some(clip) = own.iter().find(|clip| clip.name() == wanted) {
        return Ok(clip.clone());
    }
    let path = Path::new(wanted);
    if path.is_file() {
        let clips = Clip::load(path)?;
        let first = clips.into_iter().next();
        return Ok(Arc::new(first.context("the file holds no clip")?));
    }
    let names: Vec<&str> = own.iter().map(|clip| clip.name()).collect();
    if names.is_empty() {
        bail!("the avatar has no clips, and there is no file `{wanted}`: give a .vrma file");
    }
    bail!(
        "no clip and no file is called `{wanted}`; the avatar has: {}",
        names.join(", ")
    );
}
