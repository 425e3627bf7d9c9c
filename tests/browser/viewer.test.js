// What a viewer gets, in a real browser, from the real program.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { median, out, pause, startBrowser, startRoom, untilLive } from "./room.js";
import { readSync, startSync } from "./sync.js";

const FPS = 25;

/** Runs `body` with a room on air and a page that watches it. */
async function watching({ room: roomOptions, ...browserOptions }, body) {
  const room = await startRoom(roomOptions);
  const browser = await startBrowser(browserOptions);
  try {
    const page = await browser.open(room.watchUrl);
    if (browserOptions.mayPlay === false) await untilWatched(room);
    await untilLive(page);
    await body(page, room, browser);
  } finally {
    await browser.close();
    await room.stop();
  }
}

/** Waits without touching the page: whatever is run in it counts as a tap by its visitor. */
async function untilWatched(room) {
  for (let viewers = 0; viewers < 1; await pause(200)) {
    const answer = await fetch(`${room.url}/api/rooms/demo`);
    viewers = (await answer.json()).viewers;
  }
  await pause(2000);
}

const framesDecoded = (page) => page.evaluate(async () => (await window.zhubo.stats()).video?.framesDecoded ?? 0);

test("at least 95 % of 20 s of pictures are decoded", { timeout: 120_000 }, () =>
  watching({}, async (page) => {
    await pause(2000);
    const [from, start] = [await framesDecoded(page), performance.now()];
    await pause(20_000);
    const [to, secs] = [await framesDecoded(page), (performance.now() - start) / 1000];
    const stats = await page.evaluate(() => window.zhubo.stats());
    console.log(
      `decoded ${to - from} frames in ${secs.toFixed(2)} s (${FPS * 20} expected in 20 s), ` +
        `dropped ${stats.video.framesDropped}, freezes ${stats.video.freezeCount}, lost packets ${stats.video.packetsLost}`,
    );
    assert.equal(stats.video.frameWidth * stats.video.frameHeight, 720 * 1280);
    assert.ok((to - from) / secs >= 0.95 * FPS, `${to - from} frames in ${secs} s`);
  }),
);

/** Listens to the page's sound: `window.loudness()` is the RMS of the last 40 ms. */
const listen = (page) =>
  page.evaluate(async () => {
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 2048 });
    context.createMediaStreamSource(document.querySelector("video").srcObject).connect(analyser);
    await context.resume();
    const samples = new Float32Array(analyser.fftSize);
    window.loudness = () => {
      analyser.getFloatTimeDomainData(samples);
      return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    };
  });

/** Waits until the loudness has been on one side of `limit` for `millis`; gives the loudest of that time. */
async function untilLoudness(page, isSo, what, millis, timeout) {
  const end = performance.now() + timeout;
  let since = performance.now();
  let most = 0;
  while (performance.now() < end) {
    const rms = await page.evaluate(() => window.loudness());
    if (!isSo(rms)) {
      [since, most] = [performance.now(), 0];
    } else {
      most = Math.max(most, rms);
      if (performance.now() - since >= millis) return most;
    }
    await pause(40);
  }
  assert.fail(`it was never ${what} for ${millis} ms within ${timeout} ms`);
}

test("what is typed is heard", { timeout: 150_000 }, () =>
  watching({}, async (page, room) => {
    await listen(page);
    const before = await untilLoudness(page, (rms) => rms < 0.003, "silent", 1000, 60_000);
    const answer = await fetch(`${room.url}/api/rooms/demo/say`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text: "Hello, and welcome to the show. This is what I was asked to say." }),
    });
    assert.equal(answer.status, 200);
    assert.ok(Number.isInteger((await answer.json()).id));
    const said = performance.now();
    // A voice has pauses between words; 100 ms on end is more than a click.
    const after = await untilLoudness(page, (rms) => rms > 0.01, "loud", 100, 30_000);
    console.log(
      `loudness ${before.toFixed(4)} before, ${after.toFixed(3)} with the voice, heard after ` +
        `${Math.round(performance.now() - said)} ms`,
    );
    assert.ok(after > 5 * before);
  }),
);

test("picture and sound are in step", { timeout: 180_000 }, () =>
  watching({ room: { args: ["--test-pattern"] } }, async (page) => {
    await startSync(page);
    const settled = (await page.evaluate(() => performance.now())) + 10_000;
    await pause(10_000);
    const last = 20;
    let found = { offsets: [] };
    for (let tries = 0; tries < 40 && found.offsets.length < last; tries++) {
      await pause(1000);
      found = await readSync(page);
      found.offsets = found.offsets.filter(({ at }) => at > settled);
    }
    const values = found.offsets.slice(-last).map(({ offset }) => offset);
    assert.ok(values.length >= 10, `only ${values.length} flashes with a beep: ${JSON.stringify(found)}`);
    assert.ok(Math.abs(found.clockError) < 1000, `sound is not on the page's clock: ${found.clockError} ms apart`);
    const middle = median(values);
    const limit = process.env.CI === "true" ? 100 : 40;
    console.log(`A/V offset median: ${middle.toFixed(1)} ms`);
    console.log(
      `  of ${values.length} flashes, ${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)} ms, ` +
        `limit ±${limit} ms (positive: the picture is late), sound output ${found.playout.toFixed(0)} ms`,
    );
    assert.ok(Math.abs(middle) <= limit, `${middle} ms is more than ±${limit} ms`);
  }),
);

