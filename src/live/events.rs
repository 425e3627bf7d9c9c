//! What happens in a room, as server-sent events.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_core::Stream;
use serde_json::json;
use tokio::sync::{broadcast, mpsc, watch};

use super::refusal::Refusal;
use super::{App, Room};
use crate::engine::{RoomEvent, RoomHandle, threads};

/// Events a slow client may lag behind before it misses some: a minute of captions.
const BACKLOG: usize = 256;
/// Events on their way to one client: a few seconds of captions.
const CLIENT_QUEUE: usize = 16;
/// Event streams of one room at a time.
const MAX_STREAMS: usize = 1000;
/// Silence is broken by a comment, so that neither proxies nor we take the stream for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How often the bridge looks whether the server has stopped.
const BRIDGE_POLL: Duration = Duration::from_millis(250);

/// Carries a room's events from the engine's channel to async subscribers, on a thread of its own.
pub(super) fn bridge(
    handle: &RoomHandle,
    stop: &watch::Sender<bool>,
) -> std::io::Result<broadcast::Sender<RoomEvent>> {
    let (sender, _) = broadcast::channel(BACKLOG);
    let events = handle.subscribe();
    let stopping = stop.subscribe();
    let to_clients = sender.clone();
    let run = move |()| {
        use crossbeam_channel::RecvTimeoutError::{Disconnected, Timeout};
        while !*stopping.borrow() {
            match events.recv_timeout(BRIDGE_POLL) {
                // Without listeners the event is simply gone.
                Ok(event) => {
                    to_clients.send(event).ok();
                }
                Err(Timeout) => {}
                Err(Disconnected) => break,
            }
        }
    };
    threads::spawn("zhubo-events", || Ok::<_, std::io::Error>(()), run)
        .map_err(std::io::Error::other)?;
    Ok(sender)
}

/// `GET /api/rooms/{room}/events`. Viewers get captions and states; marks and incidents are for the operator.
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refusal> {
    let room = app
        .rooms
        .get(&id)
        .ok_or_else(|| Refusal::unknown_room(&id))?;
    if room.events.receiver_count() >= MAX_STREAMS {
        return Err(Refusal::unavailable(
            "too many listeners: try again later",
            5,
        ));
    }
    let is_operator = app.access.is_operator(&headers);
    let (to_client, from_room) = mpsc::channel(CLIENT_QUEUE);
    tokio::spawn(forward(
        room.events.subscribe(),
        at_once(room),
        to_client,
        app.stopping.clone(),
        is_operator,
    ));
    Ok(Sse::new(Events(from_room)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// What somebody who comes late needs to know.
fn at_once(room: &Room) -> [RoomEvent; 2] {
    let snapshot = room.handle.snapshot();
    [
        RoomEvent::State(snapshot.state),
        RoomEvent::Caption(snapshot.caption),
    ]
}

async fn forward(
    mut events: broadcast::Receiver<RoomEvent>,
    first: [RoomEvent; 2],
    client: mpsc::Sender<Event>,
    mut stopping: watch::Receiver<bool>,
    is_operator: bool,
) {
    for event in &first {
        client.send(to_sse(event)).await.ok();
    }
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            () = client.closed() => return,
            _ = stopping.wait_for(|stop| *stop) => return,
        };
        match event {
            Ok(RoomEvent::Mark(_) | RoomEvent::Incident(_)) if !is_operator => {}
            Ok(event) => {
                if client.send(to_sse(&event)).await.is_err() {
                    return;
                }
            }
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

fn to_sse(event: &RoomEvent) -> Event {
    let (name, data) = match event {
        RoomEvent::Caption(text) => ("caption", json!({ "text": text })),
        RoomEvent::Mark(mark) => ("mark", json!({ "name": mark })),
        RoomEvent::State(state) => ("state", json!({ "state": state.name() })),
        RoomEvent::Incident(text) => ("incident", json!({ "text": text })),
    };
    Event::default().event(name).data(data.to_string())
}

struct Events(mpsc::Receiver<Event>);

impl Stream for Events {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|event| event.map(Ok))
    }
}
