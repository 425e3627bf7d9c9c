//! Changing what a host wears over HTTP.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails where it stands, in helper functions too"
)]

use zhubo::engine::{RoomSnapshot, RoomState};

use crate::http::{ask, get, on_air};

#[test]
fn what_the_host_wears_is_changed_or_refused_with_a_reason() {
    let room = on_air();
    let wear = |path: &str, body: &str| {
        let json = [("Content-Type", "application/json")];
        ask(&room, "POST", path, &json, body.as_bytes())
    };
    let path = "/api/rooms/demo/outfit";
    let one = get(&room, "/api/rooms/demo").json();
    assert_eq!(one["outfit"], "blazer");
    assert_eq!(
        one["outfits"][1],
        serde_json::json!({"id": "casual", "name": "CASUAL"})
    );
    let answer = wear(path, r#"{"outfit": "casual"}"#);
    assert_eq!(
        (answer.status, answer.json()["outfit"].as_str()),
        (200, Some("casual"))
    );
    assert_eq!(get(&room, "/api/rooms/demo").json()["outfit"], "casual");
    assert_eq!(room.handle.outfit().unwrap().id, "casual");

    let unknown = wear(path, r#"{"outfit": "armour"}"#);
    assert_eq!(unknown.refused(), 400);
    assert!(unknown.body.contains("blazer, casual"), "{}", unknown.body);
    assert_eq!(
        wear("/api/rooms/other/outfit", r#"{"outfit": "casual"}"#).refused(),
        404
    );
    for (body, status) in [
        ("", 400),
        ("{}", 422),
        (r#"{"outfit": 1}"#, 422),
        (r#"{"outfit": "casual", "x": 1}"#, 422),
    ] {
        assert_eq!(wear(path, body).refused(), status, "{body}");
    }
    assert_eq!(
        wear(path, &format!("{{\"outfit\": \"{}\"}}", "x".repeat(5000))).refused(),
        413
    );
    assert_eq!(ask(&room, "POST", path, &[], b"{}").refused(), 415);
    assert_eq!(get(&room, path).refused(), 405);
    assert_eq!(room.handle.outfit().unwrap().id, "casual");
    room.handle.publish(RoomSnapshot {
        state: RoomState::Ended,
        ..RoomSnapshot::default()
    });
    assert_eq!(wear(path, r#"{"outfit": "blazer"}"#).refused(), 503);
}
