// Types of chromium.mjs for the TypeScript that drives a browser.
/** Flags for a test browser. */
export const chromiumArgs: string[]
/** The path of a Chromium, or null if there is none. */
export function findChromium(): Promise<string | null>
