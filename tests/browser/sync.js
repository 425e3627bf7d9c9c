// Measures in the page, by content, how far picture and sound are apart: the flash of the test pattern against its beep.
//
// Both instants are on the page's performance clock. The flash is when the compositor expects the first white picture to
// be visible (`expectedDisplayTime`); pictures are looked at as they are shown, on a canvas of 16x16. The beep is the
// first loud sample of the received track as it is played: the instant at which the track hands the sample to the sound
// output, plus the output's own delay, which the browser reports as `media-playout` and uses itself to keep picture and
// sound in step. (An AudioWorklet sees the samples about 9 ms later, through a queue that it cannot look into, and its
// context has an output of its own, not the one that is heard.) Positive: the picture is later than the sound.

/** Starts to measure; the results are collected in `window.sync`. */
export async function startSync(page) {
  await page.evaluate(() => {
    const LOUD = 0.05;
    const WHITE = 180;
    const QUIET_MS = 500;
    const video = document.querySelector("video");
    const sync = (window.sync = { flashes: [], beeps: [], pictures: 0 });

    const listen = async () => {
      const track = video.srcObject.getAudioTracks()[0].clone();
      const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
      let last = -QUIET_MS;
      for (;;) {
        const { value: chunk, done } = await reader.read();
        if (done) return;
        const samples = new Float32Array(chunk.numberOfFrames);
        chunk.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
        for (let i = 0; i < samples.length; i++) {
          if (Math.abs(samples[i]) < LOUD) continue;
          const at = chunk.timestamp / 1000 + (i / chunk.sampleRate) * 1000;
          if (at - last > QUIET_MS) sync.beeps.push(at);
          last = at;
        }
        // Chunks carry the page's clock; should that ever change, the test must not go on as if nothing were wrong.
        sync.clockError = performance.now() - chunk.timestamp / 1000;
        chunk.close();
      }
    };
    listen();

    const canvas = new OffscreenCanvas(16, 16);
    const drawing = canvas.getContext("2d", { willReadFrequently: true });
    let white = false;
    const look = (_now, { expectedDisplayTime }) => {
      drawing.drawImage(video, 0, 0, 16, 16);
      const { data } = drawing.getImageData(0, 0, 16, 16);
      let sum = 0;
      for (let i = 0; i < data.length; i += 4) sum += 0.2126 * data[i] + 0.7152 * data[i + 1] + 0.0722 * data[i + 2];
      const isWhite = sum / 256 > WHITE;
      if (isWhite && !white) sync.flashes.push(expectedDisplayTime);
      white = isWhite;
      sync.pictures++;
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  });
}

/** The offsets in milliseconds so far, one for each flash that has a beep, with when it was seen. */
export async function readSync(page) {
  const { flashes, beeps, pictures, clockError, playout } = await page.evaluate(async () => {
    const stats = [...(await window.zhubo.pc.getStats()).values()].find(({ type }) => type === "media-playout");
    const playout = stats ? (1000 * stats.totalPlayoutDelay) / stats.totalSamplesCount : 0;
    return { ...window.sync, playout };
  });
  const offsets = flashes.flatMap((flash) => {
    const apart = beeps.map((beep) => flash - (beep + playout)).sort((a, b) => Math.abs(a) - Math.abs(b));
    return apart.length && Math.abs(apart[0]) < 500 ? [{ at: flash, offset: apart[0] }] : [];
  });
  return { offsets, flashes, beeps, pictures, clockError, playout };
}
