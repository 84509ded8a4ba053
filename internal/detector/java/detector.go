// Package java judges streams of Java objects by the classes that they name: reading
// a stream loads them and runs what they do when an object is read.
package java

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/java"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed help.md
var help string

var (
	runs = &rule.Rule{
		ID: "java-object-runs-code", Title: "Reading the Java objects calls what does harm",
		Severity: rule.Critical, Precision: rule.Likely, CWE: []int{502}, Since: "0.1.0",
	}
	odd = &rule.Rule{
		ID: "java-object-odd", Title: "The Java objects are of classes that no model needs",
		Severity: rule.Medium, Precision: rule.Possible, CWE: []int{502}, Since: "0.1.0",
	}
	custom = &rule.Rule{
		ID: "java-custom-class", Title: "The Java objects need classes of an unknown library",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
)

// Detector judges streams of Java objects.
var Detector = &detector.Detector{
	Name:  "java",
	Rules: rule.Explain(help, runs, odd, custom),
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool { return h.HasPrefix(java.Signature) },
	Run:   run,
}

var (
	//go:embed classes.txt
	classesFile string
	//go:embed libraries.txt
	librariesFile string

	classes   = table.Once(classesFile, parse)
	libraries = table.Once(librariesFile, table.Set)
)

// A verdict is what is known of a class, or of all in a package.
type verdict struct {
	rule *rule.Rule
	does string
}

// parse reads lines of a kind, a name and what reading an object of it does.
func parse(text string) map[string]verdict {
	kinds := map[string]*rule.Rule{"runs": runs, "odd": odd}
	out := make(map[string]verdict)
	for row := range table.Rows(text, 3) {
		out[row[1]] = verdict{kinds[row[0]], row[2]}
	}
	return out
}

// run judges every class that the stream names.
func run(_ context.Context, p *detector.Pass) error {
	p.Recognised("java-objects")
	s, err := java.Decode(p.Reader())
	var causes finding.Causes
	for _, c := range s.Classes {
		if len(c.Proxies) > 0 {
			name := finding.Quote(strings.Join(c.Proxies[:min(len(c.Proxies), 4)], ", "))
			causes.At(odd, "proxy "+name, fmt.Sprintf("Reading the objects makes a class for %s, whose methods another object answers.", name)).
				Add(c.Offset, "proxy of %s", name)
		}
		judge(&causes, c)
	}
	causes.Report(p.Report)
	if size := p.File.Size - s.Trailing; err == nil && size > 0 {
		err = p.Part("trailing data", s.Trailing, size)
	}
	return err
}

// judge says what is known of a class.
func judge(causes *finding.Causes, c *java.Class) {
	name := element(c.Name)
	shown := finding.Quote(name)
	if v := known(name); v.rule != nil {
		causes.At(v.rule, shown, fmt.Sprintf("The stream has an object of %s, which %s when it is read.", shown, v.does)).
			Add(c.Offset, "class %s", shown)
		return
	}
	if name != "" && !ofLibrary(name) {
		causes.At(custom, "classes", fmt.Sprintf("Reading the objects needs the class %s, of a library that is not known.", shown)).
			Add(c.Offset, "class %s", shown)
	}
}

// element is the class of an array's elements, or the class itself. Those of numbers
// are none.
func element(name string) string {
	inner := strings.TrimLeft(name, "[")
	if inner == name {
		return name
	}
	if !strings.HasPrefix(inner, "L") {
		return ""
	}
	return strings.TrimSuffix(inner[1:], ";")
}

// known is what is known of a class by its name, of the class around it, or of its
// package.
func known(name string) verdict {
	for at := name; at != ""; {
		if v, ok := classes()[at]; ok {
			return v
		}
		i := strings.LastIndexAny(strings.TrimRight(at, ".$"), ".$")
		if i < 0 {
			break
		}
		if v, ok := classes()[at[:i+1]]; ok && at[i] == '.' {
			return v
		}
		at = at[:i]
	}
	return verdict{}
}

// ofLibrary reports whether a class is of Java, or of a library that keeps models.
func ofLibrary(name string) bool {
	for i, c := range name {
		if c == '.' && libraries()[name[:i]] {
			return true
		}
	}
	return false
}
