//! Tags in text: who speaks, feels, looks and moves how, from which character on.
//!
//! Two ways of writing are read: words in brackets (`[joy]`, `[wave]`, `[look card]`, `[pause 1.5s]`) and elements as in
//! SSML (`<mark name="x"/>`, `<break time="500ms"/>`). What is no tag stays text: `[1]`, `a < b`, `<3`, 【新品】.

mod bracket;
mod element;

use std::sync::Arc;

use crate::media::{Act, Activity, Emotion, Focus, HostId, MediaTime};

use bracket::Tag;
use element::Element;

/// The longest pause, seconds; the shortest is 0.
pub const MAX_PAUSE_SECS: f64 = 600.0;
/// More warnings than this about one text help nobody.
const MAX_WARNINGS: usize = 20;
/// A card is looked at for this many characters at least, then until the next mark of punctuation.
const CARD_CHARS: usize = 6;

/// What tags may call by name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names<'a> {
    /// Gestures, by their names and by all others.
    pub gestures: &'a [Arc<str>],
    /// Hosts.
    pub hosts: &'a [HostId],
}

/// What a piece holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Words without any tag.
    Speech(String),
    /// Silence.
    Pause {
        /// How long, 0 to [`MAX_PAUSE_SECS`].
        length: MediaTime,
        /// What the host is busy with.
        activity: Activity,
    },
}

/// What a tag asks for at one place.
#[derive(Clone, Debug, PartialEq)]
pub enum Cue {
    /// Do this. Feelings and looks last until the next one of their kind, over the ends of pieces too.
    Act(Act),
    /// The feeling that was asked for ends.
    EndFeeling,
    /// A named instant.
    Mark(String),
}

/// A stretch of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Who it is for; the first host when absent.
    pub speaker: Option<HostId>,
    /// What is said, or that nothing is.
    pub content: Content,
    /// What is asked for where, in characters of the words, in rising order; 0 in a pause.
    pub cues: Vec<(usize, Cue)>,
}

/// A text with its tags lifted out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Markup {
    /// In order.
    pub pieces: Vec<Piece>,
    /// What looks like a mistake, in words.
    pub warnings: Vec<String>,
}

/// Lifts the tags out of `text`. Never fails: what cannot be read as a tag is text.
///
/// Entities (`&amp;`) are decoded only where the text has at least one element known here; else `&` is an ordinary sign.
pub fn parse(text: &str, names: &Names<'_>) -> Markup {
    let mut parser = Parser {
        is_ssml: element::is_used(text),
        ..Parser::default()
    };
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '[' => parser.bracket(rest, names),
            '<' => parser.element(rest, names),
            '&' if parser.is_ssml => parser.entity(rest),
            _ => None,
        };
        rest = &rest[length.unwrap_or_else(|| {
            parser.character(c);
            c.len_utf8()
        })..];
    }
    parser.finish()
}

#[derive(Debug, Default)]
struct Parser {
    is_ssml: bool,
    markup: Markup,
    speaker: Option<HostId>,
    /// The piece being read, and its length in characters.
    text: String,
    chars: usize,
    cues: Vec<(usize, Cue)>,
    feeling: Option<Emotion>,
    /// The feelings around open `<emotion>` elements.
    outer: Vec<Option<Emotion>>,
    /// Since which character a `[card]` is looked at.
    card: Option<usize>,
    /// Whether a tag was lifted out just before.
    after_tag: bool,
}

impl Parser {
    /// Adds one character of text; around a tag that was lifted out, one space of two goes with it, and so does a space
    /// before punctuation.
    fn character(&mut self, c: char) {
        let spaced = self.text.is_empty() || self.text.ends_with([' ', '\t']);
        if self.after_tag && spaced {
            if matches!(c, ' ' | '\t') {
                return;
            }
            if is_clause_mark(c) && !self.text.is_empty() {
                let kept = self.text.trim_end_matches([' ', '\t']).len();
                self.chars -= self.text.len() - kept;
                self.text.truncate(kept);
                let behind = self.cues.iter_mut().rev();
                for (place, _) in behind.take_while(|(place, _)| *place > self.chars) {
                    *place = self.chars;
                }
            }
        }
        self.after_tag = false;
        let in_number = self.text.ends_with(|c: char| c.is_ascii_digit());
        self.text.push(c);
        self.chars += 1;
        if is_clause_mark(c)
            && !(in_number && c.is_ascii())
            && self
                .card
                .is_some_and(|since| self.chars > since + CARD_CHARS)
        {
            self.look(None);
        }
    }

