//! The routes, and the room API: list, state, say, outfit, health.

use std::sync::Arc;

use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::routing::{delete, get, post};
use axum::{Json, Router, middleware};
use bytes::Bytes;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::{App, Room, access, act, events, pages, whep};
use crate::engine::{Line, SEND_DELAY, SayError, SayMode, SayRequest, WearError};
use crate::media::{Emotion, HostId};

/// The largest `say`: 100 000 characters as JSON escapes of six bytes, and some more.
const MAX_SAY_BYTES: usize = 1 << 20;

/// The largest `outfit`.
const MAX_OUTFIT_BYTES: usize = 1 << 12;

/// All routes.
pub(super) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(pages::console))
        .route("/watch/{room}", get(pages::watch))
        .route("/page/{file}", get(pages::file))
        .route("/whep/{room}", post(whep::offer).options(whep::options))
        .route(
            "/whep/{room}/{session}",
            delete(whep::end)
                .patch(whep::trickle)
                .options(whep::session_options),
        )
        .layer(DefaultBodyLimit::max(whep::MAX_SDP_BYTES))
        .route(
            "/api/rooms/{room}/say",
            post(say).layer(DefaultBodyLimit::max(MAX_SAY_BYTES)),
        )
        .route(
            "/api/rooms/{room}/outfit",
            post(wear).layer(DefaultBodyLimit::max(MAX_OUTFIT_BYTES)),
        )
        .route(
            "/api/rooms/{room}/act",
            post(act::act).layer(DefaultBodyLimit::max(act::MAX_ACT_BYTES)),
        )
        .route("/api/rooms", get(rooms))
        .route("/api/rooms/{room}", get(room))
        .route("/api/rooms/{room}/events", get(events::stream))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            access::check,
        ))
        .with_state(app)
}

async fn not_found(uri: Uri) -> Refusal {
    Refusal::not_found(format!(
        "there is nothing at {}: the console is at /, viewers go to /watch/ROOM",
        uri.path()
    ))
}

async fn method_not_allowed() -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this address does not take that method: see the Allow header",
    )
}

/// The process is alive.
async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// Every room is on air.
async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, Json<Value>) {
    let rooms: serde_json::Map<_, _> = app
        .rooms
        .iter()
        .map(|(id, room)| (id.clone(), json!(room.handle.snapshot().state.name())))
        .collect();
    let ready = app
        .rooms
        .values()
        .all(|room| room.handle.snapshot().state.is_on_air());
    let (status, word) = if ready {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready")
    };
    (status, Json(json!({ "status": word, "rooms": rooms })))
}

/// `GET /api/rooms`.
async fn rooms(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    app.access.require_operator(&headers)?;
    let rooms: Vec<Value> = app.rooms.values().map(summary).collect();
    Ok(Json(json!({ "rooms": rooms })))
}

/// `GET /api/rooms/{room}`.
async fn room(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    app.access.require_operator(&headers)?;
    let room = app
        .rooms
        .get(&id)
        .ok_or_else(|| Refusal::unknown_room(&id))?;
    Ok(Json(details(room)))
}

fn summary(room: &Room) -> Value {
    let snapshot = room.handle.snapshot();
    json!({
        "id": room.handle.id(),
        "title": room.title,
        "state": snapshot.state.name(),
        "viewers": room.feed.viewers(),
        "queued": snapshot.queued,
        "caption": snapshot.caption,
        "watch": format!("/watch/{}", room.handle.id()),
    })
}

