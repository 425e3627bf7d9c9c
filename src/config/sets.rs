//! The sets that are built in as backgrounds, each as an upright and a wide picture.

use crate::media::Size;

/// A built-in set.
pub(super) struct BuiltInSet {
    pub(super) id: &'static str,
    portrait: &'static [u8],
    landscape: &'static [u8],
}

macro_rules! set {
    ($id:literal) => {
        BuiltInSet {
            id: $id,
            portrait: include_bytes!(concat!("../../library/scenes/", $id, "/portrait.jpg")),
            landscape: include_bytes!(concat!("../../library/scenes/", $id, "/landscape.jpg")),
        }
    };
}

/// All of them; `library/scenes/make.py` builds their pictures.
pub(super) const BUILT_IN_SETS: [BuiltInSet; 5] = [
    set!("studio"),
    set!("counter"),
    set!("tea-room"),
    set!("tech"),
    set!("sale"),
];

impl BuiltInSet {
    /// The JPEG file for a picture of `size`.
    pub(super) fn picture(&self, size: Size) -> &'static [u8] {
        if is_wide(size) {
            self.landscape
        } else {
            self.portrait
        }
    }
}

/// The files that may hold the picture of a set in a folder, best first for a picture of `size`.
pub(super) fn file_names(size: Size) -> [&'static str; 3] {
    if is_wide(size) {
        ["landscape.jpg", "background.jpg", "portrait.jpg"]
    } else {
        ["portrait.jpg", "background.jpg", "landscape.jpg"]
    }
}

/// What there is, for a message.
pub(super) fn known() -> String {
    let names = BUILT_IN_SETS.map(|set| set.id).join(", ");
    format!("{names}, `transparent`, a colour such as #20242c")
}

/// Whether the landscape fits better. A square is cut from the portrait.
fn is_wide(size: Size) -> bool {
    size.width > size.height
}
