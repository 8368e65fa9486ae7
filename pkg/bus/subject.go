package bus

import (
	"encoding/base32"
	"hash/fnv"
	"strconv"
	"strings"
)

// encodedKey starts a token that stands for a key which is not a token itself.
// No plain token can start with it, so two keys never share a token.
const encodedKey = "="

// maxPlainToken keeps subjects short; longer keys are rare and are encoded, not cut.
const maxPlainToken = 128

// Token turns a profile key into one subject token: keys of letters, digits,
// '-' and '_' stand for themselves, everything else (dots, spaces, '@',
// wildcards, the empty key) is written in base32. Equal keys give equal tokens,
// different keys different ones; Key turns a token back.
func Token(key string) string {
	if isPlain(key) {
		return key
	}
	return encodedKey + keyEncoding().EncodeToString([]byte(key))
}

// Key turns a token made by Token back into the profile key. A token that
// Token cannot have made is returned as it is.
func Key(token string) string {
	encoded, ok := strings.CutPrefix(token, encodedKey)
	if !ok {
		return token
	}
	key, err := keyEncoding().DecodeString(encoded)
	if err != nil {
		return token
	}
	return string(key)
}

func keyEncoding() *base32.Encoding { return base32.HexEncoding.WithPadding(base32.NoPadding) }

func isPlain(key string) bool {
	if key == "" || len(key) > maxPlainToken {
		return false
	}
	for i := range len(key) {
		c := key[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// Partition is the partition of a profile key's events among n: the same number that
// the server's partition() mapping computes from the token (FNV-1a, 32 bits,
// modulo n), so that a reader of the store can find a profile's partition
// without asking the broker.
func Partition(key string, n int) int { return tokenPartition(Token(key), n) }

func tokenPartition(token string, n int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(token))
	return int(h.Sum32() % uint32(n))
}

// EventSubject is where the events of a profile are published.
func EventSubject(key string) string { return "events." + Token(key) }

// IsEvent reports whether a subject is one that events are published to.
func IsEvent(subject string) bool { return strings.HasPrefix(subject, "events.") }

// ClockSubject is where ticks for one partition are published. They are stored
// in the same stream as its events, so that time has a place in their order, and
// beside them, so that one filter finds both. It has a token more than an event's
// subject, so that no event can pass for a tick, whatever its key.
func ClockSubject(partition int) string { return "evp." + strconv.Itoa(partition) + clockTokens }

const clockTokens = ".clock.tick"

const receiptToken = ".receipt."

// partitionFilter matches everything of a partition: its events, receipts and its clock. It is one
// on purpose: a consumer with two looks at every message of the stream the slow way.
func partitionFilter(partition int) string { return "evp." + strconv.Itoa(partition) + ".>" }

// SendSubject is where messages to be sent are published; the channel is one of
// message.Channels, the key is the profile's. A slot stands for it, as in EVENTS, and
// for the same reason.
func SendSubject(channel, key string) string {
	return "send." + channel + "." + strconv.Itoa(Partition(key, sendSlots))
}

// sendSlots is how many subjects a channel has. Workers keep the order within one, which is
// many times as many as they have lanes.
const sendSlots = 1024

// InSubject is where the shop's system of this name publishes its events; it may add tokens behind it.
func InSubject(name string) string { return inPrefix + Token(name) }

const inPrefix = "in."

// Sender is the name of the system that a subject of IN belongs to: the second token. Who may publish there
// is for the broker to decide.
func Sender(subject string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(subject, inPrefix)
	token, _, _ := strings.Cut(rest, ".")
	if !ok || token == "" {
		return "", false
	}
	return Key(token), true
}

// lastToken is the profile's token, or the number of its slot, in all subjects of ours.
func lastToken(subject string) string {
	return subject[strings.LastIndexByte(subject, '.')+1:]
}
