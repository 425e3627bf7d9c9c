use super::*;
use proptest::prelude::*;

fn gestures() -> Vec<Arc<str>> {
    [
        "wave",
        "point-card",
        "thumbs-up",
        "比心",
        "heart",
        "no",
        "nod",
        "open",
    ]
    .map(Arc::from)
    .to_vec()
}

fn read(text: &str) -> Markup {
    let hosts = [HostId::new("lina"), HostId::new("chen")];
    parse(
        text,
        &Names {
            gestures: &gestures(),
            hosts: &hosts,
        },
    )
}

/// The words of all pieces, a pause as `|`.
fn words(markup: &Markup) -> String {
    let word = |piece: &Piece| match &piece.content {
        Content::Speech(text) => text.clone(),
        Content::Pause { .. } => "|".to_owned(),
    };
    markup.pieces.iter().map(word).collect()
}

/// The words of a text with one piece, and its cues.
fn only(text: &str) -> (String, Vec<(usize, Cue)>) {
    let markup = read(text);
    assert_eq!(markup.warnings, [""; 0], "{text}");
    assert_eq!(markup.pieces.len(), 1, "{text}");
    (words(&markup), markup.pieces[0].cues.clone())
}

fn feel(feeling: Emotion) -> Cue {
    Cue::Act(Act::Feel(feeling))
}

fn gesture(name: &str) -> Cue {
    Cue::Act(Act::Gesture(name.into()))
}

fn look(focus: Focus) -> Cue {
    Cue::Act(Act::Look(Some(focus)))
}

#[test]
fn tags_are_lifted_out_at_their_place() {
    let (text, cues) = only("[joy] Hello [wave] dear [WARMTH]friends[/warmth] [mark Open now].");
    assert_eq!(text, "Hello dear friends.");
    assert_eq!(
        cues,
        [
            (0, feel(Emotion::Joy)),
            (6, gesture("wave")),
            (11, feel(Emotion::Warmth)),
            (18, Cue::EndFeeling),
            (18, Cue::Mark("Open now".into())),
        ]
    );
    let (text, cues) = only("大家好[比心]，看[look left]这边[look]");
    assert_eq!(text, "大家好，看这边");
    assert_eq!(
        cues,
        [
            (3, gesture("比心")),
            (5, look(Focus::Left)),
            (7, Cue::Act(Act::Look(None))),
        ]
    );
    assert_eq!(
        only("[look Chen] Right?").1,
        [(0, look(Focus::Host(HostId::new("chen"))))]
    );
}

#[test]
fn a_card_is_looked_at_until_the_clause_ends() {
    let (text, cues) = only("So [card] this one, in blue, costs 3.5 dollars.");
    assert_eq!(text, "So this one, in blue, costs 3.5 dollars.");
    assert_eq!(
        cues,
        [
            (3, look(Focus::Card)),
            (3, gesture("point-card")),
            (3, Cue::Mark("card".into())),
            (12, Cue::Act(Act::Look(None))),
        ]
    );
    let (_, cues) = only("[card]这款保温杯今天只要九十九元");
    assert_eq!(cues[3], (13, Cue::Act(Act::Look(None))));
}

#[test]
fn pauses_and_hosts_cut_the_text() {
    let markup =
        read("One.[pause 1.5s]Two.[reading 3s] [host chen] [wave] Three. <break time='250ms'/>");
    assert_eq!(markup.warnings, [""; 0]);
    let told: Vec<_> = markup
        .pieces
        .iter()
        .map(|piece| match &piece.content {
            Content::Speech(text) => (text.trim().to_owned(), None, piece.cues.len()),
            Content::Pause { length, activity } => (
                activity.name().to_owned(),
                Some(length.as_millis_f64()),
                piece.cues.len(),
            ),
        })
        .collect();
    let pause = |name: &str, millis| (name.to_owned(), Some(millis), 0);
    assert_eq!(
        told,
        [
            ("One.".to_owned(), None, 0),
            pause("speaking", 1500.0),
            ("Two.".to_owned(), None, 0),
            pause("reading", 3000.0),
            ("Three.".to_owned(), None, 1),
            pause("speaking", 250.0),
        ]
    );
    let speakers: Vec<_> = markup
        .pieces
        .iter()
        .map(|piece| piece.speaker.is_some())
        .collect();
    assert_eq!(speakers, [false, false, false, false, true, true]);
    let long = read("[away 99999s]");
    assert_eq!(long.warnings.len(), 1);
    let Content::Pause { length, .. } = long.pieces[0].content else {
        panic!("{long:?}");
    };
    assert_eq!(length.as_secs_f64(), MAX_PAUSE_SECS);
}

#[test]
fn what_has_no_words_goes_on_to_what_follows() {
    let markup = read("[wave][pause 2s]");
    assert_eq!(markup.pieces.len(), 1);
    assert_eq!(markup.pieces[0].cues, [(0, gesture("wave"))]);
    let markup = read("[wave]");
    assert_eq!(markup.pieces[0].content, Content::Speech(String::new()));
    let markup = read("Bye. [wave]");
    assert_eq!(markup.pieces[0].cues, [(5, gesture("wave"))]);
}

