// What the pages say, in the visitor's language.

const english = {
  connecting: "Connecting",
  connectingMore: "Fetching picture and sound",
  live: "Live",
  reconnecting: "Reconnecting",
  retryIn: (secs) => `Next try in ${secs} s`,
  retryNow: "Trying again",
  offair: "Off air",
  offairMore: "This page goes on by itself when the show starts",
  starting: "The room is about to go on air",
  sound: "点击开启声音 / Tap for sound",
  mute: "Mute",
  unmute: "Unmute",
  video: "Live picture of the host",
  sayTitle: "Make the host speak",
  text: "Text for the host to say",
  placeholder: "Type, then press Enter",
  voice: "Voice",
  send: "Say it",
  sending: "Sending …",
  sent: "Sent. The host will say it in a moment.",
  empty: "Type something for the host to say first.",
  tooFast: "Too many at once. Wait a second and try again.",
  unreachable: "The server cannot be reached. The text is still here: try again.",
  refused: "Not accepted",
  token: "Operator token",
  needsToken: "This server asks for the operator token before anybody may speak.",
  consoleTitle: "Rooms",
  watch: "Watch",
  viewers: (n) => (n === 1 ? "1 viewer" : `${n} viewers`),
  queued: (n) => `${n} waiting`,
  noRooms: "No rooms are on air.",
  consoleToken: "Enter the operator token that the server printed when it started.",
  open: "Open",
  states: { starting: "Starting", idle: "On air", speaking: "Speaking", ended: "Ended" },
};

const chinese = {
  connecting: "连接中",
  connectingMore: "正在接收画面和声音",
  live: "直播中",
  reconnecting: "重新连接",
  retryIn: (secs) => `${secs} 秒后重试`,
  retryNow: "正在重试",
  offair: "未开播",
  offairMore: "开播后本页会自动继续",
  starting: "直播间即将开播",
  sound: "点击开启声音 / Tap for sound",
  mute: "静音",
  unmute: "取消静音",
  video: "主播直播画面",
  sayTitle: "让主播说话",
  text: "让主播说的话",
  placeholder: "输入一句话，按回车发送",
  voice: "声音",
  send: "说出来",
  sending: "发送中…",
  sent: "已发送，主播马上就说。",
  empty: "请先输入要说的话。",
  tooFast: "发送太快了，请稍等一秒再试。",
  unreachable: "连接不上服务器。文字还在，请重试。",
  refused: "未被接受",
  token: "操作员令牌",
  needsToken: "此服务器需要操作员令牌才能发言。",
  consoleTitle: "直播间",
  watch: "观看",
  viewers: (n) => `${n} 人观看`,
  queued: (n) => `${n} 条待播`,
  noRooms: "没有直播间在播。",
  consoleToken: "请输入服务器启动时打印的操作员令牌。",
  open: "打开",
  states: { starting: "准备中", idle: "在播", speaking: "讲话中", ended: "已结束" },
};

/** The words for a page, and the language they are in. */
export function choose(language) {
  const wanted = (language || navigator.language || "en").toLowerCase();
  return wanted.startsWith("zh") ? { lang: "zh-CN", words: chinese } : { lang: "en", words: english };
}

/** The operator token: from the address (#token=...), which is then cleaned, or from earlier in this tab. */
export const token = {
  get() {
    const given = new URLSearchParams(location.hash.slice(1)).get("token");
    if (given) {
      this.set(given);
      history.replaceState(null, "", location.pathname + location.search);
    }
    return sessionStorage.getItem("zhubo-token") || "";
  },
  set(value) {
    sessionStorage.setItem("zhubo-token", value);
  },
  headers() {
    const value = this.get();
    return value ? { Authorization: `Bearer ${value}` } : {};
  },
};
