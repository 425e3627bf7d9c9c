//! Avatars of all makers, whole and broken.

use std::path::{Path, PathBuf};

/// The folder with other makers' avatars, when there is one.
pub fn test_avatars() -> Option<PathBuf> {
    let folder = std::env::var("ZHUBO_TEST_AVATARS").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/avatars"),
        PathBuf::from,
    );
    if !folder.is_dir() {
        println!(
            "SKIPPED: no folder {} (set ZHUBO_TEST_AVATARS)",
            folder.display()
        );
        return None;
    }
    Some(folder)
}

/// The avatar files in `folder`, sorted.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|ext| ext == "glb" || ext == "gltf" || ext == "vrm")
        })
        .collect();
    files.sort();
    files
}
