// @ts-check
// What the server says (messages.py), as types; nothing runs here.

/** @typedef {{label: string, seconds: number}} Range */
/** @typedef {{id: string, title: string}} Group */
/** @typedef {{expr: string, name?: string, role?: string, split?: string}} Query */
/**
 * @typedef {{id: string, group: string, title: string, unit: string, queries: Query[],
 *   absent: string, help?: string, kind?: string, is_logarithmic?: boolean, most?: number|null,
 *   instead_of?: string}} Panel
 */
/**
 * @typedef {{type: "hello", version: number, release: string, groups: Group[], panels: Panel[],
 *   ranges: Range[], points: number[], runbook_url: string, prometheus_url: string,
 *   scrape_seconds: number}} Hello
 */
/** @typedef {{type: "viewing", view: string, tiles: string}} Viewing */
/** @typedef {{query: number, labels: Record<string, string>, values: (number|null)[]}} Series */
/**
 * @typedef {{id: string, series: Series[], exprs?: string[], error?: string, remedy?: string,
 *   left_out?: number}} PanelFrame
 */
/**
 * @typedef {{type: "frame", view: string, is_whole: boolean, start: number, step: number,
 *   count: number, panels: PanelFrame[]}} Frame
 */
/** @typedef {"ok"|"degraded"|"down"|"off"|"unknown"} State */
/**
 * @typedef {{name: string, title: string, state: State, reason: string, since: number|null,
 *   seen: number|null}} Part
 */
/**
 * @typedef {{name: string, title: string, objective: number, window: string, value: number|null,
 *   budget_left: number|null}} Objective
 */
/**
 * @typedef {{name: string, severity: string, summary: string, runbook_url: string, since: number,
 *   labels: Record<string, string>}} Alert
 */
/**
 * @typedef {{type: "strip", at: number, parts: Part[], objectives: Objective[],
 *   alerts: Alert[]|null, models: string[], is_demo: boolean, newest: number|null}} Strip
 */
/**
 * @typedef {{request_id: string, endpoint: string, model: string, routing: string, phase: string,
 *   age_seconds: number, sent_seconds: number|null, tokens: number|null,
 *   tokens_per_second: number|null, location?: string, priority?: string, queue_position?: number,
 *   queue_wait_seconds?: number, prefill_ratio?: number, first_token_in_seconds?: number}} Request
 */
/**
 * @typedef {{request_id: string, endpoint: string, model: string, routing: string,
 *   outcome: string, status: number, duration_seconds: number, tokens: number|null,
 *   ago_seconds: number, location?: string}} Finished
 */
/**
 * @typedef {{type: "live", at: number|null, requests: Request[], finished: Finished[],
 *   error: string, left_out: number}} Live
 */
/**
 * @typedef {{title: string, setting: string, set_to: string|null, in_force: string|null,
 *   source: string, differs: boolean|null, why: string}} Setting
 */
/** @typedef {{model: string, runner: string, settings: Setting[], note: string}} Runner */
/**
 * @typedef {{type: "configuration", at: number|null, runners: Runner[],
 *   others: Record<string, string>, is_readable: boolean, notes: string[], error: string}} Configuration
 */
/** @typedef {{type: "refusal", sentence: string}} Refusal */
/** @typedef {Hello|Viewing|Frame|Strip|Live|Configuration|Refusal} Message */

export {};
