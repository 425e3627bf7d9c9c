// The viewer page: fetches picture and sound by WHEP, says how the connection is, comes back by itself.

import { choose, token } from "./words.js";

const room = JSON.parse(document.body.dataset.room);
const { lang, words } = choose(room.language);
const $ = (id) => document.getElementById(id);
const video = $("video");

// Times in milliseconds.
const BACK_OFF_FIRST = 500;
const BACK_OFF_MOST = 8000;
const OFF_AIR_RETRY = 3000;
// A picture that stands still for so long is lost; sooner if the event stream broke as well.
const STALL = 4000;
const STALL_WITHOUT_EVENTS = 1200;
const FIRST_PICTURE = 12000;
const WATCHDOG = 250;
// Sound takes about this long through jitter buffer and output. Browsers leave an offset of up to 30 ms between picture
// and sound alone, so the picture is asked to wait as long from the start; measured: -23 ms becomes -10 ms.
const PICTURE_DELAY = 70;

let state = "connecting";
let pc = null;
let session = null;
let attempt = 0;
let retryTimer = 0;
let countdown = 0;
let generation = 0;
let lastPictureAt = 0;
let startedAt = 0;
let eventsBroken = false;
let reason = "";
let playRefusal = "";

// ---------------------------------------------------------------- what is shown

function show(next, more = "") {
  state = next;
  document.body.dataset.state = next;
  const badge = { connecting: words.connecting, live: words.live, reconnecting: words.reconnecting, offair: words.offair };
  if ($("badge-text").textContent !== badge[next]) $("badge-text").textContent = badge[next];
  if (next !== "live") {
    $("veil-title").textContent = badge[next];
    $("veil-more").textContent = more;
  }
}

function label() {
  document.documentElement.lang = lang;
  video.setAttribute("aria-label", words.video);
  $("sound-text").textContent = words.sound;
  $("say-title").textContent = words.sayTitle;
  $("text-label").textContent = words.text;
  $("text").placeholder = words.placeholder;
  $("voice-label").textContent = words.voice;
  $("send-text").textContent = words.send;
  $("token-label").textContent = words.token;
}

// ---------------------------------------------------------------- sound

async function play() {
  try {
    await video.play();
  } catch (refused) {
    playRefusal = refused.name;
    if (refused.name === "NotAllowedError" && !video.muted) {
      // The browser wants a tap before it lets a page be heard: play silently and ask for one.
      video.muted = true;
      $("sound").hidden = false;
      await video.play().catch(() => {});
    }
  }
  showMute();
}

function showMute() {
  const asking = !$("sound").hidden;
  $("mute").hidden = asking || state !== "live";
  $("mute").setAttribute("aria-pressed", String(video.muted));
  $("mute").setAttribute("aria-label", video.muted ? words.unmute : words.mute);
  $("mute").title = video.muted ? words.unmute : words.mute;
}

$("sound").addEventListener("click", () => {
  video.muted = false;
  $("sound").hidden = true;
  play();
});
$("mute").addEventListener("click", () => {
  video.muted = !video.muted;
  showMute();
});

// ---------------------------------------------------------------- the connection

async function connect() {
  clearTimeout(retryTimer);
  clearInterval(countdown);
  hangUp();
  const mine = ++generation;
  startedAt = performance.now();
  lastPictureAt = 0;
  if (state === "reconnecting") show("reconnecting", words.retryNow);
  else if (state !== "offair") show("connecting", words.connectingMore);

  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  pc = connection;
  const stream = new MediaStream();
  connection.addTransceiver("audio", { direction: "recvonly" });
  const { receiver } = connection.addTransceiver("video", { direction: "recvonly" });
  if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = PICTURE_DELAY;
  connection.addEventListener("track", ({ track }) => stream.addTrack(track));
  connection.addEventListener("connectionstatechange", () => {
    if (mine === generation && connection.connectionState === "failed") again("failed");
  });
  watchPictures(mine);

  try {
    const offer = await connection.createOffer();
    // Opus may be stereo only if the listener says so.
    offer.sdp = offer.sdp.replace(/(a=fmtp:\d+ [^\r\n]*useinbandfec=1)(?![^\r\n]*stereo)/g, "$1;stereo=1");
    await connection.setLocalDescription(offer);
    const answer = await fetch(`/whep/${room.id}`, {
      method: "POST",
      headers: { "Content-Type": "application/sdp" },
      body: connection.localDescription.sdp,
      signal: AbortSignal.timeout(10000),
    });
    if (mine !== generation) return;
    if (answer.status !== 201) {
      again(answer.status === 503 || answer.status === 404 ? "offair" : "failed", await refusal(answer));
      return;
    }
    session = answer.headers.get("Location");
    await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
    // With both tracks in it, so that the browser's judgement on autoplay takes the sound in.
    video.srcObject = stream;
    await play();
  } catch (error) {
    if (mine === generation) again("failed", String(error));
  }
}

/** Notes every picture that is shown. */
function watchPictures(mine) {
  const shown = () => {
    if (mine !== generation) return;
    lastPictureAt = performance.now();
    if (state !== "live") {
      attempt = 0;
      show("live");
      showMute();
    }
    next();
  };
  const next = () => {
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(shown);
    else video.addEventListener("timeupdate", shown, { once: true });
  };
  next();
}

