package pickle_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
)

// cpython is what CPython makes of a pickle: lists of steps, and the name of the
// exception that ended them.
type cpython struct {
	Ops    steps `json:"ops"`    // pickletools.genops
	Python steps `json:"python"` // the unpickler in Python
	C      steps `json:"c"`      // the one in C, on a file that can peek
	CBytes steps `json:"cbytes"` // the one in C, on io.BytesIO
}

type steps struct {
	list  []string
	error string
}

func (s *steps) UnmarshalJSON(p []byte) error {
	var raw struct {
		list  [][]any
		error string
	}
	if err := json.Unmarshal(p, &[]any{&raw.list, &raw.error}); err != nil {
		return err
	}
	for _, step := range raw.list {
		if step[0] == "append" {
			s.list = append(s.list, fmt.Sprintf("append%s %v", step[1], step[2]))
			continue
		}
		s.list = append(s.list, fmt.Sprint(step...))
	}
	s.error = raw.error
	return nil
}

const (
	streams    = 21_000
	streamSeed = 20_260_301
)

// TestAgainstPython follows thousands of sound and broken pickles with the
// machine and with CPython's own readers. Where CPython comes to the end, both
// have done the same; where it raises, the machine has done at least as much.
func TestAgainstPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed: nothing to compare with")
	}
	if testing.Short() {
		t.Skip("-short: takes some seconds")
	}
	g := generator{Rand: rand.New(rand.NewPCG(streamSeed, 0))}
	pickles := make([][]byte, streams)
	var in bytes.Buffer
	for i := range pickles {
		pickles[i] = g.pickle()
		binary.Write(&in, binary.LittleEndian, uint32(len(pickles[i])))
		in.Write(pickles[i])
	}
	cmd := exec.Command(python, "testdata/trace.py")
	cmd.Stdin = &in
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	loaded := 0
	for _, data := range pickles {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			t.Fatalf("python3 ended at %q: %v", data, cmd.Wait())
		}
		var want cpython
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if compare(t, data, &want); want.C.error == "" {
			loaded++
		}
		if t.Failed() {
			cmd.Process.Kill()
			break
		}
	}
	cmd.Wait()
	t.Logf("%d pickles, of which CPython loads %d to the end", streams, loaded)
}

func compare(t *testing.T, data []byte, want *cpython) {
	t.Helper()
	linear, dropping := follow(data, pickle.Reading{Literal: true}), follow(data, pickle.Reading{Literal: true, DropTail: true})
	agree(t, data, "the unpickler in Python", linear, want.Python)
	linear, dropping = linear.inC(), dropping.inC()
	agree(t, data, "the unpickler in C", linear, want.C)
	if !prefix(want.CBytes, linear) {
		agree(t, data, "the unpickler in C on io.BytesIO", dropping, want.CBytes)
	}
	ops := steps{}
	r := reader(data)
	for op := range pickle.Ops(r) {
		ops.list = append(ops.list, fmt.Sprint(op.Code.String(), op.Offset))
	}
	if err := r.Err(); err != nil {
		ops.error = err.Error()
	}
	if len(ops.list) < len(want.Ops.list) && want.C.error != "" && want.Python.error != "" {
		return // pickletools takes what neither unpickler takes
	}
	agree(t, data, "pickletools.genops", ops, want.Ops)
}

// inC is s without the appending of nothing, which the unpickler in C skips.
func (s steps) inC() steps {
	s.list = slices.DeleteFunc(s.list, func(step string) bool {
		return strings.HasPrefix(step, "append") && strings.HasSuffix(step, " 0")
	})
	return s
}

func prefix(a, b steps) bool {
	return len(a.list) <= len(b.list) && slices.Equal(a.list, b.list[:len(a.list)])
}

func agree(t *testing.T, data []byte, who string, got, want steps) {
	t.Helper()
	same := slices.Equal(got.list, want.list) && got.error == ""
	if want.error != "" {
		same = prefix(want, got)
	}
	if !same {
		t.Errorf("%q:\n%s: %q %s\nthe machine: %q %s", data, who, want.list, want.error, got.list, got.error)
	}
}

// follow returns what the machine yields, in the words of trace.py.
func follow(data []byte, reading pickle.Reading) steps {
	var out steps
	m := pickle.New(reader(data), names, reading)
	made := make(map[pickle.Value]int)
	label := func(v pickle.Value) string {
		if n := m.Name(v); n != nil {
			return n.AsModule + "\n" + n.AsName
		}
		if k, ok := made[v]; ok {
			return fmt.Sprintf("#%d", k)
		}
		return "?"
	}
	note := func(words ...any) { out.list = append(out.list, fmt.Sprint(words...)) }
	for e := range m.Run() {
		callee := label(e.Fn)
		switch e.Kind {
		case pickle.Imports:
			n := m.Name(e.Value)
			if n == nil { // of something that is no string here: every unpickler raises
				return steps{out.list, "STACK_GLOBAL"}
			}
			note("import", n.AsModule, n.AsName)
			continue
		case pickle.Persists:
			note("persist")
			made[e.Value] = len(made) + 1
			continue
		case pickle.Calls, pickle.Makes:
			made[e.Value] = len(made) + 1
			note("call", callee, float64(len(e.Args)))
			continue
		}
		if callee == "?" {
			continue // a constant: every unpickler raises
		}
		switch {
		case e.Kind == pickle.Builds:
			note("build", callee)
		case e.Kind == pickle.Appends && e.Op.String() == "ADDITEMS":
			for range e.Args {
				note("add", callee)
			}
		case e.Kind == pickle.Appends:
			out.list = append(out.list, fmt.Sprintf("append%s %d", callee, len(e.Args)))
		case e.Kind == pickle.SetsItem:
			for range len(e.Args) / 2 {
				note("setitem", callee)
			}
		}
	}
	if err := m.Err(); err != nil {
		out.error = err.Error()
	}
	return out
}
