// @ts-check
// What time it is by the server's clock, which the ages are of: the browser's may be another.

const HEARD = 30;

export class ServerClock {
  /** @param {() => number} local Unix time of this browser, in seconds */
  constructor(local) {
    this._local = local;
    /** @type {number[]} */
    this._ahead = [];
  }

  /**
   * The server was at this time when it spoke. A message that waited says less than it should, so
   * that of the latest ones the greatest difference counts.
   * @param {number|null} at
   */
  hear(at) {
    if (at === null) return;
    this._ahead.push(at - this._local());
    if (this._ahead.length > HEARD) this._ahead.shift();
  }

  /** Unix time of the server, as far as it is known. */
  now() {
    return this._local() + (this._ahead.length ? Math.max(...this._ahead) : 0);
  }
}
