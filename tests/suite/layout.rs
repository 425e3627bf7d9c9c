//! The house rules that a tool can keep: who imports whom, which crate lives where, how long a file may be.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const SRC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// Which modules of ours a module may name. `threads` is a leaf that all may use; `cli` may name everything.
fn allowed() -> BTreeMap<&'static str, &'static [&'static str]> {
    let all: &[(&str, &[&str])] = &[
        ("media", &[]),
        ("threads", &[]),
        ("show", &["media"]),
        ("remote", &["media"]),
        ("voice", &["sound", "remote", "media"]),
        ("sound", &["media"]),
        ("lipsync", &["sound", "media"]),
        ("input", &["sound", "lipsync", "media"]),
        ("motion", &["avatar", "media"]),
        ("avatar", &["media"]),
        ("scene", &["media"]),
        ("render", &["avatar", "scene", "media"]),
        ("encode", &["media"]),
        ("output", &["media"]),
        (
            "engine",
            &[
                "show", "remote", "voice", "sound", "lipsync", "input", "motion", "avatar",
                "scene", "render", "encode", "output", "media",
            ],
        ),
        ("config", &["avatar", "motion", "scene", "media"]),
        (
            "live",
            &[
                "engine",
                "config",
                "show",
                "scene",
                "voice",
                "input",
                "remote",
                "provenance",
                "output",
                "media",
            ],
        ),
    ];
    all.iter().copied().collect()
}

/// Crates that only some modules may name.
const FENCED: [(&str, &[&str]); 15] = [
    ("wgpu", &["render"]),
    ("ort", &["lipsync"]),
    ("webrtc", &["output"]),
    ("rtc", &["output"]),
    ("axum", &["live"]),
    ("ureq", &["remote"]),
    ("meshopt", &["avatar"]),
    ("draco_core", &["avatar"]),
    ("basisu", &["avatar"]),
    ("cosmic_text", &["scene"]),
    ("openh264", &["encode"]),
    ("opus", &["encode", "sound"]),
    ("symphonia", &["sound"]),
    ("cpal", &["input"]),
    ("alsa", &["input"]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The module a file belongs to: the first part of its path under `src`.
fn module_of(file: &Path) -> String {
    let inside = file.strip_prefix(SRC).unwrap();
    inside
        .iter()
        .next()
        .unwrap()
        .to_string_lossy()
        .trim_end_matches(".rs")
        .to_owned()
}

/// Code without comments and without the tests at its end.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    body.lines()
        .map(|line| line.split("//").next().unwrap())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Names that follow `prefix` in `text`, braces of a `use` tree included.
fn names_after(text: &str, prefix: &str) -> Vec<String> {
    let ident = |s: &str| {
        s.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    text.match_indices(prefix)
        .flat_map(|(at, _)| {
            let rest = text[at + prefix.len()..].trim_start();
            match rest.strip_prefix('{') {
                Some(tree) => {
                    let end = tree.find(';').unwrap_or(tree.len());
                    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
                    for (i, c) in tree[..end].char_indices() {
                        match c {
                            '{' => depth += 1,
                            '}' => depth -= 1,
                            ',' if depth == 0 => {
                                parts.push(ident(tree[start..i].trim()));
                                start = i + 1;
                            }
                            _ => {}
                        }
                    }
                    parts.push(ident(tree[start..end].trim().trim_end_matches('}')));
                    parts
                }
                None => vec![ident(rest)],
            }
        })
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let allowed = allowed();
    let mut wrong = Vec::new();
    for file in sources(Path::new(SRC)) {
        let module = module_of(&file);
        if ["main", "lib", "cli"].contains(&module.as_str()) {
            continue;
        }
        let may = allowed
            .get(module.as_str())
            .unwrap_or_else(|| panic!("the table does not know module {module}"));
        for name in names_after(&code(&std::fs::read_to_string(&file).unwrap()), "crate::") {
            let known = allowed.contains_key(name.as_str()) || name == "cli";
            if known && name != module && name != "threads" && !may.contains(&name.as_str()) {
                wrong.push(format!(
                    "{} names {name}",
                    file.strip_prefix(SRC).unwrap().display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "forbidden imports:\n{}", wrong.join("\n"));
}

#[test]
fn fenced_crates_stay_in_their_modules() {
    let mut wrong = Vec::new();
    for file in sources(Path::new(SRC)) {
        let (module, text) = (
            module_of(&file),
            code(&std::fs::read_to_string(&file).unwrap()),
        );
        for (krate, homes) in FENCED {
            let named = text.match_indices(&format!("{krate}::")).any(|(at, _)| {
                !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
            });
            if named && !homes.contains(&module.as_str()) {
                wrong.push(format!("{} names {krate}", file.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "crates outside their fence:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn files_stay_short_and_pace_stays_in_the_clock() {
    for file in sources(Path::new(SRC)) {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().count();
        assert!(
            lines <= 600,
            "{} has {lines} lines: what second thing is in there?",
            file.display()
        );
        let asks = ["Clock::Offline", "Clock::Live"]
            .iter()
            .any(|name| code(&text).contains(name));
        let may = ["engine", "cli"].contains(&module_of(&file).as_str());
        assert!(
            may || !asks,
            "{} asks whether the room is live",
            file.display()
        );
    }
}

#[test]
fn every_module_is_in_the_table_and_in_the_architecture() {
    let tour =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/ARCHITECTURE.md")).unwrap();
    for file in sources(Path::new(SRC)) {
        let module = module_of(&file);
        assert!(
            ["main", "lib"].contains(&module.as_str()) || tour.contains(&format!("`{module}`")),
            "ARCHITECTURE.md does not name `{module}`"
        );
    }
}

#[test]
fn the_rules_would_notice() {
    let text = "use crate::media::{A, B};\nuse crate::{engine::Clock, voice};\nfn f() { crate::show::x() } // crate::cli";
    assert_eq!(
        names_after(&code(text), "crate::"),
        ["media", "engine", "voice", "show"]
    );
}