    fn cue(&mut self, cue: Cue) {
        self.cues.push((self.chars, cue));
    }

    fn look(&mut self, focus: Option<Focus>) {
        self.card = None;
        self.cue(Cue::Act(Act::Look(focus)));
    }

    fn feel(&mut self, feeling: Option<Emotion>) {
        if feeling != self.feeling {
            self.feeling = feeling;
            self.cue(feeling.map_or(Cue::EndFeeling, |feeling| Cue::Act(Act::Feel(feeling))));
        }
    }

    fn warn(&mut self, words: String) {
        if self.markup.warnings.len() < MAX_WARNINGS && !self.markup.warnings.contains(&words) {
            self.markup.warnings.push(words);
        }
    }

    /// Reads a tag in brackets; gives its length in bytes.
    fn bracket(&mut self, rest: &str, names: &Names<'_>) -> Option<usize> {
        let (inside, length) = bracket::read(rest)?;
        match bracket::understand(inside, names) {
            Ok(tag) => self.tag(tag),
            Err(warning) => {
                if let Some(warning) = warning {
                    self.warn(format!("[{inside}] is read as text: {warning}"));
                }
                return None;
            }
        }
        self.after_tag = true;
        Some(length)
    }

    fn tag(&mut self, tag: Tag) {
        match tag {
            Tag::Feel(feeling) => self.feel(feeling),
            Tag::Gesture(name) => self.cue(Cue::Act(Act::Gesture(name))),
            Tag::Look(focus) => self.look(focus),
            Tag::Card => {
                self.look(Some(Focus::Card));
                self.cue(Cue::Act(Act::Gesture("point-card".into())));
                self.cue(Cue::Mark("card".to_owned()));
                self.card = Some(self.chars);
            }
            Tag::Mark(name) => self.cue(Cue::Mark(name)),
            Tag::Pause(secs, activity) => self.pause(secs, activity),
            Tag::Host(host) => {
                if self.speaker.as_ref() != Some(&host) {
                    self.end_piece();
                    self.speaker = Some(host);
                    // Feelings and looks are those of the one who spoke.
                    (self.feeling, self.card) = (None, None);
                    self.outer.clear();
                }
            }
        }
    }

    /// A silent stretch; a pause without an activity of its own belongs to the speech unless it is long.
    fn pause(&mut self, secs: f64, activity: Option<Activity>) {
        if secs > MAX_PAUSE_SECS {
            self.warn(format!(
                "a pause of {secs} s is longer than {MAX_PAUSE_SECS} s and was cut to that"
            ));
        }
        let secs = secs.min(MAX_PAUSE_SECS);
        self.end_piece();
        let content = Content::Pause {
            length: MediaTime::from_secs_f64(secs),
            activity: activity.unwrap_or(if secs > 3.0 {
                Activity::Idle
            } else {
                Activity::Speaking
            }),
        };
        let cues = std::mem::take(&mut self.cues);
        self.push(content, cues);
    }

    fn push(&mut self, content: Content, cues: Vec<(usize, Cue)>) {
        self.markup.pieces.push(Piece {
            speaker: self.speaker.clone(),
            content,
            cues,
        });
    }

    /// Closes the piece being read. Where it has no words, what is asked for goes on to the next one.
    fn end_piece(&mut self) {
        if self.text.trim().is_empty() {
            self.text.clear();
            for (place, _) in &mut self.cues {
                *place = 0;
            }
        } else {
            if self.card.is_some() {
                self.look(None);
            }
            let (text, cues) = (
                std::mem::take(&mut self.text),
                std::mem::take(&mut self.cues),
            );
            self.push(Content::Speech(text), cues);
        }
        self.chars = 0;
    }

