//! Keeps speech ahead of time: cuts lines into sentences, has the next ones made, and hands them over in order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::handle::{Line, SayMode};
use super::speech::{SpeechDone, SpeechJob, SpeechWorker};
use crate::media::{HostId, MediaTime, Utterance};
use crate::show::{Place, Queue, Sentence};
use crate::voice::{Voice, VoiceChoice};

/// How much finished speech is kept ready: enough to bridge a slow voice, little enough to change one's mind.
const RUN_AHEAD: MediaTime = MediaTime::from_millis(10_000);

/// Something the room must know.
#[derive(Debug)]
pub(super) enum Notice {
    /// A sentence could not be spoken.
    Failed {
        /// The line it belongs to.
        line_id: u64,
        /// What happened, in words.
        message: String,
    },
}

/// Owner of the queue and of the finished speech.
#[derive(Debug)]
pub(super) struct Director {
    queue: Queue,
    ready: BTreeMap<u64, Arc<Utterance>>,
    in_flight: Option<(u64, Arc<AtomicBool>)>,
    worker: SpeechWorker,
    /// The voices of each host; the first speaks where nobody is named.
    voices: Vec<(HostId, VoiceChoice)>,
}

impl Director {
    pub(super) fn new(worker: SpeechWorker, voices: Vec<(HostId, VoiceChoice)>) -> Self {
        Self {
            queue: Queue::default(),
            ready: BTreeMap::new(),
            in_flight: None,
            worker,
            voices,
        }
    }

    /// Queues the sentences of a line. With [`SayMode::Now`] what waited is dropped and its speech cancelled.
    pub(super) fn add(&mut self, sentences: Vec<Sentence>, mode: SayMode, priority: i32) {
        let place = match mode {
            SayMode::Append => Place::Append { priority },
            SayMode::Insert => Place::Insert,
            SayMode::Now => {
                self.ready.clear();
                if let Some((_, cancel)) = &self.in_flight {
                    cancel.store(true, Ordering::Relaxed);
                }
                Place::Now
            }
        };
        self.queue.add(sentences, place);
    }

    /// Takes what the worker has finished and gives it the next sentence. With `wait`, waits for the one under way.
    pub(super) fn turn(&mut self, wait: bool) -> Option<Notice> {
        let mut notice = None;
        if self.in_flight.is_some()
            && let Some(done) = self.worker.take(wait)
        {
            self.in_flight = None;
            match done {
                SpeechDone::Ready(id, utterance) => {
                    self.ready.insert(id, Arc::new(utterance));
                }
                SpeechDone::Failed(sentence, message) => {
                    self.queue.remove(sentence.id);
                    notice = Some(Notice::Failed {
                        line_id: sentence.line_id,
                        message,
                    });
                }
                SpeechDone::Cancelled => {}
            }
            self.forget_dropped();
        }
        self.dispatch();
        notice
    }

    /// The next utterance if it is ready; leaves it in the queue.
    pub(super) fn peek(&self) -> Option<Arc<Utterance>> {
        self.ready.get(&self.queue.front()?.id).cloned()
    }

    /// The next utterance if it is ready; takes it out of the queue.
    pub(super) fn next(&mut self) -> Option<Arc<Utterance>> {
        let utterance = self.ready.remove(&self.queue.front()?.id)?;
        self.queue.pop();
        Some(utterance)
    }

    /// Whether nothing waits and nothing is being made.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.in_flight.is_none()
    }

    /// Whether the next sentence exists but is not ready yet.
    pub(super) fn is_preparing(&self) -> bool {
        self.queue
            .front()
            .is_some_and(|front| !self.ready.contains_key(&front.id))
    }

    /// The first lines that wait.
    pub(super) fn next_lines(&self, most: usize) -> Vec<Line> {
        self.queue
            .iter()
            .take(most)
            .map(|s| Line {
                id: s.line_id,
                text: s.text.clone(),
            })
            .collect()
    }

    /// How many sentences wait.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Drops finished speech whose sentence has left the queue meanwhile.
    fn forget_dropped(&mut self) {
        let queue = &self.queue;
        self.ready
            .retain(|id, _| queue.iter().any(|sentence| sentence.id == *id));
    }

    fn dispatch(&mut self) {
        if self.in_flight.is_some() {
            return;
        }
        let mut ahead = MediaTime::ZERO;
        for sentence in self.queue.iter() {
            if let Some(utterance) = self.ready.get(&sentence.id) {
                ahead += utterance.duration();
                continue;
            }
            if ahead >= RUN_AHEAD {
                return;
            }
            let Some((speaker, voice)) = self.voice_of(sentence) else {
                return;
            };
            let cancel = Arc::new(AtomicBool::new(false));
            self.in_flight = Some((sentence.id, cancel.clone()));
            self.worker.send(SpeechJob {
                sentence: sentence.clone(),
                voice,
                speaker,
                cancel,
            });
            return;
        }
    }

    /// Who says a sentence, and with which voice; a host that is not there is spoken for by the first.
    fn voice_of(&self, sentence: &Sentence) -> Option<(HostId, Voice)> {
        let named = |(host, _): &&(HostId, VoiceChoice)| Some(host) == sentence.speaker.as_ref();
        let found = self.voices.iter().find(named);
        let (speaker, voices) = found.or_else(|| self.voices.first())?;
        // A voice named in a request was checked when the request came in; if it is gone since, the room's own speaks.
        let asked = sentence
            .voice
            .as_deref()
            .and_then(|name| voices.parse(name).ok());
        let voice = asked.unwrap_or_else(|| voices.for_text(&sentence.text));
        Some((speaker.clone(), voice))
    }
}

impl Drop for Director {
    /// A voice that is still at work would keep the end of the show waiting.
    fn drop(&mut self) {
        if let Some((_, cancel)) = &self.in_flight {
            cancel.store(true, Ordering::Relaxed);
        }
    }
}
