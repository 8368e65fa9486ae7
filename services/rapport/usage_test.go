package main_test

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/services/rapport/replay"
)

// write writes a file into a directory and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

// What is wrong with a command line is said on standard error in a sentence that names the
// flag or argument and the remedy, with exit code 2, and nothing is started.
func TestCommandLinesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"frob":                                            "there is no command \"frob\": use one of alias, apply, backtest, bench, check, completion, consent, deadletters, dkim, doctor, erase, events, explain, import, init, migrate-store, plan, preview, provision, recover, replay, send-test, suppress, test, unalias, up, version, versions",
		"up --nope":                                       "unknown flag: --nope",
		"up now":                                          "rapport up takes no arguments, only flags: leave out \"now\"",
		"up --services mailer,postman":                    "--services: there is no service \"postman\": choose from ingest, orchestrator,",
		"up --http 127.0.0.1":                             "--http \"127.0.0.1\": has no host and port: write host:port, such as 127.0.0.1:8080",
		"up --http 127.0.0.1:http":                        "--http \"127.0.0.1:http\": has no port from 0 to 65535: write host:port",
		"up --catcher-smtp 1025":                          "--catcher-smtp \"1025\": has no host and port: write host:port, such as 127.0.0.1:1025",
		"up --smtp mail.example.com":                      "--smtp \"mail.example.com\": has no host and port: write host:port, such as smtp.example.com:587",
		"up --smtp-tls maybe":                             "--smtp-tls \"maybe\": use opportunistic, mandatory, implicit or none",
		"up --keep-days 90":                               "--keep-days 90: use 30 or more, with a PostgreSQL --store",
		"up --nats-replicas 2":                            "--nats-replicas 2: use 1, or 3 or 5 in a cluster of as many nodes",
		"up --nats-replicas 3":                            "--nats-replicas 3: the embedded broker is one node: name a cluster with --nats-url",
		"up --store mysql://db/x":                         "--store is no address of a PostgreSQL database: write it as postgres://user@host:5432/rapport",
		"up --ops 8081":                                   "--ops \"8081\": has no host and port: write host:port, such as 127.0.0.1:8081",
		"up --catcher-url catcher:8025":                   "--catcher-url \"catcher:8025\" is no address of a page: write it as http://127.0.0.1:8025",
		"up --catcher-url http://catcher:8025":            "name the catcher's mail server too, with --smtp",
		"suppress frob":                                   "there is no command \"frob\": use one of add, check, import, list, remove",
		"suppress add":                                    "CHANNEL is missing: write rapport suppress add CHANNEL ADDRESS",
		"suppress add email":                              "ADDRESS is missing: write rapport suppress add CHANNEL ADDRESS",
		"suppress add email a@b.example c":                "rapport suppress add takes CHANNEL and ADDRESS: leave out \"c\"",
		"suppress add post 7":                             "there is no list of the channel \"post\": use email, sms or whatsapp",
		"suppress add email ada":                          "\"ada\" is no e-mail address, such as ada@example.com",
		"suppress check sms 07700900001":                  "\"07700900001\" is no number with its country's code, such as +447700900001",
		"suppress add email a@b.example --reason because": "there is no reason \"because\": use one of erased, complained, bounced, manual, opted_out, imported",
		"suppress list x":                                 "rapport suppress list takes no arguments, only flags: leave out \"x\"",
		"deadletters frob":                                "there is no command \"frob\": use one of drop, list, retry, show",
		"deadletters list 7":                              "rapport deadletters list takes no arguments, only flags: leave out \"7\"",
		"deadletters list --class bad":                    "--class: there is no class \"bad\": use one of unreadable, refused,",
		"deadletters list --since soon":                   "--since \"soon\": give a time, such as 2026-03-02T09:00, or a date, such as 2026-03-02, or how long ago",
		"deadletters show":                                "NUMBER is missing: write rapport deadletters show NUMBER",
		"deadletters show x":                              "\"x\" is no number of a dead letter",
		"deadletters retry":                               "which letters? Give their numbers, or a filter such as --source shop, or --all",
		"deadletters retry 7 --source shop":               "numbers are given, and a filter too: leave out one",
		"deadletters drop":                                "which letters? Give their numbers",
		"consent show":                                    "PROFILE is missing: write rapport consent show PROFILE",
		"erase":                                           "PROFILE is missing: write rapport erase PROFILE",
		"alias a":                                         "PROFILE is missing: write rapport alias FORMER PROFILE",
		"unalias a a":                                     "FORMER and PROFILE are both a: name two ids",
		"erase ada --url nowhere":                         "--url \"nowhere\" is no address of the event API: write it as http://127.0.0.1:8080",
		"doctor now":                                      "rapport doctor takes no arguments, only flags: leave out \"now\"",
		"doctor":                                          "no sender to look at: name a workspace, or a domain with --from",
		"doctor --from a.example --sending-ip host":       "--sending-ip \"host\" is no IP address: write it as 192.0.2.1",
		"doctor --from a.example --dkim-keys nowhere":     "--dkim-keys nowhere: read the directory of DKIM keys",
		"doctor --from a.example --smtp mail.example.com": "--smtp \"mail.example.com\": has no host and port",
		"dkim old":                                        "there is no command \"old\": use one of new",
		"dkim new":                                        "--domain and --selector are needed, as in --domain shop.example --selector 2026a",
		"dkim new --domain a.example --selector a --from soon": "--from \"soon\" is no day: write it as 2026-04-01",
		"migrate-store":                      "--store is missing: name the PostgreSQL database to move to",
		"bench now":                          "rapport bench takes no arguments, only flags: leave out \"now\"",
		"provision":                          "--nats-url is missing: the embedded broker makes its streams itself",
		"recover --store x":                  "--store is no address of a PostgreSQL database",
		"up --partitions 0":                  "--partitions 0: use 1 to 1024",
		"up --log loud":                      "--log \"loud\": use text or json",
		"up --log-level loud":                "--log-level \"loud\": use debug, info, warn or error",
		"up --http :0":                       "there are no write keys: set RAPPORT_WRITE_KEYS=shop:a-long-random-text",
		"replay":                             "no file to replay: name one, as in rapport replay invoices.csv",
		"replay a.csv b.csv":                 "2 files to replay: name one",
		"replay --until whenever a.csv":      "--until \"whenever\": give a time after the last event, such as 90d or 12h, or a date, such as 2011-09-28",
		"replay --until 2011-02-30 a.csv":    "--until \"2011-02-30\": give",
		"replay --until -3h a.csv":           "--until \"-3h\": give",
		"replay --clock wall a.csv":          "--clock \"wall\": a replay keeps the events' time, use events",
		"preview":                            "no workspace here: name its directory, or run this beside ./templates",
		"preview a b":                        "2 workspaces to show: name one, as in rapport preview templates",
		"preview a --addr 8026":              "--addr \"8026\": has no host and port: write host:port, such as 127.0.0.1:8026",
		"send-test":                          "TEMPLATE is missing: write rapport send-test thank-you --to me@example.com",
		"send-test a b":                      "rapport send-test takes one TEMPLATE: leave out \"b\"",
		"send-test a":                        "no workspace here: name its directory with --workspace",
		"send-test a --workspace b":          "--to is missing: say who gets it, as in --to me@example.com",
		"send-test a --workspace b --to me":  "--to \"me\" is no number with its country's code: write it as +447700900123",
		"send-test a --workspace b --to me@": "--to \"me@\" is no e-mail address: write it as me@example.com",
		"send-test a --workspace b --to a@b.example --channel fax":      "--channel \"fax\": use email, sms or whatsapp",
		"send-test a --workspace b --to a@b.example --smtp mail":        "--smtp \"mail\": has no host and port: write host:port, such as smtp.example.com:587",
		"send-test a --workspace b --to a@b.example --smtp-tls x":       "--smtp-tls \"x\": use opportunistic, mandatory, implicit or none",
		"send-test a --workspace b --to a@b.example --catcher-url here": "--catcher-url \"here\" is no address of a page: write it as http://127.0.0.1:8025",
		"check":                                "no workspace here: name its directory, or run this beside ./templates",
		"check a b":                            "2 workspaces to check: name one, as in rapport check templates",
		"version 2":                            "rapport version takes no arguments, only flags: leave out \"2\"",
		"replay --log-level loud a.csv":        "--log-level \"loud\": use debug, info, warn or error",
		"up --http 127.0.0.1:0 --partitions x": "invalid argument \"x\" for \"--partitions\" flag",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			got := execute(t, command(t, dir, strings.Fields(line)...))
			if got.code != 2 || !strings.Contains(got.errors, "rapport: ") || !strings.Contains(got.errors, want) {
				t.Errorf("exit code %d, want 2; standard error:\n%s\nwant in it: %s", got.code, got.errors, want)
			}
			if !strings.Contains(got.errors, "Try: rapport") || got.out != "" {
				t.Errorf("no hint at --help, or something on standard output %q:\n%s", got.out, got.errors)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("it left %v behind (%v)", left, err)
			}
		})
	}
}