    fn finish(mut self) -> Markup {
        self.end_piece();
        let cues = std::mem::take(&mut self.cues);
        if cues.is_empty() {
            return self.markup;
        }
        match self.markup.pieces.last_mut() {
            Some(Piece {
                speaker,
                content: Content::Speech(text),
                cues: own,
            }) if *speaker == self.speaker => {
                let end = text.chars().count();
                own.extend(cues.into_iter().map(|(_, cue)| (end, cue)));
            }
            _ => self.push(Content::Speech(String::new()), cues),
        }
        self.markup
    }

    /// Reads an element; gives its length in bytes.
    fn element(&mut self, rest: &str, names: &Names<'_>) -> Option<usize> {
        let (element, length) = element::read(rest)?;
        let shown = rest[..length].chars().take(40).collect::<String>();
        match &element {
            Element::Note => {}
            Element::Broken => self.warn(format!(
                "{shown} was left out: its end or a quote is missing"
            )),
            Element::Close(name) => match name.as_str() {
                "emotion" => {
                    if let Some(feeling) = self.outer.pop() {
                        self.feel(feeling);
                    }
                }
                "p" | "s" => self.break_line(),
                _ => {}
            },
            Element::Open { name, is_empty, .. } => match name.as_str() {
                "speak" => {}
                "p" | "s" => self.break_line(),
                "emphasis" => self.cue(Cue::Act(Act::Stress)),
                "emotion" => self.emotion(&element, *is_empty, &shown),
                "mark" => match element.value("name").and_then(bracket::mark_name) {
                    Some(name) => self.cue(Cue::Mark(name)),
                    None => self.warn(format!("{shown} has no name and was left out")),
                },
                "gesture" => self.gesture(&element, names, &shown),
                "break" => match element::break_secs(&element) {
                    Some(secs) => self.pause(secs, None),
                    None => self.warn(format!(
                        "{shown} was left out: write a time such as \"500ms\" or \"1.5s\""
                    )),
                },
                "sub" if !is_empty => {
                    let alias = element
                        .value("alias")
                        .filter(|alias| !alias.trim().is_empty());
                    if let (Some(alias), Some(close)) = (alias, element::sub_end(&rest[length..])) {
                        alias.chars().for_each(|c| self.character(c));
                        self.after_tag = true;
                        return Some(length + close);
                    }
                    self.warn(format!(
                        "{shown} has no alias or no </sub>: its words are said"
                    ));
                }
                _ => self.warn(format!(
                    "{shown} is not known here: only its content is said"
                )),
            },
        }
        self.after_tag = true;
        Some(length)
    }

    fn emotion(&mut self, element: &Element, is_empty: bool, shown: &str) {
        let name = element.value("name").unwrap_or_default();
        if !is_empty {
            self.outer.push(self.feeling);
        }
        match Emotion::named(&name.trim().to_lowercase()) {
            Some(feeling) => self.feel(Some(feeling)),
            None => self.warn(format!("{shown} was left out: {}", bracket::feelings())),
        }
    }

    fn gesture(&mut self, element: &Element, names: &Names<'_>, shown: &str) {
        let name = element.value("name").unwrap_or_default();
        match bracket::gesture(name, names) {
            Some(name) => self.cue(Cue::Act(Act::Gesture(name))),
            None => self.warn(format!("{shown} was left out: no gesture has this name")),
        }
    }

    /// Paragraphs and sentences of SSML end what stands before them.
    fn break_line(&mut self) {
        if !self.text.trim().is_empty() && !self.text.ends_with('\n') {
            self.after_tag = false;
            self.character('\n');
        }
    }

    /// Reads an entity; gives its length in bytes.
    fn entity(&mut self, rest: &str) -> Option<usize> {
        let (c, length) = element::entity(rest)?;
        self.character(c);
        Some(length)
    }
}

/// Punctuation after which a clause or sentence is over.
fn is_clause_mark(c: char) -> bool {
    matches!(
        c,
        ',' | '.' | '!' | '?' | ';' | ':' | '…' | '，' | '。' | '！' | '？' | '；' | '：' | '、'
    )
}

#[cfg(test)]
mod tests;
