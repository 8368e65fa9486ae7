// Package liquid is a template engine for messages: Shopify's Liquid
// (https://shopify.dev/docs/api/liquid), made safe to hand to people who
// write campaigns and to data that customers typed.
//
//	engine := liquid.New(liquid.WithLoader(load))
//	welcome, err := engine.Parse("welcome.liquid", source)
//	html, err := welcome.Render(ctx, vars, liquid.Now(at), liquid.In(zone))
//
// # What it promises
//
// Output is escaped. In HTML mode, the default, & < > " and ' are replaced in
// everything that {{ }} prints. Text that is HTML already has the type [Safe]
// and is not escaped twice: captures, the results of escape, newline_to_br,
// strip_html and raw. Filters that join texts escape the parts that are not
// Safe; those that cut a text work on what a reader sees. Escaping is not
// enough everywhere, so strict mode also follows the HTML: where a value can
// decide over the scheme of an address (href, src and the like) it has to be
// http, https, mailto, tel or cid, or there has to be none, and | raw does not
// change that; a value in a style attribute cannot end its declaration; and
// a value inside <script>, <style>, an on... attribute, an attribute without
// quotes or the name of a tag is refused when the template is parsed. JSON in
// <script type="application/ld+json"> is possible with | json.
//
// In JSON mode what is printed between quotes is the inside of a JSON string,
// and elsewhere a whole JSON value with quotes of its own, so that no data can
// break out of the document or add to it.
//
// Mistakes are found. Unknown tags and filters, wrong numbers of arguments
// and text that is left over are errors of Parse, all of them at once. An
// undefined variable is an error of Render, unless a test (if, unless, case)
// or the filter default asks for it. Every error names file, line and
// column, and often what was meant. [Template.Variables] lists the data a
// template needs, to be compared with a schema before anything is sent.
//
// Nothing runs away. [Limits] bounds steps, output, memory, nesting and
// source; the context adds a deadline. Costs are checked before they are
// paid, so that a hostile template ends with an error within some
// milliseconds.
//
// Rendering is pure. The package reads no clock, file or network: partials
// come from a [Loader], the time from [Now], the zone from [In]. The same
// template and data give the same bytes; objects without an order are shown
// by name. An [Engine] and its templates may be used by many goroutines.
//
// # Why it is so
//
// It follows Shopify's Ruby implementation where that is a matter of taste,
// down to how decimals print, because template authors know that one and its
// documentation. Compat() turns off escaping and strictness; in it the public
// conformance suites run. Where the two modes differ the strict one refuses
// what Ruby silently prints as nothing. Arithmetic on decimals works on the
// digits that people see, as Ruby's BigDecimal does: 10.1 - 2.2 is 7.9.
//
// Values are any, not reflect.Value: maps, slices, scalars, time.Time and
// [Drop]. A struct is refused with an error; decoding JSON gives what is
// needed. Decode with json.Decoder.UseNumber, or whole numbers become
// decimals and print as 5.0.
package liquid