// What is wrong with the world outside is an exit code of 1, with the place and the remedy.
func TestFilesAndPlacesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := write(t, dir, "file", "")
	write(t, dir, "empty.csv", "")
	write(t, dir, "headless.csv", "1,A,a,1,2011-01-04 10:00:00,1,7,UK\n")
	write(t, dir, "nothing.csv", header+"1,A,a,0,2011-01-04 10:00:00,1,7,UK\n1,A,a,x,2011-01-04 10:00:00,1,7,UK\n")
	write(t, dir, "good.csv", header+"1,A,a,1,2011-01-04 10:00:00,1,7,UK\n")
	write(t, dir, "keys", "shop\n")
	whole, err := os.ReadFile(demo)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "torn.csv.gz", string(whole[:len(whole)/2]))
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no such file":               {[]string{"replay", "none.csv"}, "the file to replay cannot be read: open none.csv: no such file or directory: name a CSV file"},
		"a directory":                {[]string{"replay", "."}, "the file to replay cannot be read: read .: is a directory: name a CSV file"},
		"an empty file":              {[]string{"replay", "empty.csv"}, "empty.csv:1:1: the file is empty: the first line must name the columns InvoiceNo,StockCode"},
		"no header":                  {[]string{"replay", "headless.csv"}, "headless.csv:1:1: column InvoiceNo is missing: the header must name InvoiceNo,StockCode"},
		"nothing to replay":          {[]string{"replay", "nothing.csv"}, "nothing.csv: none of its 2 lines makes an invoice to replay: 1 were refused, 1 have nothing bought"},
		"a torn file":                {[]string{"replay", "torn.csv.gz"}, "unexpected EOF: the file is cut off or damaged, get it whole"},
		"an end before the events":   {[]string{"replay", "--until", "2010-01-01", "good.csv"}, "--until 2010-01-01 is before the last invoice, of 2011-01-04 10:00:00: give a later time"},
		"no workspace to replay":     {[]string{"replay", "--workspace", "none", "good.csv"}, "the workspace none cannot be read: stat none: no such file or directory: name the directory that holds rapport.yaml"},
		"data in a file's place":     {[]string{"replay", "--data", file, "good.csv"}, "the data directory " + file + " cannot be made"},
		"up, data in a file":         {append([]string{"up", "--data", file}, free()...), "the data directory " + file + " cannot be made"},
		"up, no workspace":           {append([]string{"up", "--workspace", "none"}, free()...), "the workspace none cannot be read: stat none: no such file or directory: name"},
		"up, a file as workspace":    {append([]string{"up", "--workspace", file}, free()...), "the workspace " + file + " is a file: name the directory that holds rapport.yaml"},
		"up, no file with keys":      {append([]string{"up", "--write-keys", "none"}, free()...), "--write-keys: read write keys: open none: no such file or directory"},
		"up, keys without a colon":   {append([]string{"up", "--write-keys", "keys"}, free()...), "--write-keys: keys: write keys: line 1, entry 1: has no colon: write name:key"},
		"up, a broker that is away":  {append([]string{"up", "--nats-url", "nats://127.0.0.1:1"}, free()...), "connect to the broker at nats://127.0.0.1:1: nats: no servers available for connection: start it, or name another with --nats-url"},
		"up, mail to nowhere":        {append([]string{"up", "--services", "mailer"}, free()...), "mailer: no mail server: name one with --smtp, those of delivery.yaml with --providers, or run the catcher here"},
		"check a file":               {[]string{"check", file}, "the workspace " + file + " is a file: name the directory that holds rapport.yaml"},
		"check nothing":              {[]string{"check", "none"}, "the workspace none cannot be read"},
		"check what is no workspace": {[]string{"check", "."}, "rapport.yaml: there is no such file in .\n   a workspace begins with rapport.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := command(t, dir, c.args...)
			if c.args[0] == "up" && c.args[1] != "--data" {
				cmd.Args = append(cmd.Args, "--data", t.TempDir())
			}
			got := execute(t, cmd)
			if got.code != 1 || !strings.HasPrefix(lastLines(got.errors), "rapport: ") || !strings.Contains(got.errors, c.want) {
				t.Errorf("exit code %d, want 1; standard error:\n%s\nwant in it: %s", got.code, got.errors, c.want)
			}
		})
	}
}

