//! Hosts, backgrounds and fonts by name: from `ZHUBO_DATA`, from `data/` beside the program, else built in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::sets::{self, BUILT_IN_SETS};
use super::{AvatarDocument, Error, Result};
use crate::avatar::Avatar;
use crate::media::{Bitmap, Size};
use crate::scene::{Background, Fonts};

/// Embeds a folder of `avatars/`.
macro_rules! built_in {
    ($id:literal) => {
        (
            $id,
            include_str!(concat!("../../avatars/", $id, "/avatar.toml")),
            include_bytes!(concat!("../../avatars/", $id, "/host.glb")),
        )
    };
}

/// The host that is shown where nothing else is said.
pub const DEFAULT_HOST: &str = "lina";
/// The hosts that are built in: id, `avatar.toml`, model file.
const BUILT_IN_HOSTS: &[(&str, &str, &[u8])] =
    &[built_in!("lina"), built_in!("chen"), built_in!("miko")];

/// Where fonts with Chinese letters are looked for, best first. Debian, Ubuntu, Fedora, macOS, Windows.
const FONT_PLACES: [&str; 9] = [
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "C:\\Windows\\Fonts\\msyhbd.ttc",
    "C:\\Windows\\Fonts\\msyh.ttc",
];

/// Finds things by name.
#[derive(Clone, Debug)]
pub struct Assets {
    folders: Vec<PathBuf>,
    font: Option<PathBuf>,
}

impl Assets {
    /// Looks in `ZHUBO_DATA` and in `data/` beside the program; fonts in `ZHUBO_FONT` and the usual places.
    pub fn from_environment() -> Self {
        let beside = std::env::current_exe()
            .ok()
            .and_then(|exe| Some(exe.parent()?.join("data")));
        let folders = std::env::var_os("ZHUBO_DATA")
            .map(PathBuf::from)
            .into_iter()
            .chain(beside);
        let named = std::env::var_os("ZHUBO_FONT").map(PathBuf::from);
        let font = named.or_else(|| {
            FONT_PLACES
                .iter()
                .map(PathBuf::from)
                .find(|path| path.exists())
        });
        Self {
            folders: folders.filter(|folder| folder.is_dir()).collect(),
            font,
        }
    }

    /// A host by name or by path (a model file, an `avatar.toml`, or a folder that holds one); relative paths start at
    /// `document`'s folder. An `avatar.toml` beside a model file that names it is heeded.
    ///
    /// # Errors
    /// When there is no such host, or its file or its `avatar.toml` cannot be used.
    pub fn avatar(&self, name: &str, document: &Path) -> Result<Avatar> {
        if let Some(path) = self.file(&format!("avatars/{name}/host.glb")) {
            return load(&path);
        }
        if let Some(path) = self.file(&format!("avatars/{name}/avatar.toml")) {
            return AvatarDocument::load(&path);
        }
        if let Some((_, text, bytes)) = BUILT_IN_HOSTS.iter().find(|(id, ..)| *id == name) {
            let path = format!("avatars/{name}/avatar.toml");
            return AvatarDocument::describe(text, Path::new(&path), bytes);
        }
        let path = document.parent().unwrap_or(Path::new("")).join(name);
        if path.is_file() || AvatarDocument::of(&path).is_some() {
            return load(&path);
        }
        Err(Error::Unknown {
            kind: "host",
            name: name.to_owned(),
            known: Self::hosts().collect::<Vec<_>>().join(", "),
        })
    }

