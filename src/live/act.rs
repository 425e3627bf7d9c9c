//! `POST /api/rooms/{room}/act`: gestures, looks, feelings and activities at the operator's wish.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::App;
use super::api::{operated, read};
use super::refusal::Refusal;
use crate::engine::{ActError, ActRequest};
use crate::media::{Activity, Emotion, Focus, HostId, MediaTime};

/// The largest body of the call.
pub(super) const MAX_ACT_BYTES: usize = 1 << 12;
/// How long a wish lasts that does not say so, and the limits of one that does, seconds.
const LASTS_SECS: f64 = 4.0;
const LIMITS_SECS: (f64, f64) = (0.1, 600.0);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActBody {
    gesture: Option<String>,
    emotion: Option<String>,
    look: Option<String>,
    activity: Option<String>,
    for_secs: Option<f64>,
    host: Option<String>,
}

/// What to look at, by name; any other word is a host, which the room checks.
fn focus(name: &str) -> Focus {
    match name {
        "camera" => Focus::Camera,
        "card" => Focus::Card,
        "comments" => Focus::Comments,
        "left" => Focus::Left,
        "right" => Focus::Right,
        "up" => Focus::Up,
        "down" => Focus::Down,
        host => Focus::Host(HostId::new(host)),
    }
}

/// The thing of this name, or what there is.
fn named<T>(
    name: Option<&str>,
    key: &str,
    find: impl Fn(&str) -> Option<T>,
    known: &[&str],
) -> Result<Option<T>, Refusal> {
    let Some(name) = name else { return Ok(None) };
    let known = || known.join(", ");
    let unknown = || Refusal::bad_request(format!("{key} `{name}` is none of: {}", known()));
    find(name).map(Some).ok_or_else(unknown)
}

impl TryFrom<ActBody> for ActRequest {
    type Error = Refusal;

    fn try_from(body: ActBody) -> Result<Self, Refusal> {
        let secs = body.for_secs.unwrap_or(LASTS_SECS);
        if !(LIMITS_SECS.0..=LIMITS_SECS.1).contains(&secs) {
            return Err(Refusal::unprocessable(format!(
                "for_secs {secs}: {} to {} are possible",
                LIMITS_SECS.0, LIMITS_SECS.1
            )));
        }
        let emotions = Emotion::ALL.map(Emotion::name);
        let activities = Activity::ALL.map(Activity::name);
        let request = Self {
            host: body.host.as_deref().map(HostId::new),
            gesture: body.gesture.map(Into::into),
            emotion: named(
                body.emotion.as_deref(),
                "emotion",
                Emotion::named,
                &emotions,
            )?,
            look: body.look.as_deref().map(focus),
            activity: named(
                body.activity.as_deref(),
                "activity",
                Activity::named,
                &activities,
            )?,
            lasts: MediaTime::from_secs_f64(secs),
        };
        let asks = request.gesture.is_some()
            || request.emotion.is_some()
            || request.look.is_some()
            || request.activity.is_some();
        if asks {
            Ok(request)
        } else {
            Err(Refusal::unprocessable(
                "nothing to do: send `gesture`, `emotion`, `look` or `activity`",
            ))
        }
    }
}

/// `POST /api/rooms/{room}/act`.
pub(super) async fn act(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Refusal> {
    let room = operated(&app, &id, &headers, "{\"gesture\": \"wave\"}")?;
    let body = body.map_err(|rejection| Refusal::of_body(&rejection, MAX_ACT_BYTES))?;
    let request: ActRequest = read::<ActBody>(&body, "act")?.try_into()?;
    room.handle.act(request).map_err(|error| match error {
        ActError::UnknownGesture { .. } | ActError::UnknownHost { .. } => {
            Refusal::bad_request(error.to_string())
        }
        ActError::Busy => Refusal::unavailable(error.to_string(), 1),
        ActError::OffAir => Refusal::unavailable(error.to_string(), 5),
    })?;
    Ok(Json(json!({ "accepted": true })))
}