for (const [name, viewport, locale, deviceScaleFactor] of [
  ["phone", { width: 360, height: 740 }, "zh-CN", 2],
  ["desktop", { width: 1440, height: 900 }, "en-US", 1],
]) {
  test(`the page works on a ${name}`, { timeout: 90_000 }, () =>
    watching({ viewport, locale, deviceScaleFactor }, async (page, room) => {
      const chinese = locale === "zh-CN";
      assert.equal(await page.locator("html").getAttribute("lang"), chinese ? "zh-CN" : "en");
      assert.equal(await page.locator("#badge-text").textContent(), chinese ? "直播中" : "Live");

      // Nothing is cut off, and the whole picture is seen.
      const fits = await page.evaluate(() => {
        const { clientWidth, clientHeight, scrollWidth, scrollHeight } = document.documentElement;
        const box = (selector) => document.querySelector(selector).getBoundingClientRect();
        const [picture, form] = [box(".picture"), box("#say")];
        const inside = ({ left, top, right, bottom }) => left >= 0 && top >= 0 && right <= clientWidth && bottom <= clientHeight;
        const apart = picture.bottom <= form.top + 1 || picture.right <= form.left + 1;
        return { scrolls: scrollWidth > clientWidth || scrollHeight > clientHeight, inside: inside(picture) && inside(form), apart, ratio: picture.width / picture.height, height: picture.height };
      });
      assert.deepEqual({ ...fits, ratio: 0, height: 0 }, { scrolls: false, inside: true, apart: true, ratio: 0, height: 0 });
      assert.ok(Math.abs(fits.ratio - 9 / 16) < 0.01, `the picture has ratio ${fits.ratio}`);
      assert.ok(fits.height > 0.75 * viewport.height, `the picture is only ${fits.height} high`);

      // An empty text is refused in words, before it is sent.
      await page.locator("#text").press("Enter");
      const note = page.locator("#note");
      assert.equal(await note.getAttribute("role"), "alert");
      assert.equal(await note.textContent(), chinese ? "请先输入要说的话。" : "Type something for the host to say first.");
      await page.screenshot({ path: join(out, `${name}-empty.png`) });

      // Enter sends what was typed, with the voice of the visitor's language.
      const [request] = await Promise.all([
        page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/say")),
        page.locator("#text").fill(chinese ? "大家好，欢迎来到直播间！" : "Hello, and welcome to the show!").then(() => page.locator("#text").press("Enter")),
      ]);
      const answer = await request.response();
      assert.equal(answer.status(), 200);
      const { text, voice } = request.postDataJSON();
      assert.ok(text.length > 5);
      assert.match(voice, chinese ? /cmn/ : /slt/);
      assert.equal(await page.locator("#text").inputValue(), "");
      // The words reach those who cannot see them.
      await page.waitForFunction(() => document.querySelector("#caption").textContent.length > 2, null, { timeout: 20_000 });
      await page.screenshot({ path: join(out, `${name}.png`) });

      // What the server refuses is shown in its words.
      await page.evaluate(() => document.querySelector("#voice").append(new Option("?", "nobody:home", true, true)));
      await page.locator("#text").fill("Hello");
      await page.locator("#send").click();
      await page.waitForFunction(() => document.querySelector("#note").classList.contains("wrong"));
      assert.match(await note.textContent(), /nobody/);

      await page.goto(room.url);
      await page.locator(".card a").waitFor();
      assert.equal(await page.locator(".card a").getAttribute("href"), "/watch/demo");
      await page.screenshot({ path: join(out, `${name}-console.png`) });
    }),
  );
}

test("one tap brings the sound where the browser wants one", { timeout: 60_000 }, () =>
  watching({ mayPlay: false, viewport: { width: 360, height: 740 } }, async (page) => {
    const button = page.locator("#sound");
    await button.waitFor();
    assert.equal(await page.evaluate(() => document.querySelector("video").muted), true);
    await page.screenshot({ path: join(out, "phone-tap.png") });
    await button.click();
    await button.waitFor({ state: "hidden" });
    const playing = await page.evaluate(() => {
      const { muted, paused } = document.querySelector("video");
      return { muted, paused };
    });
    assert.deepEqual(playing, { muted: false, paused: false });
  }),
);

test("the page comes back after the server has died", { timeout: 180_000 }, async () => {
  let room = await startRoom();
  const browser = await startBrowser();
  try {
    const page = await browser.open(room.watchUrl);
    await untilLive(page);
    await room.stop("SIGKILL");
    await page.waitForFunction(() => window.zhubo.state === "reconnecting", null, { timeout: 15_000 });
    await pause(1000);
    await page.screenshot({ path: join(out, "reconnecting.png") });
    room = await startRoom({ listen: `127.0.0.1:${room.port}` });
    const back = performance.now();
    await untilLive(page, 30_000);
    console.log(`live again ${Math.round(performance.now() - back)} ms after the room was on air`);
    const from = await framesDecoded(page);
    await pause(2000);
    assert.ok((await framesDecoded(page)) - from > FPS, "it says live, but the picture stands still");
  } finally {
    await browser.close();
    await room.stop();
  }
});
