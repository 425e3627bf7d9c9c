//! The queue of sentences that wait to be said.

use std::collections::VecDeque;

use crate::media::{Act, Activity, Emotion, HostId, MediaTime};

/// One sentence that waits: the unit that is synthesised, said and captioned.
#[derive(Clone, Debug, PartialEq)]
pub struct Sentence {
    /// Unique in this queue; given by [`Queue::add`].
    pub id: u64,
    /// The line it belongs to.
    pub line_id: u64,
    /// The words.
    pub text: String,
    /// A voice such as `flite:slt`; the speaker's own when absent.
    pub voice: Option<String>,
    /// Who says it; the first host when absent.
    pub speaker: Option<HostId>,
    /// What the face shows from its beginning.
    pub emotion: Emotion,
    /// What is to be done meanwhile, each at a place in `text`, in characters.
    pub acts: Vec<(usize, Act)>,
    /// Named instants, each at a place in `text`, in characters.
    pub marks: Vec<(usize, String)>,
    /// What the host is busy with in a pause, which has no text; `None` in speech.
    pub activity: Option<Activity>,
    /// Silence after it.
    pub pause_after: MediaTime,
}

/// Where a line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind all waiting lines of the same or a higher priority.
    Append {
        /// Higher goes first; 0 is normal.
        priority: i32,
    },
    /// Before everything that waits, but behind earlier insertions.
    Insert,
    /// Instead of everything that waits.
    Now,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Normal(i32),
    Inserted,
}

/// Sentences in the order in which they will be said.
#[derive(Debug, Default)]
pub struct Queue {
    waiting: VecDeque<(Rank, Sentence)>,
    next_id: u64,
}

impl Queue {
    /// Adds the sentences of one line. With [`Place::Now`] everything that waited is dropped.
    pub fn add(&mut self, sentences: impl IntoIterator<Item = Sentence>, place: Place) {
        let rank = match place {
            Place::Append { priority } => Rank::Normal(priority),
            Place::Insert => Rank::Inserted,
            Place::Now => {
                self.waiting.clear();
                Rank::Inserted
            }
        };
        let first = self
            .waiting
            .partition_point(|(waiting, _)| *waiting >= rank);
        for (at, mut sentence) in (first..).zip(sentences) {
            sentence.id = self.next_id;
            self.next_id += 1;
            self.waiting.insert(at, (rank, sentence));
        }
    }

    /// The next sentence, left in the queue.
    pub fn front(&self) -> Option<&Sentence> {
        self.waiting.front().map(|(_, sentence)| sentence)
    }

    /// Takes the next sentence.
    pub fn pop(&mut self) -> Option<Sentence> {
        self.waiting.pop_front().map(|(_, sentence)| sentence)
    }

    /// Takes out one sentence, wherever it waits.
    pub fn remove(&mut self, id: u64) -> Option<Sentence> {
        let at = self
            .waiting
            .iter()
            .position(|(_, sentence)| sentence.id == id)?;
        self.waiting.remove(at).map(|(_, sentence)| sentence)
    }

    /// All waiting sentences in order.
    pub fn iter(&self) -> impl Iterator<Item = &Sentence> {
        self.waiting.iter().map(|(_, sentence)| sentence)
    }

    /// How many sentences wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &str) -> Vec<Sentence> {
        let sentence = |text: &str| Sentence {
            id: 0,
            line_id: 0,
            text: text.into(),
            voice: None,
            speaker: None,
            emotion: Emotion::Neutral,
            acts: Vec::new(),
            marks: Vec::new(),
            activity: None,
            pause_after: MediaTime::ZERO,
        };
        words.split(' ').map(sentence).collect()
    }

    fn order(queue: &Queue) -> String {
        queue
            .iter()
            .map(|s| s.text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn append_insert_and_now() {
        let mut queue = Queue::default();
        queue.add(line("a b"), Place::Append { priority: 0 });
        queue.add(line("c"), Place::Append { priority: 0 });
        queue.add(line("urgent"), Place::Append { priority: 5 });
        assert_eq!(order(&queue), "urgent a b c");
        queue.add(line("x y"), Place::Insert);
        queue.add(line("z"), Place::Insert);
        assert_eq!(order(&queue), "x y z urgent a b c");
        assert_eq!(queue.pop().unwrap().text, "x");
        queue.add(line("stop"), Place::Now);
        assert_eq!(order(&queue), "stop");
    }

    #[test]
    fn ids_are_never_used_twice() {
        let mut queue = Queue::default();
        queue.add(line("a b"), Place::Append { priority: 0 });
        queue.add(line("c"), Place::Now);
        assert_eq!(queue.front().unwrap().id, 2);
        assert!(queue.remove(0).is_none() && queue.remove(2).is_some() && queue.is_empty());
    }
}
