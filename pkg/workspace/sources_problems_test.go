package workspace

import (
	"strings"
	"testing"
)

const goodSource = `verify: {scheme: hmac, secret: "${SHOP}", header: X-Sign}
topic: body.what
let:
  mail: email(body.mail)
people:
  buyer: {subject: '"email:" + mail'}
shapes:
  order: {order_id: text(body.id), total: money(body.total)}
ignore: [ping]
events:
  - on: sale
    type: order.completed
    person: buyer
    data: order
`

// TestSourceProblems: each mistake in a file of sources/ is told at its place, with what to do.
func TestSourceProblems(t *testing.T) {
	t.Parallel()
	if problems, names := readSources(t, map[string]string{"sources/shop.yaml": goodSource}); len(problems) > 0 || len(names) != 1 {
		t.Fatalf("%v", problems)
	}
	for change, want := range map[string]string{
		"scheme: hmac=>scheme: magento":                                    "sources/shop.yaml:1:18: scheme cannot be magento",
		"\"${SHOP}\"=>hush":                                                "sources/shop.yaml:1:32: secret must name a variable of the environment",
		"\"${SHOP}\"=>[]":                                                  "the list is empty",
		", header: X-Sign=>":                                               "header: is missing",
		"header: X-Sign=>header: \"X Sign\"":                               "cannot be the name of a header",
		"header: X-Sign=>header: X-Sign, tolerance: 5m":                    "the scheme signs no time",
		"header: X-Sign=>header: X, timestamp: T, tolerance: 2d":           "tolerance is more than a day",
		"scheme: hmac=>scheme: shopify":                                    "header: goes with scheme: hmac alone",
		"topic: body.what\n=>":                                             "topic: is missing",
		"topic: body.what=>topic: boddy.what":                              "sources/shop.yaml:2:8: there is no boddy",
		"email(body.mail)=>emial(body.mail)":                               "sources/shop.yaml:4:9: there is no function emial",
		"mail: email(=>body: email(":                                       "body cannot be the name of a part",
		"+ mail=>+ mial":                                                   "sources/shop.yaml:6:32: there is no mial",
		"total: money(body.total)=>total: money(body.)":                    "sources/shop.yaml:8:54: a name is missing before this",
		"total: money=>$profile: money":                                    "$profile cannot be the name of a field",
		"total: money(body.total)=>total: ~":                               "there is no value",
		"ignore: [ping]=>ignore: [sale]":                                   "sale is ignored, and becomes an event as well",
		"on: sale=>off: sale":                                              "an event has no off:",
		"type: order.completed=>type: order.complete":                      "did you mean order.completed?",
		"type: order.completed=>type: identity.stated":                     "is for Rapport itself to say",
		"type: order.completed=>type: message.sent":                        "is for Rapport itself to say",
		"person: buyer=>person: buyr":                                      "there is nobody called buyr in people:",
		"    person: buyer\n=>":                                            "person: is missing",
		"data: order=>data: oder":                                          "there is no shape oder in shapes:",
		"data: order=>data: [order, {total: 5}]":                           "total is here twice",
		"data: order=>data: {a: {each: body.l, fields: {}}}":               "there are no fields",
		"data: order=>data: {a: {each: body.l, as: mail, fields: {b: 1}}}": "mail cannot be the name of an element",
		"data: order=>data: {a: {each: body.l, as: x, fields: {b: y.z}}}":  "there is no y",
		"data: order=>data: {a: {each: body.l, field: {b: 1}}}":            "a list of fields has no field:",
		"data: order=>as: x":                                               "as: names the elements of each:",
		"events:=>event:":                                                  "a source has no event:",
		"{subject: '\"email:\" + mail'}=>{subject: []}":                    "the list is empty",
		"{subject: '\"email:\" + mail'}=>{subject: mail, consent: [{channel: mail, purpose: marketing, granted: true}]}": "channel cannot be mail",
		"{subject: '\"email:\" + mail'}=>{subject: mail, consent: [{channel: email, granted: true}]}":                    "purpose: is missing",
	} {
		old, now, _ := strings.Cut(change, "=>")
		text := strings.Replace(goodSource, old, now, 1)
		if text == goodSource {
			t.Errorf("%s changes nothing", change)
		}
		problems, _ := readSources(t, map[string]string{"sources/shop.yaml": text})
		if !strings.Contains(problems.Error(), want) {
			t.Errorf("%s:\n%v\nwant %s", change, problems, want)
		}
		for _, p := range problems {
			if p.Line == 0 || p.Excerpt == "" {
				t.Errorf("%s: without a place: %v", change, p)
			}
		}
	}
	for name, want := range map[string]string{"sources/Shop 1.yaml": "cannot be the name of a source", "sources/a/shop.yaml": "cannot be the name of a source"} {
		if problems, _ := readSources(t, map[string]string{name: goodSource}); !strings.Contains(problems.Error(), want) {
			t.Errorf("%s: %v", name, problems)
		}
	}
	if problems, _ := readSources(t, map[string]string{"sources/a.yaml": goodSource, "sources/a.yml": goodSource}); !strings.Contains(problems.Error(), "there is a source a already") {
		t.Errorf("twice: %v", problems)
	}
}

// TestSourcesOfWorkspace: sources are read with all the rest, and a purpose that nobody can agree
// to is found in policy.yaml.
func TestSourcesOfWorkspace(t *testing.T) {
	t.Parallel()
	files := large()
	files["sources/shop.yaml"] = goodSource
	s, err := load(files)
	if err != nil || len(s.Sources()) != 1 || s.Sources()[0].Name != "shop" || s.Sources()[0].Secrets[0] != "SHOP" {
		t.Fatalf("%v", err)
	}
}