// lastLines is the text from where the program says why it ended.
func lastLines(s string) string {
	if i := strings.Index(s, "rapport: "); i >= 0 && (i == 0 || s[i-1] == '\n') {
		return s[i:]
	}
	return s
}

// Each port that is taken is named by its flag.
func TestPortsThatAreTaken(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for _, flag := range []string{"--http", "--catcher-http", "--catcher-smtp", "--nats", "--ops", "--portal", "--listener"} {
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			args := append(append([]string{"up", "--data", t.TempDir()}, free()...), flag, taken.Addr().String())
			got := execute(t, command(t, t.TempDir(), args...))
			want := "rapport: " + flag + " " + taken.Addr().String() + ": "
			if got.code != 1 || !strings.HasPrefix(got.errors, want) ||
				!strings.Contains(got.errors, "stop the process that listens there, or choose another address (port 0 takes a free one)") {
				t.Errorf("exit code %d, standard error:\n%s\nwant %s...", got.code, got.errors, want)
			}
			if strings.Count(got.errors, "\n") != 1 {
				t.Errorf("more than the one thing that is wrong:\n%s", got.errors)
			}
		})
	}
}

// Two processes on one data directory would spoil it: the second one is turned away, and
// the first goes on.
func TestASecondProcessOnTheDataIsTurnedAway(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := up(t, data)
	csv := write(t, t.TempDir(), "good.csv", header+"1,A,a,1,2011-01-04 10:00:00,1,7,UK\n")
	for name, args := range map[string][]string{
		"up":     append([]string{"up", "--data", data}, free()...),
		"replay": {"replay", "--data", data, csv},
	} {
		got := execute(t, command(t, t.TempDir(), args...))
		if got.code != 1 || !strings.Contains(got.errors, data) || !strings.Contains(got.errors, "in use by another running server; stop the other process or choose another data directory") {
			t.Errorf("%s: exit code %d, standard error:\n%s", name, got.code, got.errors)
		}
	}
	r.accepted(t, order("after", "after", "Ed", "Lamp"))
	r.await(t, 1, nil)
}

