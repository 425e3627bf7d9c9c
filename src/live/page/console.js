// The operator's console: which rooms there are, what they do, and the way to them.

import { choose, token } from "./words.js";

const { lang, words } = choose();
const $ = (id) => document.getElementById(id);
const POLL = 2000;

document.documentElement.lang = lang;
$("heading").textContent = `Zhubo · ${words.consoleTitle}`;
$("ask-text").textContent = words.consoleToken;
$("ask-send").textContent = words.open;
$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  token.set($("token").value.trim());
  refresh();
});

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function card(room) {
  const item = element("li", "card");
  item.dataset.roomState = room.state;
  const badge = element("p", "badge");
  badge.append(element("span", "dot"), element("span", "", words.states[room.state] ?? room.state));
  const link = element("a", "", words.watch);
  link.href = room.watch;
  item.append(
    badge,
    element("h2", "", room.title || room.id),
    element("p", "facts", `${words.viewers(room.viewers)} · ${words.queued(room.queued)}`),
    element("p", "caption", room.caption),
    link,
  );
  return item;
}

async function refresh() {
  try {
    const answer = await fetch("/api/rooms", { headers: token.headers(), signal: AbortSignal.timeout(5000) });
    $("ask").hidden = answer.status !== 401;
    if (answer.ok) {
      const { rooms } = await answer.json();
      const focused = document.activeElement?.getAttribute("href");
      $("rooms").replaceChildren(...rooms.map(card));
      if (focused) $("rooms").querySelector(`a[href="${focused}"]`)?.focus();
      $("problem").textContent = rooms.length ? "" : words.noRooms;
    } else if (answer.status !== 401) {
      $("problem").textContent = (await answer.json()).error;
    }
  } catch {
    $("problem").textContent = words.unreachable;
  }
}

refresh();
setInterval(refresh, POLL);
