//! Who does what: from what is heard, prepared and wished for to the situation of each host.

use std::sync::Arc;

use super::player::Heard;
use crate::input::Moving;
use crate::media::{Activity, Emotion, Focus, HostId, MediaTime};
use crate::motion::{Places, Situation, SpeechNow};

/// A reply that takes longer than this to prepare makes a host think; a shorter one would only make it twitch.
const THINKS_AFTER: MediaTime = MediaTime::from_millis(300);
/// A host stays taken over this long after the last live word.
const TAKEN_OVER_FOR: MediaTime = MediaTime::from_millis(1500);

/// What an operator asks of a host for a while.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// What the face is to show.
    pub feeling: Option<Emotion>,
    /// What to look at.
    pub focus: Option<Focus>,
    /// What to be busy with while nothing is said.
    pub activity: Option<Activity>,
}

/// One instant of a show.
pub(super) struct Moment<'a> {
    pub at: MediaTime,
    pub heard: &'a Heard,
    /// Live sound, where it may be heard.
    pub live: Option<Moving>,
}

/// The hosts of a show and what is known of each beside its words.
#[derive(Debug)]
pub struct Cast {
    hosts: Vec<HostId>,
    places: Vec<Arc<Places>>,
    /// What is wished for and until when, for each host.
    wishes: Vec<Vec<(MediaTime, Wish)>>,
    /// Since when the next sentence is being prepared.
    preparing_since: Option<MediaTime>,
    /// When the last live word was heard.
    live_at: Option<MediaTime>,
}

impl Cast {
    /// Hosts that see everything at its usual place.
    pub(super) fn new(hosts: &[HostId]) -> Self {
        Self {
            hosts: hosts.to_vec(),
            places: vec![Arc::default(); hosts.len()],
            wishes: vec![Vec::new(); hosts.len()],
            preparing_since: None,
            live_at: None,
        }
    }

    /// Says where things are, as each host sees them.
    pub(super) fn place(&mut self, places: Vec<Places>) {
        for (own, places) in self.places.iter_mut().zip(places) {
            *own = Arc::new(places);
        }
    }

    /// Says whether a sentence is being prepared at `at` with nothing to say before it.
    pub fn prepares(&mut self, at: MediaTime, preparing: bool) {
        if preparing {
            self.preparing_since.get_or_insert(at);
        } else {
            self.preparing_since = None;
        }
    }

    /// Asks something of the host at this place until `until`; a later wish goes before an earlier one.
    pub fn wish(&mut self, host: usize, until: MediaTime, wish: Wish) {
        if let Some(wishes) = self.wishes.get_mut(host) {
            wishes.push((until, wish));
        }
    }

    /// The situation of each host.
    pub(super) fn situations(&mut self, moment: &Moment<'_>) -> Vec<Situation> {
        let Moment { at, heard, live } = moment;
        if live.as_ref().is_some_and(|live| live.speaking) {
            self.live_at = Some(*at);
        }
        let taken_over =
            live.is_some() && self.live_at.is_some_and(|last| *at - last < TAKEN_OVER_FOR);
        let thinks = self
            .preparing_since
            .is_some_and(|since| *at - since >= THINKS_AFTER);
        let speaker = if taken_over {
            self.hosts.first()
        } else {
            heard.speaker.as_ref()
        };
        for wishes in &mut self.wishes {
            wishes.retain(|(until, _)| until > at);
        }
        let first = self.hosts.first();
        let hosts = self.hosts.iter().zip(&self.places).zip(&self.wishes);
        let situations = hosts.map(|((host, places), wishes)| {
            let speaks = speaker == Some(host);
            // Somebody must think about the answer and read what is written: the first.
            let leads = speaks || (speaker.is_none() && first == Some(host));
            let mut situation = Situation {
                activity: match (heard.activity, speaker) {
                    _ if speaks && taken_over => Activity::TakenOver,
                    (Some(activity), _) if speaks => activity,
                    (Some(Activity::Speaking), Some(_)) => Activity::Listening,
                    (None, _) if thinks && leads => Activity::Thinking,
                    _ if taken_over => Activity::Listening,
                    _ => Activity::Idle,
                },
                places: Arc::clone(places),
                ..Situation::default()
            };
            if speaks {
                situation.speech = heard.speech;
                situation.now.clone_from(&heard.now);
            }
            if let Some(live) = live.as_ref().filter(|_| first == Some(host)) {
                add(&mut situation.speech, live);
            }
            if let (Activity::Listening, Some(speaker)) = (situation.activity, speaker) {
                situation.focus = Some(Focus::Host(speaker.clone()));
            }
            let before = heard.before.iter().find(|(own, _)| own == host);
            situation.before = before.map(|(_, spoken)| spoken.clone());
            let next = heard.next.as_ref();
            let next = next.filter(|next| next.utterance.speaker == *host);
            situation.next = next.map(|next| next.spoken.clone());
            for (_, wish) in wishes {
                situation.feeling = wish.feeling.or(situation.feeling);
                situation.focus = wish.focus.clone().or(situation.focus);
                // Words go before wishes.
                if let Some(activity) = wish.activity
                    && matches!(situation.activity, Activity::Idle | Activity::Thinking)
                {
                    situation.activity = activity;
                }
            }
            situation
        });
        situations.collect()
    }
}

/// Lets live sound move a mouth.
fn add(speech: &mut SpeechNow, live: &Moving) {
    speech.mouth = live.mouth;
    speech.energy = speech.energy.max(live.energy);
    speech.speaking |= live.speaking;
}
