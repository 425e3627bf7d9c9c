//! Elements as in SSML (W3C Speech Synthesis Markup Language 1.1), with `<emotion>` and `<gesture>` of our own.

use super::bracket;

/// The longest element that is read, in bytes: what is longer is text.
const MAX_BYTES: usize = 500;
/// Elements with a meaning here.
const KNOWN: [&str; 9] = [
    "speak", "p", "s", "mark", "break", "emphasis", "emotion", "gesture", "sub",
];

/// What stands between `<` and `>`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Element {
    Open {
        name: String,
        values: Vec<(String, String)>,
        is_empty: bool,
    },
    Close(String),
    /// A comment or declaration.
    Note,
    /// A known element that cannot be read to its end.
    Broken,
}

impl Element {
    /// The value of an attribute.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        match self {
            Self::Open { values, .. } => {
                let found = values.iter().find(|(own, _)| own == name);
                found.map(|(_, value)| value.as_str())
            }
            _ => None,
        }
    }
}

/// Whether the text has at least one element known here.
pub(super) fn is_used(text: &str) -> bool {
    text.match_indices('<')
        .any(|(at, _)| match read(&text[at..]) {
            Some((Element::Open { name, .. } | Element::Close(name), _)) => is_known(&name),
            _ => false,
        })
}

fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// The element at the beginning of `rest` and its length in bytes; `None` where the `<` is an ordinary sign.
pub(super) fn read(rest: &str) -> Option<(Element, usize)> {
    let rest = beginning(rest);
    for (opens, closes) in [("<!--", "-->"), ("<?xml", "?>"), ("<!DOCTYPE", ">")] {
        if rest.starts_with(opens) {
            let end = rest.find(closes)?;
            return Some((Element::Note, end + closes.len()));
        }
    }
    let after = rest.strip_prefix('<')?;
    let (is_close, after) = match after.strip_prefix('/') {
        Some(after) => (true, after),
        None => (false, after),
    };
    let (name, after) = take_name(after)?;
    let name = name.to_lowercase();
    if let Some((element, left)) = finish(&name, is_close, after) {
        return Some((element, rest.len() - left.len()));
    }
    let line = rest.lines().next().unwrap_or_default();
    let end = line
        .find('>')
        .filter(|_| is_known(&name) && is_broken(after))?;
    Some((Element::Broken, end + 1))
}

/// As much of the text as is looked at.
fn beginning(rest: &str) -> &str {
    let mut end = rest.len().min(MAX_BYTES);
    while !rest.is_char_boundary(end) {
        end -= 1;
    }
    &rest[..end]
}

/// Whether attributes were begun: `<s and p>` is no element.
fn is_broken(after: &str) -> bool {
    after.split('>').next().unwrap_or_default().contains('=')
}

/// The attributes and the end of an element, and what comes after it.
fn finish<'a>(name: &str, is_close: bool, mut rest: &'a str) -> Option<(Element, &'a str)> {
    let mut values = Vec::new();
    loop {
        let trimmed = rest.trim_start();
        if let Some(left) = trimmed.strip_prefix('>') {
            let element = if is_close {
                Element::Close(name.to_owned())
            } else {
                Element::Open {
                    name: name.to_owned(),
                    values,
                    is_empty: false,
                }
            };
            return Some((element, left));
        }
        if let Some(left) = trimmed.strip_prefix("/>").filter(|_| !is_close) {
            let element = Element::Open {
                name: name.to_owned(),
                values,
                is_empty: true,
            };
            return Some((element, left));
        }
        if trimmed.len() == rest.len() {
            return None;
        }
        let (key, after) = take_name(trimmed)?;
        let after = after.trim_start().strip_prefix('=')?.trim_start();
        let (value, left) = take_value(after)?;
        values.push((key.to_lowercase(), decoded(value)));
        rest = left;
    }
}

fn take_name(rest: &str) -> Option<(&str, &str)> {
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, ':' | '-' | '_'))
        .unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        .then_some((name, after))
}

fn take_value(rest: &str) -> Option<(&str, &str)> {
    for quote in ['"', '\''] {
        if let Some(after) = rest.strip_prefix(quote) {
            return after
                .split_once(quote)
                .filter(|(value, _)| !value.contains('<'));
        }
    }
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '=' | '`' | '/');
    let end = rest.find(ends)?;
    (end > 0).then(|| rest.split_at(end))
}

/// How long a `<break>` is, in seconds; strengths as espeak-ng takes them.
pub(super) fn break_secs(element: &Element) -> Option<f64> {
    if let Some(time) = element.value("time") {
        return bracket::secs(time);
    }
    match element.value("strength") {
        None | Some("medium") => Some(0.5),
        Some("none") => Some(0.0),
        Some("x-weak") => Some(0.1),
        Some("weak") => Some(0.25),
        Some("strong") => Some(0.8),
        Some("x-strong") => Some(1.2),
        Some(_) => None,
    }
}

/// Where the next `</sub>` ends; it must be near.
pub(super) fn sub_end(rest: &str) -> Option<usize> {
    let rest = beginning(rest);
    rest.match_indices("</")
        .find_map(|(at, _)| match read(&rest[at..]) {
            Some((Element::Close(name), length)) if name == "sub" => Some(at + length),
            _ => None,
        })
}

/// The entity at the beginning of `rest` and its length in bytes.
pub(super) fn entity(rest: &str) -> Option<(char, usize)> {
    let known = [
        ("&amp;", '&'),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&quot;", '"'),
        ("&apos;", '\''),
    ];
    let (written, c) = known.into_iter().find(|(own, _)| rest.starts_with(own))?;
    Some((c, written.len()))
}

fn decoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let (c, length) = entity(rest).unwrap_or((c, c.len_utf8()));
        out.push(c);
        rest = &rest[length..];
    }
    out
}
