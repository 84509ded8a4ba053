// Package address finds addresses of the network in program code that say
// something about who is at the other end.
package address

import (
	_ "embed"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed hosts.txt
var hostsFile string

// An Address is a place in the network.
type Address struct {
	Text   string // as it stands in the text
	Offset int    // in the text, in bytes
	Kind   string // stable: "tunnel", "address by number"
	Why    string // completes "the host …"
}

// A host is one that is listed.
type host struct{ kind, path string }

// lists are the listed hosts by name, and what their kinds mean.
type lists struct {
	hosts map[string][]host
	why   map[string]string
}

var listed = sync.OnceValue(func() lists {
	l := lists{hosts: make(map[string][]host), why: make(map[string]string)}
	for row := range table.Rows(hostsFile, 3) {
		if kind, name, more := row[0], row[1], row[2]; kind == "class" {
			l.why[name] = more
		} else {
			l.hosts[name] = append(l.hosts[name], host{kind, more})
		}
	}
	return l
})

// reference is a URL or a name of a host with what follows it.
var reference = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:([a-z][a-z0-9+.-]*)://(?:([^\s/@"'<>\\:]+(?::[^\s/@"'<>\\]*)?)@)?)?((?:[a-z0-9_-]+\.)*[a-z0-9_-]+|\[[0-9a-f:.]+\])(?::[0-9]+)?(/[^\s"'<>\\]*)?`)
})

// maxText is how much of a text is looked at, and maxFound how many addresses
// are returned.
const (
	maxText  = 1 << 20
	maxFound = 100
)

// Find returns the addresses of a text that say something, in its order, each
// once.
func Find(text string) []Address {
	text = text[:min(len(text), maxText)]
	if !strings.Contains(text, ".") && !strings.Contains(text, "://") {
		return nil
	}
	var out []Address
	for at := 0; len(out) < maxFound; {
		m := reference().FindStringSubmatchIndex(text[at:])
		if m == nil {
			break
		}
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return text[at+m[2*i] : at+m[2*i+1]]
		}
		kind, why := judge(group(1), group(2), strings.ToLower(group(3)), group(4))
		a := Address{Text: group(0), Offset: at + m[0], Kind: kind, Why: why}
		if kind != "" && !slices.ContainsFunc(out, func(b Address) bool { return a.Text == b.Text }) {
			out = append(out, a)
		}
		at += m[1]
	}
	return out
}

// judge returns the kind of an address by the parts of its URL, or nothing if it
// says nothing.
func judge(scheme, user, name, path string) (kind, why string) {
	if kind, why := byName(name, path); kind != "" {
		return kind, why
	}
	if scheme == "" {
		return "", ""
	}
	if ip, ok := number(name); ok {
		return byNumber(ip)
	}
	if _, password, ok := strings.Cut(user, ":"); ok && password != "" && !strings.ContainsAny(password, "${}%*") && strings.Contains(name, ".") {
		return "password", "is given a password in the URL"
	}
	return "", ""
}

// longestHost bounds the names that are listed, as DNS does (RFC 1035, 2.3.4). A text
// may be one name of thousands of parts.
const longestHost = 255

// byName judges the name of a host.
func byName(name, path string) (kind, why string) {
	if onion().MatchString(name) {
		return "onion", "is a hidden service of Tor"
	}
	rest := name
	if len(rest) > longestHost {
		_, rest, _ = strings.Cut(rest[len(rest)-longestHost:], ".")
	}
	for ; strings.Contains(rest, "."); _, rest, _ = strings.Cut(rest, ".") {
		for _, h := range listed().hosts[rest] {
			if strings.HasPrefix(path, h.path) {
				return h.kind, listed().why[h.kind]
			}
		}
	}
	return "", ""
}

// onion is the name of a hidden service:
// https://spec.torproject.org/address-spec.html.
var onion = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(^|\.)([a-z2-7]{16}|[a-z2-7]{56})\.onion$`)
})

// number returns the address that a host is written as: in the usual form, or as
// one number, which browsers and libraries take too.
func number(name string) (netip.Addr, bool) {
	if ip, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return ip.Unmap(), true
	}
	n, err := strconv.ParseUint(name, 0, 32)
	if err != nil || n < 1<<24 {
		return netip.Addr{}, false
	}
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), true
}

// credentials is where machines of all large clouds get their credentials.
var credentials = netip.AddrFrom4([4]byte{169, 254, 169, 254})

// byNumber judges an address that is not in the local network.
func byNumber(ip netip.Addr) (kind, why string) {
	switch {
	case ip == credentials:
		return "metadata service", "hands out the credentials of a machine in the cloud"
	case ip.IsLoopback(), ip.IsPrivate(), ip.IsUnspecified(), ip.IsLinkLocalUnicast(), ip.IsMulticast():
		return "", ""
	}
	return "number", "has a number instead of a name"
}