#[test]
fn elements_as_in_ssml() {
    let (text, cues) = only(
        "<speak><p><s>This is <emphasis level=\"strong\">new</emphasis>.</s><s>Tom &amp; Ann</s></p>\
         <emotion name='joy'>go <emotion name=\"surprise\">on</emotion> now</emotion><mark name=\"x\"/>\
         <gesture name='thumbs-up'/> for <sub alias=\"World Wide Web\">WWW</sub>!</speak><!-- note -->",
    );
    assert_eq!(
        text,
        "This is new.\nTom & Ann\ngo on now for World Wide Web!"
    );
    assert_eq!(
        cues,
        [
            (8, Cue::Act(Act::Stress)),
            (23, feel(Emotion::Joy)),
            (26, feel(Emotion::Surprise)),
            (28, feel(Emotion::Joy)),
            (32, Cue::EndFeeling),
            (32, Cue::Mark("x".into())),
            (32, gesture("thumbs-up")),
        ]
    );
    let markup =
        read("<prosody rate='fast'>Quick</prosody> <sub alias='x'>now <mark name=\"y>here");
    assert_eq!(words(&markup), "Quick now here");
    assert!(!markup.warnings.is_empty());
}

#[test]
fn what_is_no_tag_stays_text_without_a_warning() {
    for text in [
        "a < b and 3<5, i <3 you, <- there, x<y",
        "[1] [sic] [2024-05-01] 【新品】 [this is a much longer remark than any tag may be, really]",
        "AT&amp;T &lt; ok & fine",
        "[ [ ]] [] << >> </ > <> < speak>",
        "[note] [red] [欢迎光临]",
        "Line one\n  line two\t.",
        "",
    ] {
        let markup = read(text);
        assert_eq!(words(&markup), text);
        assert_eq!(markup.warnings, [""; 0], "{text}");
    }
}

#[test]
fn what_looks_like_a_tag_is_told() {
    for (text, hint) in [
        ("[joyy] hi", "did you mean [joy]?"),
        ("[thumb-up] hi", "did you mean [thumbs-up]?"),
        ("[pause long] hi", "[pause 1.5s]"),
        ("[look there] hi", "camera"),
        ("[host bob] hi", "lina, chen"),
        ("[mark] hi", "[mark NAME]"),
    ] {
        let markup = read(text);
        assert_eq!(words(&markup), text);
        let told = markup.warnings.join(" ");
        assert!(told.contains(hint), "{text}: {told}");
    }
    for text in [
        "<gesture name='fly'/>hi",
        "<emotion name='rage'>hi</emotion>",
        "<mark/>hi",
        "<blink>hi</blink>",
    ] {
        let markup = read(text);
        assert_eq!(words(&markup), "hi");
        assert!(!markup.warnings.is_empty(), "{text}");
    }
    let flood = (0..100).map(|i| format!("<x{i}>")).collect::<String>();
    assert_eq!(read(&flood).warnings.len(), MAX_WARNINGS);
}

const TAGS: [&str; 16] = [
    "[joy]",
    "[/joy]",
    "[/]",
    "[wave]",
    "[比心]",
    "[look card]",
    "[look]",
    "[card]",
    "[mark a b]",
    "[pause 1s]",
    "[thinking 2s]",
    "[host chen]",
    "<mark name=\"x\"/>",
    "<emphasis>",
    "</emphasis>",
    "<break time='1s'/>",
];

proptest! {
    #[test]
    fn no_tag_is_ever_text(
        parts in prop::collection::vec((prop::sample::select(TAGS.to_vec()), "[a-z好]{1,4}"), 0..20),
    ) {
        let text: String = parts.iter().map(|(tag, word)| format!("{tag}{word}")).collect();
        let plain: String = parts.iter().map(|(_, word)| word.as_str()).collect();
        let markup = read(&text);
        prop_assert_eq!(words(&markup).replace('|', ""), plain);
        for piece in &markup.pieces {
            let end = match &piece.content {
                Content::Speech(text) => text.chars().count(),
                Content::Pause { .. } => 0,
            };
            prop_assert!(piece.cues.iter().all(|(place, _)| *place <= end));
            prop_assert!(piece.cues.is_sorted_by_key(|(place, _)| *place));
        }
    }

    #[test]
    fn text_without_tags_is_unchanged(text in "[^\\[<]*") {
        let markup = read(&text);
        if text.trim().is_empty() {
            prop_assert!(markup.pieces.is_empty());
        } else {
            prop_assert_eq!(words(&markup), text);
        }
        prop_assert!(markup.warnings.is_empty());
    }

    #[test]
    fn nothing_panics(text in "([a<>/\\[\\]\"'=&; .\\-!\n好😀]|joy|<mark |name=|<sub |alias=|</sub>|\\[pause |<!--|&amp;){0,80}") {
        let markup = read(&text);
        for piece in &markup.pieces {
            if let Content::Speech(text) = &piece.content {
                prop_assert!(piece.cues.iter().all(|(place, _)| *place <= text.chars().count()));
            }
        }
    }
}

#[test]
fn hostile_lengths_are_read_quickly() {
    for part in [
        "<",
        "[",
        "<sub alias='x'>",
        "<a b='",
        "[joy] ,",
        "</",
        "<!--",
        "&lt;<p>",
    ] {
        let text = part.repeat(100_000 / part.len());
        read(&text);
    }
}
