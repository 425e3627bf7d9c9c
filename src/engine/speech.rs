//! The speech worker: one sentence in, one finished utterance out, ahead of time, on its own thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::lipsync::LipSyncOptions;
use crate::media::{
    FrameRate, HostId, Mark, MediaTime, MouthTrack, SAMPLE_RATE_HZ, TimedAct, Utterance, WordTime,
};
use crate::show::Sentence;
use crate::threads::{self, SpawnError};
use crate::voice::{self, SynthesisContext, Voice};

use super::mouth::MouthMaker;

/// Sentences on their way to the worker and back: the director sends one at a time, so one of each suffices.
const JOBS: usize = 1;

/// One sentence to be made into speech.
#[derive(Debug)]
pub(super) struct SpeechJob {
    pub sentence: Sentence,
    pub voice: Voice,
    pub speaker: HostId,
    pub cancel: Arc<AtomicBool>,
}

/// What became of a sentence.
#[derive(Debug)]
pub(super) enum SpeechDone {
    /// It can be said.
    Ready(u64, Utterance),
    /// It cannot, and why.
    Failed(Sentence, String),
    /// It is not wanted any more.
    Cancelled,
}

/// The worker as seen from the engine. Dropping it ends the thread after the sentence it works on.
#[derive(Debug)]
pub(super) struct SpeechWorker {
    jobs: Option<Sender<SpeechJob>>,
    done: Receiver<SpeechDone>,
    thread: Option<JoinHandle<Option<()>>>,
}

impl SpeechWorker {
    /// Starts the worker; the lip-sync model is loaded on its thread. Returns what to warn of, if anything.
    ///
    /// # Errors
    /// When the thread cannot be made, or the pose table of the model cannot be read.
    pub(super) fn start(
        room: &str,
        lipsync: LipSyncOptions,
        context: SynthesisContext,
    ) -> Result<(Self, String, Option<String>), SpawnError<crate::lipsync::Error>> {
        let (jobs, inbox) = bounded::<SpeechJob>(JOBS);
        let (outbox, done) = bounded(JOBS);
        // What is told once: the name of the model, and a warning.
        let (tell, told) = bounded(1);
        let thread = threads::spawn(
            &format!("zhubo-speech-{room}"),
            move || {
                let (maker, warning) = MouthMaker::open(&lipsync)?;
                tell.send((maker.describe(), warning)).ok();
                Ok(maker)
            },
            move |mut maker| {
                for job in inbox {
                    if outbox.send(speak(job, &context, &mut maker)).is_err() {
                        return;
                    }
                }
            },
        )?;
        let (model, warning) = told.recv().unwrap_or_default();
        Ok((
            Self {
                jobs: Some(jobs),
                done,
                thread: Some(thread),
            },
            model,
            warning,
        ))
    }

    /// Hands a sentence over; the caller has at most one under way.
    pub(super) fn send(&self, job: SpeechJob) {
        if let Some(jobs) = &self.jobs
            && jobs.send(job).is_err()
        {
            tracing::error!("the speech worker is gone");
        }
    }

    /// What has become ready; with `wait`, waits for it.
    pub(super) fn take(&self, wait: bool) -> Option<SpeechDone> {
        if wait {
            self.done.recv().ok()
        } else {
            self.done.try_recv().ok()
        }
    }
}

impl Drop for SpeechWorker {
    fn drop(&mut self) {
        self.jobs = None;
        // The worker may wait to hand over: take it from it.
        while self.done.recv().is_ok() {}
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the speech worker panicked");
        }
    }
}

fn speak(job: SpeechJob, context: &SynthesisContext, maker: &mut MouthMaker) -> SpeechDone {
    if job.cancel.load(Ordering::Relaxed) {
        return SpeechDone::Cancelled;
    }
    let context = SynthesisContext {
        cancel: job.cancel.clone(),
        ..context.clone()
    };
    match utter(&job, &context, maker) {
        _ if job.cancel.load(Ordering::Relaxed) => SpeechDone::Cancelled,
        Ok(utterance) => SpeechDone::Ready(job.sentence.id, utterance),
        Err(message) => SpeechDone::Failed(job.sentence, message),
    }
}

fn utter(
    job: &SpeechJob,
    context: &SynthesisContext,
    maker: &mut MouthMaker,
) -> Result<Utterance, String> {
    let SpeechJob {
        sentence,
        voice,
        speaker,
        ..
    } = job;
    let samples_after = sentence.pause_after.0.max(0) as usize;
    if sentence.text.is_empty() {
        let silence = vec![0.0; samples_after];
        return Ok(perform(sentence, speaker, silence, no_mouth(), Vec::new()));
    }
    let mut speech = voice
        .synthesize(&sentence.text, context)
        .map_err(|error| chain(&error))?;
    let mut audio = speech
        .at_rate(SAMPLE_RATE_HZ)
        .map_err(|error| chain(&error))?;
    let mouth = maker
        .mouth(
            voice,
            (&sentence.text, sentence.emotion),
            &mut speech,
            &audio,
            context,
        )
        .map_err(|error| chain(&error))?;
    audio.extend(std::iter::repeat_n(0.0, samples_after));
    let mut utterance = perform(sentence, speaker, audio, mouth, speech.words);
    utterance.phones = speech.phones;
    Ok(utterance)
}

/// The mouth of a pause.
fn no_mouth() -> MouthTrack {
    MouthTrack {
        start: MediaTime::ZERO,
        rate: FrameRate::whole(50),
        frames: Vec::new(),
    }
}

/// What `sentence` becomes where its sound, mouth and words are known: acts and marks get the times of their words.
pub fn perform(
    sentence: &Sentence,
    speaker: &HostId,
    audio: Vec<f32>,
    mouth: MouthTrack,
    words: Vec<WordTime>,
) -> Utterance {
    let acts = sentence.acts.iter().map(|(place, _)| *place);
    let marks = sentence.marks.iter().map(|(place, _)| *place);
    let places: Vec<usize> = acts.chain(marks).collect();
    let times = voice::times_of(&sentence.text, &words, &places);
    let (act_times, mark_times) = times.split_at(sentence.acts.len());
    let mut acts: Vec<TimedAct> = act_times
        .iter()
        .zip(&sentence.acts)
        .map(|(at, (_, act))| TimedAct {
            at: *at,
            act: act.clone(),
        })
        .collect();
    acts.sort_by_key(|act| act.at);
    let mut marks: Vec<Mark> = mark_times
        .iter()
        .zip(&sentence.marks)
        .map(|(at, (_, name))| Mark {
            name: name.clone(),
            at: *at,
        })
        .collect();
    marks.sort_by_key(|mark| mark.at);
    Utterance {
        cue_id: sentence.line_id,
        speaker: speaker.clone(),
        text: sentence.text.clone(),
        audio: Arc::new(audio),
        mouth: Arc::new(mouth),
        words,
        phones: Vec::new(),
        marks,
        emotion: sentence.emotion,
        acts,
        activity: sentence.activity,
    }
}

/// An error with its causes on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}