func TestDataDirectoryWithoutPermission(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil { //nolint:gosec // Reading it has to go on.
		t.Fatal(err)
	}
	for _, data := range []string{dir, filepath.Join(dir, "below")} {
		got := execute(t, command(t, t.TempDir(), append([]string{"up", "--data", data}, free()...)...))
		if got.code != 1 || !strings.Contains(got.errors, data) || !strings.Contains(got.errors, "permission") || !strings.Contains(got.errors, "choose another") {
			t.Errorf("exit code %d, standard error:\n%s", got.code, got.errors)
		}
	}
}

// Mistakes in a workspace are named as a compiler names them, all of them, the same by
// check, up and replay; up does not start with them.
func TestAWorkspaceWithMistakes(t *testing.T) {
	t.Parallel()
	shop := workspace(t)
	if got := execute(t, command(t, t.TempDir(), "check", shop)); got.code != 0 || !strings.Contains(got.out, "17 journeys, no errors") {
		t.Errorf("the starter: exit code %d, %s%s", got.code, got.out, got.errors)
	}
	edit(t, shop, thankYouText, "Thank you for your order.", "{{ profile.first_name | shout }}")
	edit(t, shop, "journeys/win-back.yaml", "wait: {for: 60d}", "wait: {for: sixty days}")
	csv := write(t, t.TempDir(), "good.csv", header+"1,A,a,1,2011-01-04 10:00:00,1,7,UK\n")
	var first string
	for _, args := range [][]string{
		{"check", shop},
		append([]string{"up", "--data", t.TempDir(), "--workspace", shop}, free()...),
		{"replay", "--workspace", shop, csv},
	} {
		got := execute(t, command(t, t.TempDir(), args...))
		for _, want := range []string{
			filepath.Join(shop, thankYouText) + `:5:25: unknown filter "shout"`,
			filepath.Join(shop, "journeys/win-back.yaml") + ":29:17: for cannot be sixty days",
		} {
			if got.code != 1 || !strings.Contains(got.errors, want) {
				t.Errorf("%s: exit code %d, standard error:\n%s\nwant in it: %s", args[0], got.code, got.errors, want)
			}
		}
		if first == "" {
			first = got.errors
		} else if got.errors != first {
			t.Errorf("%s says it otherwise than check:\n%s\n%s", args[0], got.errors, first)
		}
	}
}

