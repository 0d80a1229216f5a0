// @ts-check
// What time it is by the server's clock, which the ages are of: the browser's may be another.

const HEARD = 30;

export class ServerClock {
  /** @param {() => number} local Unix time of this browser, in seconds */
  constructor(local) {
    this._local = local;
    /** @type {{at: number, ahead: number}[]} */
    this._heard = [];
  }

  /**
   * The server was at this time when it spoke. A message that waited says less than it should, so
   * that of the latest ones the greatest difference counts; one that is repeated says nothing new.
   * @param {number|null} at
   */
  hear(at) {
    if (at === null || this._heard.some((one) => one.at === at)) return;
    this._heard.push({ at, ahead: at - this._local() });
    if (this._heard.length > HEARD) this._heard.shift();
  }

  /** Unix time of the server, as far as it is known. */
  now() {
    const ahead = this._heard.map((one) => one.ahead);
    return this._local() + (ahead.length ? Math.max(...ahead) : 0);
  }
}
