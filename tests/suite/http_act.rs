//! Gestures, looks, feelings and activities over HTTP.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails where it stands, in helper functions too"
)]

use zhubo::engine::{Request, RoomSnapshot, RoomState};
use zhubo::media::{Activity, Emotion, Focus, HostId, MediaTime};

use crate::http::{Answer, Room, ask, get, on_air};

fn act(room: &Room, body: &str) -> Answer {
    let json = [("Content-Type", "application/json")];
    ask(room, "POST", "/api/rooms/demo/act", &json, body.as_bytes())
}

#[test]
fn what_is_asked_of_a_host_reaches_the_engine() {
    let room = on_air();
    let body = r#"{"gesture": "挥手", "emotion": "joy", "look": "card", "activity": "reading", "for_secs": 2.5, "host": "chen"}"#;
    let answer = act(&room, body);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let Request::Act(request) = room.inbox.try_recv().unwrap() else {
        panic!("it was not said but done")
    };
    assert_eq!(request.gesture.as_deref(), Some("挥手"));
    assert_eq!(request.emotion, Some(Emotion::Joy));
    assert_eq!(request.look, Some(Focus::Card));
    assert_eq!(request.activity, Some(Activity::Reading));
    assert_eq!(request.lasts, MediaTime::from_millis(2500));
    assert_eq!(request.host, Some(HostId::new("chen")));

    assert_eq!(act(&room, r#"{"look": "lina"}"#).status, 200);
    let Request::Act(request) = room.inbox.try_recv().unwrap() else {
        panic!("it was not said but done")
    };
    assert_eq!(request.look, Some(Focus::Host(HostId::new("lina"))));
}

#[test]
fn what_cannot_be_done_is_refused_with_what_can() {
    let room = on_air();
    for (body, status, told) in [
        (r#"{"gesture": "moonwalk"}"#, 400, "wave"),
        (r#"{"emotion": "rage"}"#, 400, "excitement"),
        (r#"{"activity": "sleeping"}"#, 400, "thinking"),
        (r#"{"look": "moon"}"#, 400, "lina, chen"),
        (r#"{"gesture": "wave", "host": "bob"}"#, 400, "lina, chen"),
        (r#"{"gesture": "wave", "for_secs": 1e9}"#, 422, "600"),
        (r#"{"gesture": "wave", "for_secs": -1}"#, 422, "0.1"),
        ("{}", 422, "gesture"),
        (r#"{"dance": "wave"}"#, 422, "dance"),
        ("[]", 422, "act"),
        ("", 400, "act"),
    ] {
        let answer = act(&room, body);
        assert!(answer.body.contains(told), "{body}: {}", answer.body);
        assert_eq!(answer.refused(), status, "{body}");
    }
    assert!(room.inbox.is_empty());
    room.handle.publish(RoomSnapshot {
        state: RoomState::Ended,
        ..RoomSnapshot::default()
    });
    assert_eq!(get(&room, "/api/rooms/demo/act").refused(), 405);
}

#[test]
fn a_room_tells_what_its_hosts_can_do() {
    let room = on_air();
    let mut one = get(&room, "/api/rooms/demo").json();
    assert_eq!(one["gestures"], serde_json::json!(["wave"]));
    assert_eq!(one["hosts"], serde_json::json!(["lina", "chen"]));
    assert_eq!(one["activity"], "idle");
    room.handle.publish(RoomSnapshot {
        state: RoomState::Thinking,
        activity: Activity::Thinking,
        gesture: Some("think".into()),
        ..RoomSnapshot::default()
    });
    one = get(&room, "/api/rooms/demo").json();
    assert_eq!(
        (&one["state"], &one["gesture"]),
        (&"thinking".into(), &"think".into())
    );
    assert_eq!(get(&room, "/readyz").status, 200);
}

#[test]
fn a_line_may_name_its_speaker_and_warns_of_tags_that_look_wrong() {
    let room = on_air();
    let say = |body: &str| {
        let json = [("Content-Type", "application/json")];
        ask(&room, "POST", "/api/rooms/demo/say", &json, body.as_bytes())
    };
    let answer = say(r#"{"text": "[joyy] Hello. [wave] Bye!", "speaker": "chen"}"#);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let warnings = answer.json()["warnings"].to_string();
    assert!(
        warnings.contains("joyy") && warnings.contains("joy"),
        "{warnings}"
    );
    let Request::Say(line) = room.inbox.try_recv().unwrap() else {
        panic!("a line was said")
    };
    let chen = Some(HostId::new("chen"));
    assert!(
        line.sentences
            .iter()
            .all(|sentence| sentence.speaker == chen)
    );
    assert_eq!(line.sentences[1].text, "Bye!");
    assert_eq!(line.sentences[1].acts.len(), 1);
    assert_eq!(say(r#"{"text": "hi", "speaker": "bob"}"#).refused(), 400);
}