// Lines that cannot be read are named, counted, and the others are replayed.
func TestReplayOfAFileWithBadLines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "sales.csv", header+
		"1,A,a,1,2011-01-04 10:00:00,1,7,UK\n"+
		"2,A,a,many,2011-01-04 11:00:00,1,7,UK\n"+
		"3,A,12\" ruler,1,2011-01-04 12:00:00,1,7,UK\n"+
		"4,A,a,0,2011-01-04 12:00:00,1,7,UK\n"+
		"5,A,\"a,1,2011-01-04 13:00:00,1,7,UK\n"+
		"6,A,a,1,2011-01-04 14:00:00,1,8,UK\n")
	got := execute(t, command(t, dir, "replay", "--json", "sales.csv"))
	want := "sales.csv:3:7: Quantity \"many\" is no whole number, such as 6\n" +
		"sales.csv:4:7: bare \" in non-quoted-field: quote fields that hold quotes or line breaks, and double the quotes in them\n" +
		"sales.csv:6:1: extraneous or missing \" in quoted-field: quote fields that hold quotes or line breaks, and double the quotes in them\n"
	if got.code != 0 || got.errors != want {
		t.Errorf("exit code %d, standard error:\n%s\nwant\n%s", got.code, got.errors, want)
	}
	var r replay.Report
	if err := json.Unmarshal([]byte(got.out), &r); err != nil {
		t.Fatalf("%v: %s", err, got.out)
	}
	if r.Rows != 6 || r.RowsRefused != 3 || r.RowsDropped != 1 || r.Events != 2 || r.Applied != 2 || r.Lost != 0 || r.Journeys["thank-you"].Finished != 2 {
		t.Errorf("report %+v", r)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("a replay without --data left %v behind (%v)", left, err)
	}
}
