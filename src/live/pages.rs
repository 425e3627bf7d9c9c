//! The pages: the operator's console and the viewer's page, hand-written and embedded.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use axum::response::{Html, IntoResponse as _, Response};
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::{App, Room, SayBox};

const WATCH: &str = include_str!("page/watch.html");
const CONSOLE: &str = include_str!("page/console.html");
/// Everything comes from here, nothing from elsewhere, and no page of another site may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     media-src 'self' blob: mediastream:; connect-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'self'";

/// Scripts and styles: name, type, text.
const FILES: [(&str, &str, &str); 5] = [
    (
        "style.css",
        "text/css; charset=utf-8",
        include_str!("page/style.css"),
    ),
    (
        "watch.js",
        "text/javascript; charset=utf-8",
        include_str!("page/watch.js"),
    ),
    (
        "words.js",
        "text/javascript; charset=utf-8",
        include_str!("page/words.js"),
    ),
    (
        "console.js",
        "text/javascript; charset=utf-8",
        include_str!("page/console.js"),
    ),
    ("icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
];

/// `GET /`: the console. It holds nothing itself; what it shows comes from the API, with the token.
pub(super) async fn console() -> Response {
    page(CONSOLE.to_owned())
}

/// `GET /watch/{room}`.
pub(super) async fn watch(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let room = app
        .rooms
        .get(&id)
        .ok_or_else(|| Refusal::unknown_room(&id))?;
    let html = WATCH
        .replace("{lang}", room.language.as_deref().unwrap_or("en"))
        .replace("{room}", &escape(&about(room).to_string()))
        .replace("{title}", &escape(&room.title));
    Ok(page(html))
}

/// What the viewer page knows of its room.
fn about(room: &Room) -> Value {
    let voices: Vec<Value> = room
        .voices
        .iter()
        .map(|voice| json!({ "id": voice.id, "label": voice.label, "language": voice.language }))
        .collect();
    json!({
        "id": room.handle.id(),
        "title": room.title,
        "language": room.language,
        "sayBox": room.say_box == SayBox::Shown,
        "voices": voices,
    })
}

/// `GET /page/{file}`.
pub(super) async fn file(Path(name): Path<String>) -> Result<Response, Refusal> {
    FILES
        .iter()
        .find(|(known, _, _)| *known == name)
        .map(|(_, media_type, text)| {
            (
                [
                    (header::CONTENT_TYPE, *media_type),
                    (header::CACHE_CONTROL, "no-cache"),
                ],
                *text,
            )
                .into_response()
        })
        .ok_or_else(|| Refusal::not_found(format!("there is no page file `{name}`")))
}

fn page(html: String) -> Response {
    const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
    (
        [
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (PERMISSIONS, "camera=(), microphone=(), geolocation=()"),
            (header::CACHE_CONTROL, "no-cache"),
        ],
        Html(html),
    )
        .into_response()
}

/// For HTML text and attribute values.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // The page's own placeholders.
            '{' => escaped.push_str("&#123;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_become_markup() {
        let escaped = escape("<script>'\"&{title}");
        assert!(!escaped.contains(['<', '>', '"', '\'', '{']), "{escaped}");
    }

    #[test]
    fn pages_load_nothing_from_elsewhere() {
        for text in FILES
            .iter()
            .map(|(_, _, text)| *text)
            .chain([WATCH, CONSOLE])
        {
            for line in text.lines().filter(|line| line.contains("://")) {
                assert!(line.contains("www.w3.org/2000/svg"), "{line}");
            }
        }
    }
}
