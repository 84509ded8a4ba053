package source_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/source"
)

func TestCommand(t *testing.T) {
	for _, c := range []struct {
		line string
		want bool
	}{
		{line: "echo poc", want: true},
		{line: "touch /tmp/poc", want: true},
		{line: "/bin/sh", want: true},
		{line: "whoami", want: true},
		{line: "calc.exe", want: true},
		{line: `"C:\\Windows\\System32\\cmd.exe" /c echo poc`, want: true},
		{line: "python -c pass", want: true},
		{line: "id > poc", want: true},
		{line: ""},
		{line: "python"},
		{line: "test accuracy"},
		{line: "time series"},
		{line: "cat dog"},
		{line: "a line of prose"},
		{line: "models/net.bin"},
	} {
		if got := source.Command(c.line); got != c.want {
			t.Errorf("Command(%q) = %v, want %v", c.line, got, c.want)
		}
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		words []string
		want  bool
	}{
		{words: []string{"sh", "-c", "echo poc"}, want: true},
		{words: []string{"nc", "192.0.2.1", "4444"}, want: true},
		{words: []string{"/bin/touch", "/tmp/poc"}, want: true},
		{words: []string{"java", "VERB"}},
		{words: []string{"docker", "NN", "O"}},
		{words: []string{"whoami"}},
	} {
		if got := source.Words(c.words); got != c.want {
			t.Errorf("Words(%q) = %v, want %v", c.words, got, c.want)
		}
	}
}
