//! What work takes from the heap. A step of lip-sync takes what the binding of the runtime takes by itself, and nothing
//! more.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::Path;
use std::process::Command;

use zhubo::lipsync::{Error, LipSync, LipSyncOptions, Manifest};

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// Counts the allocations of each thread, and the bytes that it holds.
struct Counting;

impl Counting {
    #[allow(
        clippy::cast_possible_wrap,
        reason = "no allocation is larger than isize::MAX"
    )]
    fn note(more: usize, less: usize) {
        let live = LIVE.try_with(|live| {
            live.set(live.get() + more as isize - less as isize);
            live.get()
        });
        PEAK.try_with(|peak| peak.set(peak.get().max(live.unwrap_or(0))))
            .ok();
    }
}

#[allow(
    unsafe_code,
    reason = "an allocator is unsafe; this one only counts and hands on"
)]
// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.try_with(|count| count.set(count.get() + 1)).ok();
        Self::note(layout.size(), 0);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        Self::note(0, layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.try_with(|count| count.set(count.get() + 1)).ok();
        Self::note(size, layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Allocations of this thread while `work` runs.
fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

/// The most bytes that `work` holds at a time on this thread, beyond what the thread held before.
pub(crate) fn peak_bytes<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = LIVE.get();
    PEAK.set(before);
    let done = work();
    (done, usize::try_from(PEAK.get() - before).unwrap_or(0))
}

/// Counts the allocations of one bare run of the built-in model with tensors made beforehand. Runs in a process of its own:
/// the runtime has one environment per process.
#[test]
#[ignore = "run by a_step_takes_nothing_from_the_heap_but_what_the_binding_takes"]
fn child_with_a_bare_run() {
    use ort::memory::Allocator;
    use ort::session::{OutputSelector, RunOptions, Session, SessionInputValue};
    use ort::value::Tensor;

    let runtime = std::env::var("ORT_DYLIB_PATH").unwrap();
    let environment = ort::init_from(runtime).unwrap().build().unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/audio/lipsync");
    let manifest = std::fs::read_to_string(format!("{folder}/model.toml")).unwrap();
    let manifest = Manifest::parse(&manifest, "model.toml").unwrap();
    let mut builder = Session::builder(&environment)
        .unwrap()
        .with_intra_threads(1)
        .unwrap();
    let file = format!("{folder}/model.onnx");
    let mut session = builder.commit_from_file(file).unwrap();
    let zeros = |shape: &[usize]| Tensor::<f32>::new(&Allocator::default(), shape).unwrap();
    let inputs: Vec<SessionInputValue<'static>> = session
        .inputs()
        .iter()
        .map(|input| {
            let state = manifest
                .inputs
                .states
                .iter()
                .find(|s| s.input == input.name());
            let audio = &manifest.inputs.audio.as_ref().unwrap().shape;
            zeros(state.map_or(audio, |state| &state.shape)).into()
        })
        .collect();
    let frames = &manifest.outputs.frames;
    let states = manifest.inputs.states.iter().map(|s| (&s.output, &s.shape));
    let outputs = std::iter::once((&frames.name, &frames.shape)).chain(states);
    let selector = outputs.fold(OutputSelector::no_default(), |selector, (name, shape)| {
        selector
            .with(name.as_str())
            .preallocate(name.as_str(), zeros(shape))
    });
    let options = RunOptions::new().unwrap().with_outputs(selector);
    let mut run = || {
        let outputs = session.run_with_options::<_, 0>(inputs.as_slice(), &options);
        assert!(outputs.is_ok());
    };
    run();
    println!("bare run: {}.", allocations(run));
}

fn bare_run(runtime: &Path) -> usize {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "allocations::child_with_a_bare_run",
            "--ignored",
            "--nocapture",
        ])
        .env("ORT_DYLIB_PATH", runtime)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let cried = String::from_utf8_lossy(&output.stderr);
    let count = said
        .split_once("bare run: ")
        .and_then(|(_, rest)| rest.split_once('.'))
        .unwrap_or_else(|| panic!("{said}\n{cried}"));
    count.0.parse().unwrap()
}

#[test]
fn a_step_takes_nothing_from_the_heap_but_what_the_binding_takes() {
    let mut lips = match LipSync::open(&LipSyncOptions::default()) {
        Ok(lips) => lips,
        Err(error @ Error::NoRuntime { .. }) => return println!("skipped: {error}"),
        Err(error) => panic!("{error}"),
    };
    let sound: Vec<f32> = (0..32_000).map(|i| (i as f32 * 0.05).sin() * 0.3).collect();
    let mut poses = Vec::with_capacity(100);
    let mut push =
        |piece: &[f32], poses: &mut Vec<_>| allocations(|| lips.push_into(piece, poses).unwrap());
    for piece in sound[..16_000].chunks(320) {
        push(piece, &mut poses);
    }
    let counts: Vec<usize> = sound[16_000..]
        .chunks(320)
        .map(|piece| push(piece, &mut poses))
        .collect();
    let bare = bare_run(&lips.info().runtime.unwrap().path);
    println!(
        "allocations: {bare} of a bare run, {} to {} of a step",
        counts.iter().min().unwrap(),
        counts.iter().max().unwrap()
    );
    // The pose table's stream may keep a small list per step.
    assert!(
        counts.iter().all(|&count| count <= bare),
        "{counts:?} against {bare}"
    );
    assert!(bare < 20, "{bare}");
    assert!(poses.len() > 90);
}
