package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what the transcripts in testdata print")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"modelaudit": main})
}

// TestTranscripts runs every command of testdata/*.txtar and compares all that
// it prints.
func TestTranscripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":   status,
			"mkpickle": makePickle,
			"mkzip":    makeZip,
			"copy":     copyQuoted,
			"fifo":     makeFIFO,
		},
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("no condition is named %q", name)
		},
	})
}

// status N COMMAND… runs a command that must end with the exit status N.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND…")
	}
	got := 0
	err := ts.Exec(args[1], args[2:]...)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}

// mkpickle FILE SOURCE assembles a pickle from a list of opcodes.
func makePickle(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: mkpickle FILE SOURCE")
	}
	code, err := assemble(ts.ReadFile(args[1]))
	ts.Check(err)
	write(ts, args[0], code)
}

// mkzip FILE NAME=CONTENT… writes an archive of stored members, the content of
// which are files. Names are quoted as in Go.
func makeZip(ts *testscript.TestScript, _ bool, args []string) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, arg := range args[1:] {
		name, content, _ := strings.Cut(arg, "=")
		member, err := w.CreateHeader(&zip.FileHeader{Name: unquote(ts, name), Method: zip.Store})
		ts.Check(err)
		_, err = io.WriteString(member, ts.ReadFile(content))
		ts.Check(err)
	}
	ts.Check(w.Close())
	write(ts, args[0], b.Bytes())
}

// copy SOURCE NAME copies a file to a name that is quoted as in Go.
func copyQuoted(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: copy SOURCE NAME")
	}
	write(ts, unquote(ts, args[1]), []byte(ts.ReadFile(args[0])))
}

// write makes a file with the directories on the way to it.
func write(ts *testscript.TestScript, name string, content []byte) {
	to := ts.MkAbs(name)
	ts.Check(os.MkdirAll(filepath.Dir(to), 0o755))
	ts.Check(os.WriteFile(to, content, 0o644))
}

func unquote(ts *testscript.TestScript, s string) string {
	name, err := strconv.Unquote(`"` + s + `"`)
	if err != nil {
		ts.Fatalf("%s: %v", s, err)
	}
	return name
}
