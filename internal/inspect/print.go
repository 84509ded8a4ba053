package inspect

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/report/plain"
)

// Print prints the tree.
func (n *Node) Print(p *plain.Printer) { n.print(p, 0) }

// print writes a file with what is inside of it.
func (n *Node) print(p *plain.Printer, depth int) {
	formats := ""
	if len(n.Formats) > 0 {
		formats = ": " + strings.Join(n.Formats, ", ")
	}
	p.Line(depth, plain.Name(n.Name).In(plain.Bold), plain.Text(" ("+plain.Count(int(n.Size), "byte")+")"+formats))
	for i := range n.Findings {
		f := &n.Findings[i]
		p.Line(depth+1, plain.Text(f.Rule.Severity.String()+": "), plain.Text(f.Message), plain.Text(" ["+f.Rule.ID+"]").In(plain.Dim))
		if len(n.Does) == 0 {
			steps(p, depth+2, f.Evidence)
		}
	}
	list(p, depth+1, "does, in this order", n.Does)
	list(p, depth+1, "instructions", n.Listing)
	for _, m := range n.Members {
		m.print(p, depth+1)
	}
}

// list writes steps under a title.
func list(p *plain.Printer, depth int, title string, all []finding.Step) {
	if len(all) > 0 {
		p.Line(depth, plain.Text(title+":"))
		steps(p, depth+1, all)
	}
}

// steps writes what happens at which offset.
func steps(p *plain.Printer, depth int, all []finding.Step) {
	for _, s := range all {
		p.Line(depth, plain.Textf("%#08x  ", s.Offset).In(plain.Dim), plain.Text(s.Text))
	}
}
