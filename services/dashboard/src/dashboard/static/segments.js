// @ts-check
// A choice of one among a few, as radio buttons that look like one strip.

import { el } from "./dom.js";

/**
 * @param {HTMLElement} fieldset with a legend in it
 * @param {readonly {value: string, label: string, title?: string}[]} options
 * @param {(value: string) => void} onChange
 */
export function createSegments(fieldset, options, onChange) {
  const name = fieldset.id;
  const inputs = options.map(({ value, label, title }) => {
    const input = /** @type {HTMLInputElement} */ (el("input", { type: "radio", name, value }));
    const wrapped = el("label", title ? { title } : {}, input, el("span", {}, label));
    fieldset.append(wrapped);
    return input;
  });
  fieldset.addEventListener("change", (event) => {
    onChange(/** @type {HTMLInputElement} */ (event.target).value);
  });
  return {
    /** @param {string|null} value null: none of them */
    set(value) {
      for (const input of inputs) input.checked = input.value === value;
    },
  };
}
