// Starts the program under test and the browser; knows where both are.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
export const out = join(here, "out");
mkdirSync(out, { recursive: true });

/** The program: ZHUBO_BIN, or what cargo built last. */
function program() {
  const found = [process.env.ZHUBO_BIN, ...["release", "debug"].map((profile) => join(here, "../../target", profile, "zhubo"))];
  const path = found.find((path) => path && existsSync(path));
  if (!path) throw new Error("no zhubo program: build it, or set ZHUBO_BIN to its path");
  return path;
}

function browserPath() {
  const found = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const path = found.find((path) => path && existsSync(path));
  if (!path) throw new Error("no Chromium: install the package chromium, or set CHROMIUM to its path");
  return path;
}

/** Runs `zhubo live` until `stop()`. Resolves when it has printed where to watch. */
export async function startRoom({ listen = "127.0.0.1:0", args = [] } = {}) {
  const child = spawn(program(), ["live", "--listen", listen, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const log = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    log.push(line);
    if (process.env.VERBOSE) console.error(`  zhubo: ${line}`);
  });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const watchUrl = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [, url] = line.match(/watch: (\S+)/) ?? [];
      if (url) resolve(url);
    });
    const failed = (why) => reject(new Error(`${why}; its last words:\n${log.slice(-20).join("\n")}`));
    gone.then((code) => failed(`zhubo live ended with ${code} before it was on air`));
    setTimeout(() => failed("zhubo live did not say where to watch within 90 s"), 90_000).unref();
  });
  const room = {
    watchUrl,
    url: new URL(watchUrl).origin,
    port: new URL(watchUrl).port,
    log,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await gone;
      clearTimeout(late);
    },
  };
  await ready(room.url);
  return room;
}

/** Waits until every room is on air. */
async function ready(url) {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await pause(200);
  }
  throw new Error("the room was not on air within a minute");
}

/** A browser of its own, with an empty profile. `mayPlay: false` refuses sound before a tap, as real ones do. */
export async function startBrowser({ mayPlay = true, ...page } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "zhubo-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browserPath(),
    headless: true,
    // Lets the test add its measuring worklet in spite of the page's strict policy.
    bypassCSP: true,
    viewport: { width: 1440, height: 900 },
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--allow-loopback-in-peer-connection",
      `--autoplay-policy=${mayPlay ? "no-user-gesture-required" : "document-user-activation-required"}`,
    ],
    ignoreDefaultArgs: ["--mute-audio"],
    ...page,
  });
  return {
    context,
    async open(url) {
      const opened = await context.newPage();
      opened.on("pageerror", (error) => console.error(`  page: ${error}`));
      if (process.env.VERBOSE) opened.on("console", (message) => console.error(`  page: ${message.text()}`));
      await opened.goto(url);
      return opened;
    },
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Waits until the page shows the show. */
export const untilLive = (page, timeout = 20_000) =>
  page.waitForFunction(() => window.zhubo?.state === "live", null, { timeout });

export const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
