// What Go calls: compile(source), then the pending jobs, then take().
import { again } from "./host.js";
import browser from "mjml-browser";

const mjml2html = browser.default || browser;
let answer = null;

globalThis.compile = (source) => {
  answer = null;
  again();
  mjml2html(source, { validationLevel: "soft", keepComments: true, minify: false, beautify: false }).then(
    ({ html, errors }) => {
      answer = { html, errors: errors.map(({ line, tagName, message }) => ({ line: line || 0, tag: tagName || "", message })) };
    },
    (e) => { answer = { failed: String((e && e.message) || e) }; },
  );
};
globalThis.take = () => { const a = JSON.stringify(answer); answer = null; return a; };