fn details(room: &Room) -> Value {
    let snapshot = room.handle.snapshot();
    let line = |line: &Line| json!({ "id": line.id, "text": line.text });
    let stats = snapshot.stats;
    let feed = room.feed.stats();
    let mut details = summary(room);
    let more = json!({
        "now": snapshot.now.as_ref().map(line),
        "next": snapshot.next.iter().map(line).collect::<Vec<_>>(),
        "activity": snapshot.activity.name(),
        "gesture": snapshot.gesture.as_deref(),
        "gestures": room.handle.gestures().collect::<Vec<_>>(),
        "hosts": room.handle.hosts().iter().map(HostId::as_str).collect::<Vec<_>>(),
        "outfit": room.handle.outfit().map(|outfit| &outfit.id),
        "outfits": room.handle.outfits().iter().map(|outfit| json!({
            "id": outfit.id, "name": outfit.name,
        })).collect::<Vec<_>>(),
        "voices": room.voices.iter().map(|voice| json!({
            "id": voice.id, "label": voice.label, "language": voice.language,
        })).collect::<Vec<_>>(),
        "input": snapshot.input.as_ref().map(|input| json!({
            "source": input.source,
            "open": input.open,
            "latency_ms": input.latency_ms() + SEND_DELAY.as_millis_f64(),
            "lookahead_ms": input.lookahead_ms,
            "buffer_ms": input.buffer_ms,
            "send_ms": SEND_DELAY.as_millis_f64(),
            "underruns": input.underruns,
            "lost_ms": input.lost_ms,
        })),
        "outputs": { "whep": {
            "viewers": feed.viewers,
            "joined": feed.joined,
            "lags": feed.lags,
            "video_dropped": feed.video_dropped,
            "audio_dropped": feed.audio_dropped,
            "keyframe_requests": feed.keyframe_requests,
        }},
        "health": {
            "on_air_secs": stats.on_air_secs,
            "frames_drawn": stats.frames_drawn,
            "frames_dropped": stats.frames_dropped,
            "late_ms": stats.late_ms,
            "origin_moves": stats.origin_moves,
            "devices_lost": stats.devices_lost,
            "picture_ms": stats.picture_ms,
            "failed_lines": stats.failed_lines,
            "last_incident": snapshot.last_incident,
        },
    });
    if let (Value::Object(details), Value::Object(more)) = (&mut details, more) {
        details.extend(more);
    }
    details
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SayBody {
    text: String,
    voice: Option<String>,
    #[serde(default)]
    mode: ModeName,
    #[serde(default, deserialize_with = "emotion")]
    emotion: Option<Emotion>,
    #[serde(default)]
    priority: i32,
    speaker: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ModeName {
    #[default]
    Append,
    Insert,
    Now,
}

/// An emotion by its name.
fn emotion<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Emotion>, D::Error> {
    let Some(name) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let unknown = || {
        let known = Emotion::ALL.map(Emotion::name).join(", ");
        D::Error::custom(format!("emotion `{name}` is none of: {known}"))
    };
    Emotion::named(&name).map(Some).ok_or_else(unknown)
}

impl From<SayBody> for SayRequest {
    fn from(body: SayBody) -> Self {
        Self {
            text: body.text,
            voice: body.voice.filter(|voice| !voice.is_empty()),
            mode: match body.mode {
                ModeName::Append => SayMode::Append,
                ModeName::Insert => SayMode::Insert,
                ModeName::Now => SayMode::Now,
            },
            emotion: body.emotion,
            priority: body.priority,
            speaker: body.speaker.as_deref().map(HostId::new),
        }
    }
}

/// `POST /api/rooms/{room}/say`.
async fn say(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Refusal> {
    let room = operated(&app, &id, &headers, "{\"text\": \"Hello\"}")?;
    let body = body.map_err(|rejection| Refusal::of_body(&rejection, MAX_SAY_BYTES))?;
    let request = read_say(&body)?;
    // Checking a voice may look at files, so it is kept off the async threads.
    let handle = room.handle.clone();
    let said = tokio::task::spawn_blocking(move || handle.say(request)).await;
    let said = said.map_err(|_died| {
        Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the voice check failed: see the log",
        )
    })?;
    let said = said.map_err(|error| refuse(&error))?;
    Ok(Json(json!({ "id": said.id, "warnings": said.warnings })))
}

fn read_say(body: &[u8]) -> Result<SayRequest, Refusal> {
    read::<SayBody>(body, "say").map(Into::into)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutfitBody {
    outfit: String,
}

/// `POST /api/rooms/{room}/outfit`.
async fn wear(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Refusal> {
    let room = operated(&app, &id, &headers, "{\"outfit\": \"casual\"}")?;
    let body = body.map_err(|rejection| Refusal::of_body(&rejection, MAX_OUTFIT_BYTES))?;
    let OutfitBody { outfit } = read(&body, "outfit")?;
    room.handle.wear(&outfit).map_err(|error| match error {
        WearError::Unknown(_) => Refusal::bad_request(error.to_string()),
        WearError::OffAir => Refusal::unavailable(error.to_string(), 5),
    })?;
    Ok(Json(json!({ "outfit": outfit })))
}

/// The body of a call named `what`.
pub(super) fn read<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("the body is not what `{what}` takes: {error}");
        if error.is_data() {
            Refusal::unprocessable(message)
        } else {
            Refusal::bad_request(message)
        }
    })
}

/// The room of a call that changes it, once the caller may and sends JSON; `example` is a body that would do.
pub(super) fn operated<'a>(
    app: &'a App,
    id: &str,
    headers: &HeaderMap,
    example: &str,
) -> Result<&'a Room, Refusal> {
    app.access.require_operator(headers)?;
    let room = app.rooms.get(id);
    let room = room.ok_or_else(|| Refusal::unknown_room(id))?;
    if has_type(headers, "application/json") {
        return Ok(room);
    }
    Err(Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        format!("send JSON with `Content-Type: application/json`, for example {example}"),
    ))
}

fn refuse(error: &SayError) -> Refusal {
    let message = error.to_string();
    match error {
        SayError::Empty | SayError::TooLong { .. } => Refusal::unprocessable(message),
        SayError::Voice(_) | SayError::UnknownHost { .. } => Refusal::bad_request(message),
        SayError::Busy => Refusal::unavailable(message, 1),
        SayError::OffAir => Refusal::unavailable(message, 5),
    }
}

/// Whether the body is of this media type, parameters aside.
pub(super) fn has_type(headers: &HeaderMap, media_type: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|given| given.trim().eq_ignore_ascii_case(media_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_say_is_read_strictly() {
        let request = read_say(
            br#"{"text": "hi", "voice": "flite:slt", "mode": "now", "emotion": "joy", "priority": 2}"#,
        )
        .unwrap();
        assert_eq!(request.mode, SayMode::Now);
        assert_eq!(request.emotion, Some(Emotion::Joy));
        assert_eq!(request.voice.as_deref(), Some("flite:slt"));
        assert_eq!(request.priority, 2);
        for wrong in [
            &b""[..],
            b"hi",
            b"{}",
            b"[]",
            br#"{"text": 3}"#,
            br#"{"text": "hi", "txt": ""}"#,
            br#"{"text": "hi", "mode": "later"}"#,
            br#"{"text": "hi", "priority": 99999999999}"#,
            b"{\"text\": \"\xff\"}",
        ] {
            assert!(
                read_say(wrong).is_err(),
                "{}",
                String::from_utf8_lossy(wrong)
            );
        }
    }
}
