//! Tags in brackets.

use std::sync::Arc;

use super::Names;
use crate::media::{Activity, Emotion, Focus, HostId};

/// The longest tag, in characters between the brackets.
const MAX_CHARS: usize = 48;
/// The longest name of a mark, in characters.
const MAX_MARK_CHARS: usize = 64;
/// How long a pause is that does not say, seconds; and an activity.
const PAUSE_SECS: f64 = 0.6;
const ACTIVITY_SECS: f64 = 2.0;
/// Words that begin a tag and take more behind them.
const HEADS: [&str; 4] = ["look", "mark", "pause", "host"];
/// Activities that a silent stretch may be filled with.
const ACTIVITIES: [Activity; 5] = [
    Activity::Reading,
    Activity::Thinking,
    Activity::Listening,
    Activity::Away,
    Activity::Idle,
];
const FOCUSES: [(&str, Focus); 7] = [
    ("card", Focus::Card),
    ("camera", Focus::Camera),
    ("comments", Focus::Comments),
    ("left", Focus::Left),
    ("right", Focus::Right),
    ("up", Focus::Up),
    ("down", Focus::Down),
];

/// A tag that was understood.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tag {
    Feel(Option<Emotion>),
    Gesture(Arc<str>),
    Look(Option<Focus>),
    /// Look at the card, point at it, and a mark of that name.
    Card,
    Mark(String),
    /// Seconds.
    Pause(f64, Option<Activity>),
    Host(HostId),
}

/// What stands between the brackets at the beginning of `rest`, and the length of all in bytes.
pub(super) fn read(rest: &str) -> Option<(&str, usize)> {
    let after = rest.strip_prefix('[')?;
    let (end, _) = after
        .char_indices()
        .take(MAX_CHARS + 1)
        .take_while(|(_, c)| !matches!(c, '[' | '\n'))
        .find(|(_, c)| *c == ']')?;
    Some((&after[..end], end + 2))
}

/// The tag that `inside` is. Else a warning, if it looks as if one was meant.
pub(super) fn understand(inside: &str, names: &Names<'_>) -> Result<Tag, Option<String>> {
    let lower = inside.trim().to_lowercase();
    let (head, more) = match lower.split_once(char::is_whitespace) {
        Some((head, more)) => (head, Some(more.trim())),
        None => (lower.as_str(), None),
    };
    if let Some(ended) = lower.strip_prefix('/') {
        return match ended {
            "look" => Ok(Tag::Look(None)),
            _ if ended.is_empty() || Emotion::named(ended).is_some() => Ok(Tag::Feel(None)),
            _ => Err(None),
        };
    }
    if let Some(activity) = ACTIVITIES.into_iter().find(|own| own.name() == head) {
        return match more.map_or(Some(ACTIVITY_SECS), secs) {
            Some(secs) => Ok(Tag::Pause(secs, Some(activity))),
            None => Err(Some(format!("write a time, as in [{head} 3s]"))),
        };
    }
    match (head, more) {
        ("card", None) => return Ok(Tag::Card),
        ("look", None) => return Ok(Tag::Look(None)),
        ("pause", None) => return Ok(Tag::Pause(PAUSE_SECS, None)),
        ("pause", Some(time)) => {
            return secs(time)
                .map(|secs| Tag::Pause(secs, None))
                .ok_or_else(|| {
                    Some("write a time, as in [pause 1.5s] or [pause 800ms]".to_owned())
                });
        }
        ("look", Some(name)) => {
            return focus(name, names)
                .map(|focus| Tag::Look(Some(focus)))
                .ok_or_else(|| {
                    let known = FOCUSES.map(|(name, _)| name).join(", ");
                    Some(format!("one can look at {known} and a host"))
                });
        }
        ("host", Some(name)) => {
            return host(name, names).map(Tag::Host).ok_or_else(|| {
                let known: Vec<&str> = names.hosts.iter().map(HostId::as_str).collect();
                Some(format!("there is no such host, only {}", known.join(", ")))
            });
        }
        ("mark", Some(_)) => {
            let name = inside.trim()[head.len()..].trim();
            return mark_name(name).map(Tag::Mark).ok_or(None);
        }
        ("mark" | "host", None) => {
            return Err(Some(format!("write a name, as in [{head} NAME]")));
        }
        _ => {}
    }
    if let Some(feeling) = Emotion::named(&lower) {
        return Ok(Tag::Feel(Some(feeling)));
    }
    if let Some(name) = gesture(&lower, names) {
        return Ok(Tag::Gesture(name));
    }
    Err(meant(&lower, names).map(|word| format!("did you mean [{word}]?")))
}

/// A gesture by one of its names; capitals do not matter.
pub(super) fn gesture(name: &str, names: &Names<'_>) -> Option<Arc<str>> {
    let name = name.trim().to_lowercase();
    let same = |own: &&Arc<str>| ***own == *name || own.to_lowercase() == name;
    names.gestures.iter().find(same).cloned()
}

fn focus(name: &str, names: &Names<'_>) -> Option<Focus> {
    let known = FOCUSES.into_iter().find(|(own, _)| *own == name);
    known
        .map(|(_, focus)| focus)
        .or_else(|| host(name, names).map(Focus::Host))
}

fn host(name: &str, names: &Names<'_>) -> Option<HostId> {
    let same = |own: &&HostId| own.as_str().to_lowercase() == name;
    names.hosts.iter().find(same).cloned()
}

/// A name fit for a mark.
pub(super) fn mark_name(name: impl AsRef<str>) -> Option<String> {
    let name = name.as_ref().trim();
    let fits = !name.is_empty()
        && name.chars().count() <= MAX_MARK_CHARS
        && !name.chars().any(char::is_control);
    fits.then(|| name.to_owned())
}

/// The feelings there are, for people.
pub(super) fn feelings() -> String {
    format!(
        "the feelings are {}",
        Emotion::ALL.map(Emotion::name).join(", ")
    )
}

/// A time such as `1.5s`, `800ms`, `2`, `3 秒`, in seconds.
pub(super) fn secs(time: &str) -> Option<f64> {
    let time = time.trim();
    let digits = time
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(time.len());
    let (number, unit) = time.split_at(digits);
    let factor = match unit.trim() {
        "" | "s" | "sec" | "secs" | "second" | "seconds" | "秒" => 1.0,
        "ms" | "毫秒" => 0.001,
        _ => return None,
    };
    // Only digits and a point: neither infinite nor negative, unless absurdly long.
    let number = number.parse::<f64>().ok()?;
    Some((number * factor).min(f64::MAX))
}

/// The word that was perhaps meant by `word`: one letter away, two in long words.
fn meant(word: &str, names: &Names<'_>) -> Option<String> {
    let length = word.chars().count();
    let looks_like_one = length >= 4 && word.chars().all(|c| c.is_alphabetic() || c == '-');
    if !looks_like_one {
        return None;
    }
    let most = if length < 6 { 1 } else { 2 };
    let own = Emotion::ALL
        .map(Emotion::name)
        .into_iter()
        .chain(ACTIVITIES.map(Activity::name))
        .chain(HEADS)
        .chain(["card"]);
    let gestures = names.gestures.iter().map(|name| &**name);
    own.chain(gestures)
        .filter(|known| known.chars().count() >= 3)
        .map(|known| (distance(word, known), known))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known.to_owned())
}

/// How many letters must be put in, taken out or exchanged (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in b.iter().enumerate() {
            let exchanged = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