/** Gives up the connection and tries again, later each time. */
function again(kind, why = "") {
  hangUp();
  generation++;
  reason = why;
  clearTimeout(retryTimer);
  clearInterval(countdown);
  const wait = kind === "offair" ? OFF_AIR_RETRY : Math.min(BACK_OFF_FIRST * 2 ** attempt, BACK_OFF_MOST);
  attempt++;
  // A viewer who has seen the show is told of reconnecting, others that it is not on yet.
  if (kind === "offair") show("offair", words.offairMore);
  else show("reconnecting", wait > 1500 ? words.retryIn(Math.round(wait / 1000)) : words.retryNow);
  if (kind !== "offair" && wait > 1500) {
    let left = Math.round(wait / 1000);
    countdown = setInterval(() => {
      left--;
      if (left > 0) $("veil-more").textContent = words.retryIn(left);
    }, 1000);
  }
  $("mute").hidden = true;
  retryTimer = setTimeout(connect, wait);
}

function hangUp() {
  if (pc) pc.close();
  pc = null;
  if (session) {
    fetch(session, { method: "DELETE", keepalive: true }).catch(() => {});
    session = null;
  }
}

async function refusal(answer) {
  try {
    return (await answer.json()).error;
  } catch {
    return `HTTP ${answer.status}`;
  }
}

setInterval(() => {
  if (!pc || document.hidden) {
    // A hidden page shows no pictures; it is not stalled.
    lastPictureAt &&= performance.now();
    return;
  }
  const now = performance.now();
  const limit = eventsBroken ? STALL_WITHOUT_EVENTS : STALL;
  if (lastPictureAt ? now - lastPictureAt > limit : now - startedAt > FIRST_PICTURE) again("failed", "stalled");
}, WATCHDOG);

addEventListener("online", () => state !== "live" && connect());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && state !== "live") connect();
});
addEventListener("pagehide", () => {
  generation++;
  hangUp();
});
addEventListener("pageshow", (event) => event.persisted && connect());

// ---------------------------------------------------------------- what happens in the room

function listen() {
  const events = new EventSource(`/api/rooms/${room.id}/events`);
  events.addEventListener("open", () => {
    eventsBroken = false;
    // The server is back: no need to wait out the back-off.
    if (state === "reconnecting" && !pc) connect();
  });
  events.addEventListener("caption", ({ data }) => {
    // The picture carries the caption already; this is for screen readers.
    const { text } = JSON.parse(data);
    if (text) $("caption").textContent = text;
  });
  events.addEventListener("state", ({ data }) => {
    const now = JSON.parse(data).state;
    if (state === "offair" && (now === "idle" || now === "speaking")) connect();
  });
  events.addEventListener("error", () => {
    eventsBroken = true;
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  });
}

// ---------------------------------------------------------------- say

function note(text, isError = false) {
  $("note").textContent = text;
  $("note").classList.toggle("wrong", isError);
  $("note").setAttribute("role", isError ? "alert" : "status");
  $("text").setAttribute("aria-invalid", String(isError));
}

async function say() {
  const text = $("text").value.trim();
  if (!text) {
    note(words.empty, true);
    $("text").focus();
    return;
  }
  if (!$("token-row").hidden && $("token").value) token.set($("token").value.trim());
  const voice = $("voice").value || undefined;
  $("send").disabled = true;
  note(words.sending);
  try {
    const answer = await fetch(`/api/rooms/${room.id}/say`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...token.headers() },
      body: JSON.stringify({ text, voice }),
      signal: AbortSignal.timeout(15000),
    });
    if (answer.ok) {
      $("text").value = "";
      $("token-row").hidden = true;
      fit();
      note(words.sent);
    } else if (answer.status === 401) {
      $("token-row").hidden = false;
      note(words.needsToken, true);
      $("token").focus();
    } else if (answer.status === 429) {
      note(words.tooFast, true);
    } else {
      note(`${words.refused}: ${await refusal(answer)}`, true);
    }
  } catch {
    note(words.unreachable, true);
  } finally {
    $("send").disabled = false;
  }
}

/** The box grows with its text, up to four lines. */
function fit() {
  $("text").style.height = "auto";
  $("text").style.height = `${Math.min($("text").scrollHeight + 2, 116)}px`;
}

function prepareSay() {
  if (!room.sayBox) return;
  $("say").hidden = false;
  for (const { id, label: name } of room.voices) $("voice").append(new Option(name, id));
  $("voice").parentElement.hidden = room.voices.length < 2;
  const own = room.voices.find((voice) => lang.startsWith(voice.language));
  if (own) $("voice").value = own.id;
  $("say").addEventListener("submit", (event) => {
    event.preventDefault();
    say();
  });
  $("text").addEventListener("input", () => {
    fit();
    if ($("note").classList.contains("wrong")) note("");
  });
  $("text").addEventListener("keydown", (event) => {
    // Enter that ends an input method's composition is not meant for us.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      if (!$("send").disabled) say();
    }
  });
}

// ---------------------------------------------------------------- for tests and curious people

async function stats() {
  const found = { state, reason, attempt, playRefusal, muted: video.muted, paused: video.paused };
  if (!pc) return found;
  for (const entry of (await pc.getStats()).values()) {
    if (entry.type === "inbound-rtp") found[entry.kind] = entry;
  }
  return found;
}

window.zhubo = {
  get pc() {
    return pc;
  },
  get state() {
    return state;
  },
  stats,
};

label();
prepareSay();
listen();
connect();
