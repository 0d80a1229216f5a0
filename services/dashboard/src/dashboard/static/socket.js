// @ts-check
// The one socket. It comes back by itself, later and later, and says what became of it.

/** @typedef {import("./types.js").Message} Message */
/**
 * `reason` is a sentence; `since` is when this began, `heard` when the last message came, `again`
 * when it is tried next: milliseconds of the clock.
 * @typedef {{kind: "connecting"|"open"|"lost"|"outdated", reason: string, since: number,
 *   heard: number|null, again: number|null}} Connection
 */
/**
 * What it runs on, so that tests can move it.
 * @typedef {{open: (url: string) => WebSocket, clock: () => number, random: () => number,
 *   later: (call: () => void, milliseconds: number) => any, cancel: (timer: any) => void}} World
 */

export const VERSION = 1;
export const FIRST_PAUSE_MS = 500;
export const LONGEST_PAUSE_MS = 15_000;
/** Something is said every few seconds, always; after so long in silence the line is dead. */
export const SILENCE_MS = 20_000;
export const DEBOUNCE_MS = 120;
const TRY_AGAIN_LATER = 1013;

/**
 * How long until the next try: twice as long each time, spread so that pages do not come at once.
 * @param {number} attempt 0 for the first @param {number} random 0 to 1
 */
export function pauseOf(attempt, random) {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 16));
  return longest * (0.5 + random / 2);
}

/** @type {World} */
const BROWSER = {
  open: (url) => new WebSocket(url),
  clock: () => performance.now(),
  random: () => Math.random(),
  later: (call, milliseconds) => setTimeout(call, milliseconds),
  cancel: (timer) => clearTimeout(timer),
};

export class Socket {
  /**
   * @param {string} url
   * @param {{onMessage: (message: Message) => void, onChange: (connection: Connection) => void}} told
   * @param {World} world
   */
  constructor(url, told, world = BROWSER) {
    this._url = url;
    this._told = told;
    this._world = world;
    this._attempt = 0;
    this._look = "";
    this._isGreeted = false;
    /** @type {{dog: any, retry: any, look: any}} */
    this._timers = { dog: null, retry: null, look: null };
    /** @type {WebSocket|null} */
    this._socket = null;
    /** @type {Connection} */
    this.connection = { kind: "connecting", reason: "", since: world.clock(), heard: null, again: null };
  }

  /** Open it, now; a wait for the next try ends. */
  connect() {
    if (this._socket || this.connection.kind === "outdated") return;
    this._cancel("retry");
    this._isGreeted = false;
    const socket = this._world.open(this._url);
    this._socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => socket === this._socket && this._hear(event.data);
    socket.onclose = (event) => socket === this._socket && this._lost(event.code, event.reason);
    this._watch();
  }

  /**
   * Say what is looked at: soon, and again after each return. @param {object} look
   */
  look(look) {
    this._look = JSON.stringify(look);
    this._cancel("look");
    this._timers.look = this._world.later(() => this._send(), DEBOUNCE_MS);
  }

  _send() {
    if (this._isGreeted && this._look && this._socket) this._socket.send(this._look);
  }

  /** @param {ArrayBuffer|string} data */
  _hear(data) {
    this._watch();
    let message;
    try {
      const text = typeof data === "string" ? data : new TextDecoder().decode(data);
      message = /** @type {Message} */ (JSON.parse(text));
    } catch {
      this._drop("the dashboard sent something that is no JSON");
      return;
    }
    if (message.type === "hello" && !this._greet(message.version)) return;
    this.connection.heard = this._world.clock();
    this._told.onMessage(message);
    if (message.type === "hello") this._send();
  }

  /** @param {number} version */
  _greet(version) {
    this._isGreeted = version === VERSION;
    if (this._isGreeted) {
      this._attempt = 0;
      this._change("open", "", null);
      return true;
    }
    const said = `this page speaks version ${VERSION} of the dashboard's messages, the dashboard ${version}`;
    this._change("outdated", `${said}: load the page again`, null);
    this._forget();
    return false;
  }

  /** A timer that nobody renews ends the connection. */
  _watch() {
    this._cancel("dog");
    const said = `the dashboard said nothing for ${SILENCE_MS / 1000} s`;
    this._timers.dog = this._world.later(() => this._drop(said), SILENCE_MS);
  }

  /** @param {string} reason */
  _drop(reason) {
    this._forget();
    this._retry(reason);
  }

  /** @param {number} code @param {string} reason */
  _lost(code, reason) {
    this._forget();
    const isFull = code === TRY_AGAIN_LATER;
    if (isFull) this._attempt = Math.max(this._attempt, 4);
    this._retry(reason || (this._attempt ? "the dashboard does not answer" : "the connection broke off"));
  }

  /** @param {string} reason */
  _retry(reason) {
    const pause = pauseOf(this._attempt, this._world.random());
    this._attempt += 1;
    this._change("lost", reason, this._world.clock() + pause);
    this._timers.retry = this._world.later(() => this.connect(), pause);
  }

  _forget() {
    const socket = this._socket;
    this._socket = null;
    this._isGreeted = false;
    this._cancel("dog");
    socket?.close();
  }

  /** @param {Connection["kind"]} kind @param {string} reason @param {number|null} again */
  _change(kind, reason, again) {
    const { heard } = this.connection;
    const since = this.connection.kind === kind ? this.connection.since : this._world.clock();
    this.connection = { kind, reason, since, heard, again };
    this._told.onChange(this.connection);
  }

  /** @param {"dog"|"retry"|"look"} name */
  _cancel(name) {
    this._world.cancel(this._timers[name]);
    this._timers[name] = null;
  }
}
