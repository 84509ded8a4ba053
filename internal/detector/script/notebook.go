package script

import (
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A cell is one of a notebook.
type cell struct {
	code   bool
	source strings.Builder
}

// notebook judges the cells of a Jupyter notebook (nbformat 4, and the
// worksheets of 3) that hold code.
func (j *judge) notebook(text string) error {
	cells := make(map[string]*cell)
	var order []string
	r := hostile.NewReader(strings.NewReader(text), int64(len(text)), j.p.Budget)
	err := config.JSON(r, func(i config.Item) {
		if i.Kind != config.Text {
			return
		}
		at, member := place(i.Path)
		if member == "" {
			return
		}
		c := cells[at]
		if c == nil {
			c = &cell{}
			cells[at], order = c, append(order, at)
		}
		if member == "cell_type" {
			c.code = i.Value == "code"
			return
		}
		c.source.WriteString(i.Value)
		if !strings.HasSuffix(i.Value, "\n") {
			c.source.WriteByte('\n')
		}
	})
	if err != nil {
		return nil // whoever reads JSON tells
	}
	for n, at := range order {
		if c := cells[at]; c.code {
			j.inside = fmt.Sprintf("cell %d", n+1)
			if err := j.cell(c.source.String()); err != nil {
				return err
			}
		}
	}
	return nil
}

// place splits a path of keys into that of a cell and the member that is of
// interest, if one is.
func place(keys []string) (cell, member string) {
	for i, k := range keys {
		if k == "cells" && i+2 < len(keys) {
			switch member = keys[i+2]; member {
			case "cell_type", "source", "input":
				return strings.Join(keys[:i+2], "."), member
			}
			return "", ""
		}
	}
	return "", ""
}

// cell judges the code of a cell: a shell's, if its first line says so, and
// Python with lines for the shell.
func (j *judge) cell(text string) error {
	first, rest, _ := strings.Cut(text, "\n")
	switch magic, _, _ := strings.Cut(strings.TrimSpace(first), " "); magic {
	case "%%bash", "%%sh", "%%script", "%%system", "%%!":
		return j.command(rest, 0)
	}
	var python strings.Builder
	for l := range strings.Lines(text) {
		trimmed := strings.TrimSpace(l)
		command, shell := strings.CutPrefix(trimmed, "!")
		if !shell {
			command, shell = strings.CutPrefix(trimmed, "%system ")
		}
		switch {
		case shell:
			if err := j.command(strings.TrimPrefix(command, "!"), 0); err != nil {
				return err
			}
			python.WriteString("\n")
		case strings.HasPrefix(trimmed, "%"):
			python.WriteString("\n")
		default:
			python.WriteString(l)
		}
	}
	return j.python(python.String())
}
