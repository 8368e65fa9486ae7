// What MJML's browser build expects of a browser, as far as it is used when compiling. Nothing here reaches outside:
// there is no network, no file, no clock of use, and chance is a counter that is set back before each document.
import { Buffer } from "buffer";

const nothing = () => {};
globalThis.Buffer = Buffer;
globalThis.window = globalThis.self = globalThis.global = globalThis;
globalThis.console = { log: nothing, warn: nothing, error: nothing, info: nothing, debug: nothing, trace: nothing };
globalThis.process = { env: {}, argv: [], platform: "browser", cwd: () => "/", nextTick: (f) => void Promise.resolve().then(f) };
globalThis.setTimeout = (f) => (Promise.resolve().then(f), 0);
globalThis.clearTimeout = nothing;

let chance = 1;
export const again = () => { chance = 1; };
// The minimal standard generator of Park and Miller, CACM 31(10), 1988.
Math.random = () => (chance = (chance * 48271) % 2147483647) / 2147483647;
