// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  DEBOUNCE_MS,
  FIRST_PAUSE_MS,
  LONGEST_PAUSE_MS,
  SILENCE_MS,
  Socket,
  VERSION,
  pauseOf,
} from "../../../services/dashboard/src/dashboard/static/socket.js";

/** A world whose time is moved by hand. */
class World {
  constructor() {
    this.now = 0;
    /** @type {any[]} */
    this.sockets = [];
    /** @type {Map<number, {at: number, call: () => void}>} */
    this.timers = new Map();
    this.next = 1;
    this.open = (/** @type {string} */ url) => {
      const socket = { url, sent: [], isClosed: false, send: (/** @type {string} */ text) => socket.sent.push(text), close: () => (socket.isClosed = true) };
      this.sockets.push(socket);
      return socket;
    };
    this.clock = () => this.now;
    this.random = () => 1;
    this.later = (/** @type {() => void} */ call, /** @type {number} */ milliseconds) => {
      this.timers.set((this.next += 1), { at: this.now + milliseconds, call });
      return this.next;
    };
    this.cancel = (/** @type {any} */ timer) => this.timers.delete(timer);
  }

  /** @param {number} milliseconds */
  pass(milliseconds) {
    this.now += milliseconds;
    for (const [timer, { at, call }] of [...this.timers]) {
      if (at <= this.now && this.timers.delete(timer)) call();
    }
  }

  get last() {
    return this.sockets[this.sockets.length - 1];
  }
}

function begun() {
  const world = new World();
  /** @type {any[]} */
  const heard = [];
  /** @type {any[]} */
  const states = [];
  const told = { onMessage: (/** @type {any} */ m) => heard.push(m), onChange: (/** @type {any} */ c) => states.push(c) };
  const socket = new Socket("ws://here/ws", told, /** @type {any} */ (world));
  socket.connect();
  const say = (/** @type {object} */ message) =>
    world.last.onmessage({ data: new TextEncoder().encode(JSON.stringify(message)).buffer });
  const greet = () => say({ type: "hello", version: VERSION });
  return { world, socket, heard, states, say, greet };
}

test("pauses grow, are spread, and have an end", () => {
  assert.equal(pauseOf(0, 1), FIRST_PAUSE_MS);
  assert.equal(pauseOf(0, 0), FIRST_PAUSE_MS / 2);
  assert.equal(pauseOf(1, 1), 2 * FIRST_PAUSE_MS);
  assert.equal(pauseOf(100, 1), LONGEST_PAUSE_MS);
});

test("messages in binary frames are told, the greeting first", () => {
  const { heard, states, say, greet } = begun();
  greet();
  say({ type: "strip", at: 5 });
  assert.deepEqual(heard.map((message) => message.type), ["hello", "strip"]);
  assert.equal(states[0].kind, "open");
});

test("a look is sent once things settle, and only the last of many", () => {
  const { world, socket, greet } = begun();
  greet();
  socket.look({ n: 1 });
  socket.look({ n: 2 });
  assert.deepEqual(world.last.sent, []);
  world.pass(DEBOUNCE_MS);
  assert.deepEqual(world.last.sent, ['{"n":2}']);
});

test("a look before the greeting waits for it", () => {
  const { world, socket, greet } = begun();
  socket.look({ n: 1 });
  world.pass(DEBOUNCE_MS);
  assert.deepEqual(world.last.sent, []);
  greet();
  assert.deepEqual(world.last.sent, ['{"n":1}']);
});

test("a lost connection is opened again and told again what is looked at", () => {
  const { world, socket, states, greet } = begun();
  greet();
  socket.look({ n: 1 });
  world.pass(DEBOUNCE_MS);
  world.last.onclose({ code: 1001, reason: "the dashboard stops" });
  assert.equal(states.at(-1).kind, "lost");
  assert.equal(states.at(-1).reason, "the dashboard stops");
  world.pass(FIRST_PAUSE_MS);
  assert.equal(world.sockets.length, 2);
  greet();
  assert.deepEqual(world.last.sent, ['{"n":1}']);
  assert.equal(states.at(-1).kind, "open");
});

test("tries that fail come later and later, and a greeting makes them early again", () => {
  const { world, greet } = begun();
  world.last.onclose({ code: 1006, reason: "" });
  world.pass(FIRST_PAUSE_MS);
  world.last.onclose({ code: 1006, reason: "" });
  world.pass(FIRST_PAUSE_MS);
  assert.equal(world.sockets.length, 2);
  world.pass(FIRST_PAUSE_MS);
  assert.equal(world.sockets.length, 3);
  greet();
  world.last.onclose({ code: 1006, reason: "" });
  world.pass(FIRST_PAUSE_MS);
  assert.equal(world.sockets.length, 4);
});

test("silence ends a connection that nobody closed", () => {
  const { world, states, greet, say } = begun();
  greet();
  world.pass(SILENCE_MS - 1);
  say({ type: "strip" });
  world.pass(SILENCE_MS - 1);
  assert.equal(states.at(-1).kind, "open");
  world.pass(1);
  assert.equal(states.at(-1).kind, "lost");
  assert.ok(world.sockets[0].isClosed);
});

test("a server of another version is not asked again", () => {
  const { world, states, say, heard } = begun();
  say({ type: "hello", version: VERSION + 1 });
  assert.equal(states.at(-1).kind, "outdated");
  assert.match(states.at(-1).reason, /load the page again/);
  assert.deepEqual(heard, []);
  world.pass(10 * LONGEST_PAUSE_MS);
  assert.equal(world.sockets.length, 1);
});

test("what is no JSON ends the connection with a sentence", () => {
  const { world, states, greet } = begun();
  greet();
  world.last.onmessage({ data: "<html>" });
  assert.match(states.at(-1).reason, /no JSON/);
});

test("a page that is full is not asked every second", () => {
  const { world, states } = begun();
  world.last.onclose({ code: 1013, reason: "500 pages look already" });
  assert.equal(states.at(-1).reason, "500 pages look already");
  assert.ok(states.at(-1).again - world.now >= 8 * FIRST_PAUSE_MS);
});

test("a leftover of an earlier connection says nothing", () => {
  const { world, heard, greet } = begun();
  const first = world.last;
  first.onclose({ code: 1006, reason: "" });
  world.pass(FIRST_PAUSE_MS);
  greet();
  first.onmessage({ data: JSON.stringify({ type: "strip" }) });
  first.onclose({ code: 1006, reason: "" });
  assert.equal(heard.length, 1);
  assert.equal(world.sockets.length, 2);
});
