//! WHEP over HTTP (draft-ietf-wish-whep): offers, candidates that come later, the end.

use std::sync::Arc;

use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;

use super::App;
use super::api::has_type;
use super::refusal::Refusal;
use crate::engine::RoomState;
use crate::output::webrtc::Error;

/// The largest offer: a browser's with every codec it knows has about 10 kB.
pub(super) const MAX_SDP_BYTES: usize = 64 << 10;
const SDP: &str = "application/sdp";
const SDP_FRAGMENT: &str = "application/trickle-ice-sdpfrag";
const ACCEPT_POST: header::HeaderName = header::HeaderName::from_static("accept-post");
const ACCEPT_PATCH: header::HeaderName = header::HeaderName::from_static("accept-patch");
/// When a room that is loading will be on air, in seconds: a guess.
const STARTING_RETRY_SECS: u16 = 2;
/// When a place in a full room may be free, in seconds.
const FULL_RETRY_SECS: u16 = 10;

/// `POST /whep/{room}`: an offer; 201 with the answer.
pub(super) async fn offer(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let room = app
        .rooms
        .get(&id)
        .ok_or_else(|| Refusal::unknown_room(&id))?;
    if !has_type(&headers, SDP) {
        return Err(wrong_type(SDP).with(ACCEPT_POST, HeaderValue::from_static(SDP)));
    }
    match room.handle.snapshot().state {
        RoomState::Starting => {
            return Err(Refusal::unavailable(
                "the room is about to go on air: try again in a moment",
                STARTING_RETRY_SECS,
            ));
        }
        RoomState::Ended => {
            return Err(Refusal::unavailable("the room is off air", FULL_RETRY_SECS));
        }
        _ => {}
    }
    let offer = text(body)?;
    let session = app
        .whep
        .accept(&id, &offer)
        .await
        .map_err(|error| refuse(&error))?;
    let location = format!("/whep/{id}/{}", session.id);
    Ok((
        StatusCode::CREATED,
        [
            (header::CONTENT_TYPE, SDP.to_owned()),
            (header::LOCATION, location),
            (ACCEPT_PATCH, SDP_FRAGMENT.to_owned()),
        ],
        session.answer_sdp,
    )
        .into_response())
}

/// `PATCH /whep/{room}/{session}`: candidates that came later.
pub(super) async fn trickle(
    State(app): State<Arc<App>>,
    Path((room, session)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Refusal> {
    check_session(&app, &room, &session)?;
    if !has_type(&headers, SDP_FRAGMENT) {
        return Err(
            wrong_type(SDP_FRAGMENT).with(ACCEPT_PATCH, HeaderValue::from_static(SDP_FRAGMENT))
        );
    }
    let fragment = text(body)?;
    app.whep
        .trickle(&session, &fragment)
        .await
        .map_err(|error| refuse(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /whep/{room}/{session}`: the viewer goes.
pub(super) async fn end(
    State(app): State<Arc<App>>,
    Path((room, session)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    check_session(&app, &room, &session)?;
    if app.whep.close(&session).await {
        Ok(StatusCode::OK)
    } else {
        Err(refuse(&Error::UnknownSession))
    }
}

/// `OPTIONS /whep/{room}`: what may be posted. Pages of other sites get no permission.
pub(super) async fn options() -> Response {
    (
        StatusCode::NO_CONTENT,
        [(header::ALLOW, "POST, OPTIONS"), (ACCEPT_POST, SDP)],
    )
        .into_response()
}

/// `OPTIONS /whep/{room}/{session}`.
pub(super) async fn session_options() -> Response {
    (
        StatusCode::NO_CONTENT,
        [
            (header::ALLOW, "DELETE, PATCH, OPTIONS"),
            (ACCEPT_PATCH, SDP_FRAGMENT),
        ],
    )
        .into_response()
}

fn check_session(app: &App, room: &str, session: &str) -> Result<(), Refusal> {
    if app.whep.room_of(session).as_deref() == Some(room) {
        Ok(())
    } else {
        Err(refuse(&Error::UnknownSession))
    }
}

fn wrong_type(wanted: &str) -> Refusal {
    Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        format!("send `Content-Type: {wanted}`"),
    )
}

fn text(body: Result<Bytes, BytesRejection>) -> Result<String, Refusal> {
    let body = body.map_err(|rejection| Refusal::of_body(&rejection, MAX_SDP_BYTES))?;
    String::from_utf8(body.into())
        .map_err(|_not_text| Refusal::bad_request("the body is not SDP: it is not even text"))
}

fn refuse(error: &Error) -> Refusal {
    let message = error.to_string();
    match error {
        Error::UnknownRoom(_) | Error::UnknownSession => Refusal::not_found(message),
        Error::BadOffer(_) => Refusal::bad_request(message),
        Error::Unsupported(_) => Refusal::unprocessable(message),
        Error::Full { .. } => Refusal::unavailable(message, FULL_RETRY_SECS),
        Error::Bind { .. } => {
            tracing::warn!("a viewer was refused: {message}");
            Refusal::unavailable(message, FULL_RETRY_SECS)
        }
        Error::Internal(_) | Error::Start(_) => {
            tracing::error!("a viewer was refused: {message}");
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, message)
        }
    }
}
