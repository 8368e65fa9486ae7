// Writes cldr.json beside it: what Intl makes of amounts and dates. node cldr.mjs
import { writeFileSync } from "node:fs";
const locales = ["en-GB", "en-US", "de-DE", "de-AT", "de-CH", "fr-FR", "fr-CH", "es-ES", "it-IT", "nl-NL", "pl-PL", "sv-SE", "da-DK", "pt-PT"];
const currencies = ["EUR", "GBP", "USD", "CHF", "JPY", "PLN", "SEK", "DKK", "NOK", "CZK", "CAD", "AUD", "INR", "KRW", "CNY", "BRL", "KWD"];
const amounts = ["0", "1234.5", "-1234.5", "12345.6", "-1234567.89"];
const out = {};
for (const l of locales) {
  const o = (out[l] = { Amounts: {}, Dates: {}, Months: [] });
  for (const currency of currencies) {
    o.Amounts[currency] = {};
    for (const a of amounts) o.Amounts[currency][a] = new Intl.NumberFormat(l, { style: "currency", currency, roundingMode: "halfExpand" }).format(a);
  }
  for (const dateStyle of ["short", "medium", "long", "full"]) {
    // English keeps the short names that Liquid has: Sep, where CLDR has Sept for Britain.
    o.Dates[dateStyle] = {};
    for (let m = 1; m <= 12; m++) {
      if (dateStyle === "medium" && l === "en-GB" && m === 9) continue;
      const d = new Date(Date.UTC(2026, m - 1, m + 1));
      o.Dates[dateStyle][d.toISOString().slice(0, 10)] = new Intl.DateTimeFormat(l, { dateStyle, timeZone: "UTC" }).format(d);
    }
  }
  for (let m = 0; m < 12; m++) o.Months.push(new Intl.DateTimeFormat(l, { month: "long", timeZone: "UTC" }).format(new Date(Date.UTC(2026, m, 5))));
}
writeFileSync(new URL("cldr.json", import.meta.url), JSON.stringify(out, null, 1) + "\n");