    /// The names of the hosts that are built in.
    pub fn hosts() -> impl Iterator<Item = &'static str> {
        BUILT_IN_HOSTS.iter().map(|(id, ..)| *id)
    }

    /// A background by name, path or colour, for a picture of `size`: a set has an upright and a wide picture.
    ///
    /// # Errors
    /// When there is no such background or its file cannot be read.
    pub fn background(&self, name: &str, document: &Path, size: Size) -> Result<Background> {
        if let Some(color) = parse_color(name) {
            return Ok(Background::Color(color));
        }
        if name == "transparent" {
            return Ok(Background::Transparent);
        }
        if let Some(path) = self.set_file(name, size).or_else(|| beside(document, name)) {
            let bytes = std::fs::read(&path).map_err(|source| Error::Read {
                path: path.clone(),
                source,
            })?;
            return Ok(Background::Image(Arc::new(decode(&bytes, &path)?)));
        }
        match BUILT_IN_SETS.iter().find(|set| set.id == name) {
            Some(set) => {
                let picture = decode(set.picture(size), Path::new(name))?;
                Ok(Background::Image(Arc::new(picture)))
            }
            None => Err(Error::Unknown {
                kind: "background",
                name: name.to_owned(),
                known: sets::known(),
            }),
        }
    }

    /// The font for label and captions.
    ///
    /// # Errors
    /// When none is installed.
    pub fn fonts(&self) -> Result<Fonts> {
        let path = self.font.clone().ok_or(crate::scene::FontError::NoFont)?;
        let bytes = std::fs::read(&path).map_err(|source| Error::Read { path, source })?;
        Ok(Fonts::new([Arc::new(bytes)])?)
    }

    /// The font file in use.
    pub fn font_path(&self) -> Option<&Path> {
        self.font.as_deref()
    }

    /// The picture of the set `name` in the first folder that has one, the view that fits `size` before the others.
    fn set_file(&self, name: &str, size: Size) -> Option<PathBuf> {
        if name.contains("..") {
            return None;
        }
        self.folders.iter().find_map(|folder| {
            let set = folder.join("library/scenes").join(name);
            let mut files = sets::file_names(size)
                .into_iter()
                .map(|file| set.join(file));
            files.find(|path| path.is_file())
        })
    }

    /// The data folders' folders of this name, the last one first: what comes later counts more.
    pub(super) fn subfolders(&self, name: &str) -> impl Iterator<Item = PathBuf> {
        let folders = self
            .folders
            .iter()
            .rev()
            .map(move |folder| folder.join(name));
        folders.filter(|folder| folder.is_dir())
    }

    fn file(&self, relative: &str) -> Option<PathBuf> {
        if relative.contains("..") {
            return None;
        }
        self.folders
            .iter()
            .map(|folder| folder.join(relative))
            .find(|path| path.is_file())
    }
}

/// The avatar of a model file or of a document.
fn load(path: &Path) -> Result<Avatar> {
    match AvatarDocument::of(path) {
        Some(document) => AvatarDocument::load(&document),
        None => Ok(Avatar::load(path)?),
    }
}

/// `name` as a path from the document's folder, if there is such a file.
fn beside(document: &Path, name: &str) -> Option<PathBuf> {
    let path = document.parent().unwrap_or(Path::new("")).join(name);
    path.is_file().then_some(path)
}

fn decode(bytes: &[u8], path: &Path) -> Result<Bitmap> {
    let picture = image::load_from_memory(bytes)
        .map_err(|error| Error::Picture {
            path: path.to_owned(),
            words: error.to_string(),
        })?
        .into_rgba8();
    Ok(Bitmap {
        size: Size::new(picture.width(), picture.height()),
        rgba: picture.into_raw(),
    })
}

/// `#rgb` or `#rrggbb`.
fn parse_color(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#')?;
    let wide: String = match digits.len() {
        3 => digits.chars().flat_map(|c| [c, c]).collect(),
        6 => digits.to_owned(),
        _ => return None,
    };
    let value = u32::from_str_radix(&wide, 16).ok()?;
    Some([(value >> 16) as u8, (value >> 8) as u8, value as u8])
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPRIGHT: Size = Size::new(90, 160);
    const WIDE: Size = Size::new(160, 90);

    /// Writes a JPEG of `size` as the picture `file` of the set `mine` under `folder`.
    fn put(folder: &Path, file: &str, size: Size) {
        let set = folder.join("library/scenes/mine");
        std::fs::create_dir_all(&set).unwrap();
        let picture = image::RgbImage::new(size.width, size.height);
        picture.save(set.join(file)).unwrap();
    }

    fn size_of(background: Background) -> Size {
        match background {
            Background::Image(image) => image.size,
            other => panic!("not a picture: {other:?}"),
        }
    }

    #[test]
    fn a_folder_may_hold_either_view_or_one_background_for_both() {
        let folder = tempfile::tempdir().unwrap();
        let assets = Assets {
            folders: vec![folder.path().to_owned()],
            font: None,
        };
        let seen = |size| size_of(assets.background("mine", Path::new(""), size).unwrap());
        put(folder.path(), "portrait.jpg", UPRIGHT);
        assert_eq!((seen(UPRIGHT), seen(WIDE)), (UPRIGHT, UPRIGHT));
        let both = Size::new(40, 40);
        put(folder.path(), "background.jpg", both);
        assert_eq!((seen(UPRIGHT), seen(WIDE)), (UPRIGHT, both));
        put(folder.path(), "landscape.jpg", WIDE);
        assert_eq!((seen(UPRIGHT), seen(WIDE)), (UPRIGHT, WIDE));
    }

    #[test]
    fn colours_are_read() {
        assert_eq!(parse_color("#20242c"), Some([0x20, 0x24, 0x2c]));
        assert_eq!(parse_color("#f80"), Some([0xff, 0x88, 0]));
        assert_eq!(parse_color("#12345"), None);
        assert_eq!(parse_color("studio"), None);
    }
}
